"""Hand out an object that ends the process as soon as it is collected."""

import os

EXPECT = {"twice": "failed", "agrees": "failed"}


class Bomb:
    def __del__(self):
        os._exit(0)


def double(x):
    return Bomb()
