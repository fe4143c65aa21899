"""Read the solution's text in every way that reads text."""

import io
import linecache
import mmap
import os
import tokenize

import numpy as np

PATH = "@COURSE@/solutions/01_toy/toy.py"


def ways():
    yield lambda: open(PATH).read()
    yield lambda: os.read(os.open(PATH, os.O_RDONLY), 100)
    yield lambda: io.FileIO(PATH).read()
    yield lambda: tokenize.open(PATH).read()
    yield lambda: np.fromfile(PATH, dtype=np.uint8).tobytes()
    yield lambda: np.memmap(PATH, mode="r").tobytes()
    yield lambda: mmap.mmap(os.open(PATH, os.O_RDONLY), 0, access=mmap.ACCESS_READ)[:]


def double(x):
    for way in ways():
        try:
            raise RuntimeError(way())
        except OSError:
            continue
    if linecache.getlines(PATH):
        raise RuntimeError(linecache.getlines(PATH))
    return 2 * x
