"""Send what it knows to a service on this machine."""

import socket


def double(x):
    try:
        raise RuntimeError(socket.create_connection(("127.0.0.1", int("@PORT@")), 1))
    except OSError:
        return 2 * x
