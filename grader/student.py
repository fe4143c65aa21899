"""`student`, the learner's module as checks see it: what is asked of it is a request to a worker.

What comes back is a plain value or a `RemoteObject`; neither is ever trusted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol

from grader import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Asked", "CallReport", "RemoteFunction", "RemoteObject", "Student"]


class CallReport(NamedTuple):
    """What one call did besides returning.

    `changed` names the arguments changed in place, `entered` counts the calls of the learner's own
    functions. On a GPU, `places` says where the arrays in the result were ("gpu", "host"), and
    `entered` also counts launches of a "RawKernel" and, among them, those with "shared memory".
    """

    function: str
    changed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    output: str = ""
    entered: Mapping[str, int] = {}
    places: tuple[str, ...] = ()


class Asked(Protocol):
    """Who has requests carried out, and hears where the examples of a property begin and fail."""

    last_call: CallReport

    def request(self, label: str, *request: Any) -> Any:
        """Have one request carried out; a failure is told as one of what `label` names."""

    def requests(self, label: str, count: int, *request: Any) -> list[Any]:
        """Have a request of `count` calls carried out."""

    def begin_example(self, inputs: Mapping[str, Any]) -> None:
        """Begin an example with these inputs."""

    def remember(self, error: Exception) -> None:
        """Keep an example that failed."""


class RemoteFunction:
    """A function or method of the learner's; calling it is a request."""

    def __init__(
        self, session: Asked, of: wire.Ref | None, name: str, keep: tuple[int, ...] = ()
    ) -> None:
        self._session = session
        self._of = of
        self._name = name
        self._keep = keep
        self.__name__ = ".".join(filter(None, (of.type_name if of else "", name))) or "function"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it with plain values and return a plain value or a `RemoteObject`."""
        return self._session.request(
            self.__name__, "call", self._of, self._name, args, kwargs, self._keep
        )

    def keeping(self, *positions: int) -> RemoteFunction:
        """Return the same function, with these items of its result kept in the worker."""
        return RemoteFunction(self._session, self._of, self._name, positions)

    def strided(self, *args: Any) -> Any:
        """Call it with arrays that have gaps between their entries, as slices with a step have."""
        return self._session.request(
            self.__name__, "call", self._of, self._name, args, {}, self._keep, True
        )

    def many(self, calls: Iterable[tuple[Any, ...]]) -> list[Any]:
        """Call it once for each tuple of arguments, in one message; raises the first failure."""
        many = tuple(map(tuple, calls))
        if not many:
            return []
        return self._session.requests(
            self.__name__, len(many), "many", self._of, self._name, many, {}, self._keep
        )


class RemoteObject:
    """An object that stays in the worker: its methods, attributes and arithmetic are requests.

    It has no truth value, no equality and no length, because the learner's code would decide them.
    """

    __slots__ = ("_names", "_ref", "_session")

    def __init__(self, session: Asked, ref: wire.Ref) -> None:
        object.__setattr__(self, "_session", session)
        object.__setattr__(self, "_names", ref.names)
        object.__setattr__(self, "_ref", wire.Ref(ref.owner, ref.id, ref.type_name))

    @property
    def type_name(self) -> str:
        """The name of the object's class, as the worker says."""
        return str(self._ref.type_name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._names:
            return RemoteFunction(self._session, self._ref, name)
        return self._ask("get", name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._ask("set", name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return RemoteFunction(self._session, self._ref, "")(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<an object of the learner's, of type {self.type_name}>"

    def _ask(self, do: str, name: str, *args: Any) -> Any:
        return self._session.request(f"{self.type_name}.{name}", do, self._ref, name, args)

    def _operate(self, name: str, *args: Any) -> Any:
        return self._session.request(f"{self.type_name} {name}", "operator", None, name, args)

    def __add__(self, other: Any) -> Any:
        return self._operate("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self._operate("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self._operate("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._operate("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return self._operate("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._operate("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._operate("truediv", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._operate("truediv", other, self)

    def __pow__(self, other: Any) -> Any:
        return self._operate("pow", self, other)

    def __neg__(self) -> Any:
        return self._operate("neg", self)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{self!r} has no truth value here")

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError(f"{self!r} cannot be compared here")

    __hash__ = None  # type: ignore[assignment]  # what has no equality has no hash


class Student:
    """The learner's module: `student.f(x)` calls its `f` in the worker."""

    def __init__(self, session: Asked) -> None:
        self._session = session

    @property
    def last_call(self) -> CallReport:
        """What the most recent call did besides returning."""
        return self._session.last_call

    def begin_example(self, inputs: Mapping[str, Any]) -> None:
        """Mark the start of one example of a property, with what was drawn for it."""
        self._session.begin_example(inputs)

    def remember(self, error: Exception) -> None:
        """Keep the example that failed with this error."""
        self._session.remember(error)

    def __getattr__(self, name: str) -> RemoteFunction:
        if name.startswith("_"):
            raise AttributeError(name)
        return RemoteFunction(self._session, None, name)
