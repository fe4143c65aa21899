"""JUnit's XML of one verdict, which most CI systems show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from grader.exports.shown import explanation
from grader.verdict import Status

if TYPE_CHECKING:
    from grader.verdict import Verdict

__all__ = ["report"]

# XML 1.0 has no way to write these, not even as references.
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS: Final = {Status.SKIPPED: "skipped", Status.GRADER_ERROR: "error"}


def report(verdict: Verdict) -> str:
    """Return the document: a case a check, a grader's error as an error and not as a failure."""
    counts = dict.fromkeys(("skipped", "error", "failure"), 0)
    suite = ET.Element("testsuite", name=_text(verdict.exercise))
    for check in verdict.checks:
        seconds = f"{check.seconds:.4f}"
        names = {"classname": f"{verdict.exercise}.{check.task}", "name": check.id}
        case = ET.SubElement(
            suite, "testcase", {k: _text(v) for k, v in names.items()}, time=seconds
        )
        if check.status is not Status.PASSED:
            kind = _ELEMENTS.get(check.status, "failure")
            counts[kind] += 1
            said = ET.SubElement(case, kind, message=_text(check.title), type=check.status.value)
            said.text = _text(explanation(check))
    suite.attrib |= {
        "tests": str(len(verdict.checks)),
        "failures": str(counts["failure"]),
        "errors": str(counts["error"]),
        "skipped": str(counts["skipped"]),
        "time": f"{verdict.seconds:.4f}",
    }
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _text(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
