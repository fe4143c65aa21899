"""Have other packages do the work."""


def double(x):
    for name in ("torch", "jax", "tensorflow", "cupy", "scipy", "pytest", "hypothesis"):
        try:
            __import__(name)
        except ImportError:
            continue
        raise RuntimeError(f"{name} is there")
    return 2 * x
