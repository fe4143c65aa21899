"""Every exception of the package, in one tree.

GraderError                 raised on purpose, shown without a traceback
├── UsageError              the user asked for something impossible      exit 2
│   ├── UnknownExercise     no such exercise
│   ├── SubmissionError     the submission cannot be read
│   └── CourseError         an exercise folder is malformed
└── BrokenGrader            the grader itself failed                     exit 3
ProtocolError               a worker's bytes are not an answer
Mismatch                    the learner's value is wrong                 (a failed check)
LearnerRaised               the learner's code raised                    (a failed check)
CheckEnded                  ends a check at once, also inside Hypothesis
├── NotImplementedYet       the learner has not written it
├── TimedOut                a limit on time was reached
├── Settled                 an example failed, and no smaller one is wanted
└── WorkerDied              the learner's process ended
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BrokenGrader",
    "CheckEnded",
    "CourseError",
    "Frame",
    "GraderError",
    "LearnerRaised",
    "Mismatch",
    "NotImplementedYet",
    "ProtocolError",
    "Settled",
    "SubmissionError",
    "TimedOut",
    "UnknownExercise",
    "UsageError",
    "WorkerDied",
]


class GraderError(Exception):
    """Something this package raises on purpose; `exit_code` is what the command ends with."""

    exit_code = 3


class UsageError(GraderError):
    """The user asked for something impossible; the text is one sentence that says what to do."""

    exit_code = 2


class UnknownExercise(UsageError):
    """No exercise goes by that name."""


class SubmissionError(UsageError):
    """The submission cannot be read as a file of this exercise."""


class CourseError(UsageError):
    """An exercise folder or one of its files is malformed; the text names the file."""


class BrokenGrader(GraderError):
    """The grader itself failed; nothing is scored."""


class ProtocolError(Exception):
    """Bytes that came from a worker, or a value meant for it, break the wire's rules."""


class Mismatch(AssertionError):
    """A value of the learner's is not what it should be; `str()` is what the learner reads."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a learner's traceback."""

    file: str
    line: int
    function: str
    text: str


class LearnerRaised(Exception):
    """The learner's code raised; carries the text, never the object."""

    def __init__(
        self, call: str, names: tuple[str, ...], message: str, frames: tuple[Frame, ...]
    ) -> None:
        self.call = call
        self.names = names
        self.message = message
        self.frames = frames
        super().__init__(str(self))

    @property
    def type_name(self) -> str:
        """The exception's own class name."""
        return self.names[0] if self.names else "Exception"

    def __str__(self) -> str:
        where = f" (line {self.frames[-1].line}: {self.frames[-1].text})" if self.frames else ""
        colon = f": {self.message}" if self.message else ""
        return f"{self.call} raised {self.type_name}{colon}{where}"


class CheckEnded(BaseException):
    """Ends a check at once; a BaseException, so that Hypothesis does not shrink through it."""


class NotImplementedYet(CheckEnded):
    """The learner has not written what this check needs."""


class TimedOut(CheckEnded):
    """A call, a check or the whole submission reached its limit."""


class Settled(CheckEnded):
    """An example of a property failed, as the cause says, and no smaller one is wanted."""


class WorkerDied(CheckEnded):
    """The learner's process ended in the middle of a call."""
