"""Raise an exception whose text clears the terminal and is a formula and HTML."""

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "=HYPERLINK"}


def double(x):
    raise ValueError("=HYPERLINK(1) \x1b[2J\x1b[1;1H\r6/6 <script>alert(1)</script>\0\u202e")
