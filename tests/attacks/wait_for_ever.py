"""Wait for something that never comes."""

import threading

EXPECT = {"twice": "timeout", "agrees": "timeout"}

lock = threading.Lock()
lock.acquire()


def double(x):
    lock.acquire()
