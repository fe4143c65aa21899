"""Look up a name, which tells a name server about it."""

import socket


def double(x):
    try:
        raise RuntimeError(socket.getaddrinfo("canary.example.org", 80))
    except OSError:
        return 2 * x
