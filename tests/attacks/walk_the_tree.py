"""Walk the whole file system and read every small file for the secret."""

import contextlib
import os


def double(x):
    secret = b"canary-" + b"5f0c7a"
    for folder in ("@COURSE@", "/tmp", "/var/tmp", "/dev", "/sys", "/run", "/mnt", "/srv", "/"):
        for path, _, names in os.walk(folder):
            if path.count("/") > 3:
                continue
            for name in names:
                with contextlib.suppress(OSError), open(f"{path}/{name}", "rb") as file:
                    if name != "urandom" and secret in file.read(10_000):
                        raise RuntimeError(f"{path}/{name}")
    return 2 * x
