"""Start hundreds of threads."""

import threading
import time


def double(x):
    started = 0
    for _ in range(300):
        try:
            threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
            started += 1
        except RuntimeError:
            continue
    if started:
        raise RuntimeError(f"{started} threads")
    return 2 * x
