"""Connect to a service by an abstract local name, which no file system shows."""

import socket


def double(x):
    try:
        raise RuntimeError(socket.socket(socket.AF_UNIX).connect("\0grade-attack-@PORT@"))
    except PermissionError:
        return 2 * x
