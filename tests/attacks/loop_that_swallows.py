"""Loop and swallow every exception that could end it."""

EXPECT = {"twice": "timeout", "agrees": "timeout"}


def double(x):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
