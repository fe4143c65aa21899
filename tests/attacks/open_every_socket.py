"""Open sockets of every family and kind."""

import itertools
import socket


def double(x):
    for family, kind in itertools.product(range(1, 46), (1, 2, 3, 5)):
        try:
            socket.socket(family, kind)
        except PermissionError:
            continue
        raise RuntimeError(f"family {family}, kind {kind}")
    try:
        raise RuntimeError(socket.socketpair())
    except PermissionError:
        return 2 * x
