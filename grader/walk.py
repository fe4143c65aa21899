"""A failing call step by step: what its variables were in the learner's code and in the solution.

Both run in workers. The check's calls are replayed up to the first whose answer is not the
solution's, and that one is traced. What a learner's worker says of itself may be made up, so of it
nothing but short names and small plain values is kept, and a verdict never depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from grader import wire
from grader.diagnosis import MAX_CALLS, same_reply, same_values
from grader.errors import CheckEnded, LearnerRaised, ProtocolError
from grader.grading import examine
from grader.messages import Request, packed, read_replies
from grader.session import Session
from grader.submission import read_submission
from grader.tracing import MAX_INPUTS, MAX_STEPS, is_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.course import Exercise
    from grader.session import Exchange, Failure
    from grader.submission import Submission

__all__ = ["Pair", "Step", "Trace", "Walk", "walk"]

LONGEST_NAME: Final = 60
LONGEST_LINE: Final = 200
MOST_LINES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """A name that a line gave a value to; the source's `line` is 0 for an input."""

    line: int
    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Trace:
    """One run of the call: its steps in order, and its result where that is small and plain."""

    steps: tuple[Step, ...]
    value: Any


@dataclass(frozen=True, slots=True)
class Pair:
    """A step of the solution beside the learner's one of that name, if there is one."""

    ours: Step
    yours: Step | None

    @property
    def differs(self) -> bool:
        """Whether the learner has another value there."""
        return self.yours is not None and not same_values(self.yours.value, self.ours.value)


@dataclass(frozen=True, slots=True)
class Walk:
    """The call of a check that first goes another way than the solution, in both of them.

    `source` is the learner's, by lines.
    """

    title: str
    call: str
    yours: Trace
    ours: Trace
    source: tuple[str, ...]

    @property
    def inputs(self) -> tuple[Step, ...]:
        """What the call was given."""
        return tuple(step for step in self.yours.steps if step.line == 0)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What the learner's lines made of it."""
        return tuple(step for step in self.yours.steps if step.line)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The solution's steps in order; none where no name in them is also the learner's.

        The second value of a name belongs beside the second one, and so on.
        """
        theirs = dict(_numbered(self.steps))
        own = [step for step in self.ours.steps if step.line]
        pairs = tuple(Pair(step, theirs.get(key)) for key, step in _numbered(own))
        return pairs if any(pair.yours for pair in pairs) else ()

    def line(self, step: Step) -> str:
        """Return the learner's line that made a step."""
        found = self.source[step.line - 1 : step.line] if step.line > 0 else ()
        return "".join(found).strip()[:LONGEST_LINE]


def walk(exercise: Exercise, submission: Submission, task: str, *, seed: int = 0) -> Walk | None:
    """Grade anew up to the first failing check of a task, and walk through the call that fails.

    None where there is no solution here, where no check of the task fails by a wrong answer, where
    every single answer is the solution's, and on a GPU, whose arrays a trace does not see.
    """
    if exercise.solution is None:
        return None
    run = examine(exercise, submission, seed=seed, until=task)
    failure, last = run.failure, run.results[-1]
    if failure is None or failure.on_gpu or last.task != task or len(failure.log) > MAX_CALLS:
        return None
    solution = read_submission(exercise.solution, exercise.file)
    own, right = (Session(s, exercise.module, exercise.limits) for s in (submission, solution))
    try:
        if (place := _first_difference(right, failure)) is None:
            return None
        call, yours = _traced(own, failure, *place)
        _, ours = _traced(right, failure, *place)
    except (CheckEnded, LearnerRaised, ProtocolError):
        return None
    finally:
        own.close()
        right.close()
    source = tuple(submission.chunks[0].text.splitlines())
    return Walk(last.title, call, yours, ours, source)


def _first_difference(right: Session, failure: Failure) -> tuple[int, int] | None:
    """Find the exchange, and the call in it, that leads to the first answer unlike the solution's.

    Reading an attribute shows what the call before it has done.
    """
    right.begin_check()
    functions = list(failure.callables)
    latest = None
    for index, exchange in enumerate(failure.log):
        if not exchange.reply:
            return None
        answers = (
            read_replies(wire.decode(exchange.reply).value),
            read_replies(wire.decode(right.replay(exchange.request, functions)).value),
        )
        calls = _calls(exchange)
        for offset, (got, expected) in enumerate(zip(*answers, strict=False)):
            if calls[offset].do == "call":
                latest = index, offset
            if not same_reply(got, expected):
                return latest
    return None


def _traced(session: Session, failure: Failure, index: int, offset: int) -> tuple[str, Trace]:
    """Replay a check's calls up to this one, and trace it."""
    functions = list(failure.callables)
    session.begin_check()
    for exchange in failure.log[:index]:
        session.replay(exchange.request, functions)
    calls = _calls(failure.log[index])
    for call in calls[:offset]:
        session.replay(wire.encode(packed(call))[0], functions)
    call = calls[offset]._replace(do="trace")
    reply = session.replay(wire.encode(packed(call))[0], functions)
    (answer,) = read_replies(wire.decode(reply).value)
    of = call.of.type_name if call.of is not None else ""
    return ".".join(filter(None, (of, call.name))), _trace(answer.content)


def _calls(exchange: Exchange) -> list[Request]:
    """Return the calls of a request, which may be many in one."""
    request = Request(*wire.decode(exchange.request).value)
    if request.do != "many":
        return [request]
    return [
        request._replace(number=request.number + i, do="call", args=args)
        for i, args in enumerate(request.args)
    ]


def _trace(value: object) -> Trace:
    """Keep of what a worker says of itself what is well-formed, and not too much of it."""
    match value:
        case {"steps": tuple(said), "value": result}:
            pass
        case _:
            raise ProtocolError("it is no trace of a call")
    steps = []
    for step in said[: MAX_INPUTS + MAX_STEPS]:
        match step:
            case (int(line), str(name), found) if (
                0 <= line <= MOST_LINES and _is_name(name) and is_plain(found)
            ):
                steps.append(Step(line, name, found))
            case _:
                raise ProtocolError("a step of its trace is none")
    return Trace(tuple(steps), result if is_plain(result) else None)


def _is_name(name: str) -> bool:
    return len(name) <= LONGEST_NAME and name.removeprefix("self.").isidentifier()


def _numbered(steps: Sequence[Step]) -> list[tuple[tuple[str, int], Step]]:
    """Give each step its name, and how often this had a value before."""
    times: dict[str, int] = {}
    found = []
    for step in steps:
        times[step.name] = times.get(step.name, -1) + 1
        found.append(((step.name, times[step.name]), step))
    return found
