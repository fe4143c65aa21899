"""Give an exception a name that moves the cursor, and a text that no encoding can write."""

EXPECT = {"twice": "failed", "agrees": "failed"}

Odd = type("Odd\n\x1b[2J", (Exception,), {})


def double(x):
    raise Odd("\udc80")
