"""Fetch an address of this machine with Python's own client."""

import urllib.request


def double(x):
    try:
        raise RuntimeError(urllib.request.urlopen("http://127.0.0.1:@PORT@/", timeout=1).read())
    except OSError:
        return 2 * x
