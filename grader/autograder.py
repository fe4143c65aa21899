"""What grades a submission on Gradescope: `python -m grader.autograder /autograder`.

A submission that cannot be read scores nothing, and its author reads why. Where the grader itself
fails there is no results.json: Gradescope then says that the autograder failed, which is the truth,
records no score, and shows what was printed to the course's staff alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from grader.course import load_exercises, printable
from grader.errors import GraderError, SubmissionError
from grader.exports.gradescope import results
from grader.files import write

__all__ = ["main"]


def main(root: Path) -> None:
    """Grade `root`/submission with `root`/source/course into `root`/results/results.json."""
    out = root / "results/results.json"
    out.unlink(missing_ok=True)
    document = _graded(root / "source/course", root / "submission")
    write(out, json.dumps(document, indent=2).encode())


def _graded(course: Path, submission: Path) -> dict[str, Any]:
    from grader.grading import grade
    from grader.submission import read_submission

    (exercise,) = load_exercises(course)
    try:
        read = read_submission(submission, exercise.file)
    except SubmissionError as error:
        said = str(error).replace(printable(submission), "your submission")
        print(said)  # noqa: T201 - Gradescope shows it to the staff
        return {"score": 0, "output": said[:1].upper() + said[1:], "output_format": "text"}
    verdict = grade(exercise, read)
    print(f"{exercise.id}, {read.name}: graded in the sandbox tier {verdict.sandbox}")  # noqa: T201 - Gradescope's log
    return results(verdict, exercise)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except GraderError as error:
        print(f"The grader failed, and nothing is scored: {error}")  # noqa: T201 - Gradescope's log
        sys.exit(GraderError.exit_code)
