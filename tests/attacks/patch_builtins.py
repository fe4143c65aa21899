"""Replace builtins that a comparison rests on."""

import builtins

EXPECT = {"twice": "failed", "agrees": "failed"}

builtins.abs = builtins.max = builtins.sum = lambda *a, **k: 0
builtins.all = builtins.any = lambda *a: True


def double(x):
    return x
