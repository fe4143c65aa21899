"""The GPU as a worker reaches it, through CuPy: what it is, and arrays moved there and back.

CuPy is imported where a worker opens its GPU and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Container

__all__ = ["Gpu", "NoGpu", "over_leaves", "strided"]

MAX_DEPTH: Final = 32  # as deep as values cross the wire


class NoGpu(Exception):
    """There is no GPU to use here; the text says why and what would help."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """CuPy over the first CUDA device; `library` is the module."""

    library: Any

    @classmethod
    def open(cls, note: Callable[[str], None]) -> Gpu:
        """Take the GPU, and hear of launches: `note("RawKernel")`, and "shared memory" if it has.

        Raises NoGpu where CuPy, a driver or a device is missing.
        """
        try:
            import cupy
        except ImportError as error:
            why = "is not installed"
            if not isinstance(error, ModuleNotFoundError):
                why = f"cannot be imported ({_line(error)})"
            remedy = "where an NVIDIA GPU is, `pip install cupy-cuda12x` or cupy-cuda13x"
            raise NoGpu(f"CuPy {why}; {remedy}") from None
        try:
            cupy.cuda.runtime.getDeviceCount()
            cupy.zeros(1).sum().item()  # a device that lists and does not work is none
        except Exception as error:  # noqa: BLE001 - whatever is wrong, there is no GPU to use
            remedy = "it takes an NVIDIA GPU, its driver and a CuPy for that driver's CUDA"
            raise NoGpu(f"CuPy finds no device that works ({_line(error)}); {remedy}") from None

        class RawKernel(cupy.RawKernel):  # type: ignore[misc]  # CuPy has no types
            """CuPy's own, and the worker hears of each launch."""

            def __call__(self, *args: Any, **kwargs: Any) -> Any:
                note("RawKernel")
                if self.shared_size_bytes or kwargs.get("shared_mem"):
                    note("shared memory")
                return super().__call__(*args, **kwargs)

        cupy.RawKernel = RawKernel
        return cls(cupy)

    def describe(self) -> dict[str, str]:
        """Name the device and the versions of what reaches it."""
        runtime = self.library.cuda.runtime
        name = runtime.getDeviceProperties(0)["name"]
        return {
            "name": name.decode() if isinstance(name, bytes) else str(name),
            "cuda": _version(runtime.runtimeGetVersion()),
            "driver": _version(runtime.driverGetVersion()),
            "cupy": str(self.library.__version__),
        }

    def moved(self, value: Any, alone: Container[int] = ()) -> Any:
        """Return the value with every array of it copied to the device."""
        return over_leaves(value, self._to_device, alone)

    def fetched(self, value: Any, alone: Container[int] = ()) -> tuple[Any, tuple[str, ...]]:
        """Return the value with every array of it copied to the host, and where arrays were.

        Waits for the device first, so that a kernel's failure belongs to the call that launched it.
        """
        self.settle()
        places: set[str] = set()

        def fetch(leaf: Any) -> Any:
            if type(leaf) is np.ndarray:
                places.add("host")
            elif type(leaf) is self.library.ndarray:
                places.add("gpu")
                return self.library.asnumpy(leaf)
            return leaf

        return over_leaves(value, fetch, alone), tuple(sorted(places))

    def settle(self) -> None:
        """Wait until the device has done all that it was asked; raises what went wrong there."""
        self.library.cuda.Device().synchronize()

    def _to_device(self, leaf: Any) -> Any:
        return self.library.asarray(leaf) if type(leaf) is np.ndarray else leaf


def over_leaves(
    value: Any, change: Callable[[Any], Any], alone: Container[int] = (), depth: int = 0
) -> Any:
    """Return the value with `change(leaf)` for all that is no tuple, list or dict.

    An object whose id is in `alone` stays what it is, with all that it holds.

    >>> over_leaves([1, (2, {"x": 3})], lambda leaf: -leaf)
    [-1, (-2, {'x': -3})]
    """
    if id(value) in alone:
        return value

    def inner(item: Any) -> Any:
        return over_leaves(item, change, alone, depth + 1)

    if depth < MAX_DEPTH:
        if isinstance(value, tuple):
            return tuple(map(inner, tuple.__iter__(value)))
        if isinstance(value, list):
            return list(map(inner, list.__iter__(value)))
        if isinstance(value, dict):
            return {key: inner(item) for key, item in dict.items(value)}
    return change(value)


def strided(value: Any, library: Any, alone: Container[int] = ()) -> Any:
    """Return the value with every array of it spread over memory twice as large, with gaps.

    >>> strided(np.arange(3), np).strides == (2 * np.arange(3).itemsize,)
    True
    """

    def spread(leaf: Any) -> Any:
        if type(leaf) is not library.ndarray or leaf.ndim == 0:
            return leaf
        wide = library.full((*leaf.shape[:-1], 2 * leaf.shape[-1]), 77, dtype=leaf.dtype)
        wide[..., ::2] = leaf
        return wide[..., ::2]

    return over_leaves(value, spread, alone)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _version(number: int) -> str:
    return f"{number // 1000}.{number % 1000 // 10}"
