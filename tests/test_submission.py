"""Reading what is handed in: every file is read as text or refused in one sentence."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.errors import SubmissionError
from grader.submission import MAX_FILE, Chunk, Submission, read_submission

if TYPE_CHECKING:
    from collections.abc import Iterator

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX file system")


def notebook(*sources: str) -> bytes:
    """Write a notebook of code cells."""
    cells = [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": cells}).encode()


def refusal(path: Path) -> str:
    """Return the sentence with which a path is refused; it names the path and says what to do."""
    with pytest.raises(SubmissionError) as caught:
        read_submission(path, "adam.py")
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert sentence.endswith(".")
    assert sentence.count("; ") == 1, "one sentence: the problem; the remedy"
    return sentence


def write(path: Path, raw: bytes) -> Path:
    """Write the bytes and return the path."""
    path.write_bytes(raw)
    return path


def text_of(path: Path) -> str:
    """Read a submission of one chunk and return its text."""
    (chunk,) = read_submission(path, "adam.py").chunks
    return chunk.text


def test_a_python_file_is_one_chunk(tmp_path: Path) -> None:
    """Name, digest and text are the file's."""
    raw = "x = 'é'\n".encode()
    got = read_submission(write(tmp_path / "adam.py", raw), "adam.py")
    chunk = Chunk("adam.py", "x = 'é'\n")
    assert got == Submission("adam.py", hashlib.sha256(raw).hexdigest(), (chunk,), tolerant=False)


def test_a_notebook_is_a_chunk_a_cell_and_tolerant(tmp_path: Path) -> None:
    """Each cell is named as the learner counts."""
    raw = notebook("a = 1", "%%bash\nls", "%time b = 2")
    got = read_submission(write(tmp_path / "my adam.ipynb", raw), "adam.py")
    assert got.chunks == (
        Chunk("my adam.ipynb cell 1", "a = 1"),
        Chunk("my adam.ipynb cell 3", "b = 2"),
    )
    assert got.tolerant
    assert got.digest == hashlib.sha256(raw).hexdigest()


def test_an_empty_python_file_is_an_unwritten_answer(tmp_path: Path) -> None:
    """Nothing in it is wrong, nothing in it is implemented."""
    assert text_of(write(tmp_path / "adam.py", b"")) == ""


def test_reading_does_not_parse(tmp_path: Path) -> None:
    """A text that no parser survives is only text, and so is a top-level await."""
    source = "await f()\n" + "(" * 100_000
    assert text_of(write(tmp_path / "adam.py", source.encode())) == source


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\xef\xbb\xbfx = 1\r\ny = 2\r", "x = 1\ny = 2\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'", "# -*- coding: latin-1 -*-\nx = 'é'"),
        (b"#!/x\r# coding=Windows_1252\rx = '\x80'", "#!/x\n# coding=Windows_1252\nx = '€'"),
        (b"# coding: utf-8\nx = '\xc3\xa9'", "# coding: utf-8\nx = 'é'"),
        (b"x = 1\n# coding: nonsense\n", "x = 1\n# coding: nonsense\n"),
        (b"\n\n# coding: nonsense\n", "\n\n# coding: nonsense\n"),
        (b"x = '\x0c'", "x = '\x0c'"),
    ],
)
def test_a_declared_encoding_and_any_line_ends_are_read(
    tmp_path: Path, raw: bytes, text: str
) -> None:
    """The declaration counts where Python looks for it, in the first two lines."""
    assert text_of(write(tmp_path / "adam.py", raw)) == text


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"a = 1\nx = '\xe9'", "is not UTF-8 text (byte 0xE9 in line 2)"),
        (b"# coding: ascii\nx = '\xe9'", "is not ASCII text (byte 0xE9 in line 2)"),
        (b"# coding: rot13\nk = 1", "declares the encoding rot13"),
        (b"# coding: punycode\nk = 1", "declares the encoding punycode"),
        (b"# coding: unicode_escape\n\\x41", "declares the encoding unicode-escape"),
        (b"# coding: " + b"x" * 10_000, "declares the encoding xxxx"),
        ("x = 1".encode("utf-16"), "is saved as UTF-16"),
        ("x = 1".encode("utf-32"), "is saved as UTF-16 or UTF-32"),
        ("x = 1".encode("utf-16-le"), "a character that no source may have (line 1 of adam.py)"),
        (b"x = 1\ny = '\0'", "a character that no source may have (line 2 of adam.py)"),
        (b"x" * (MAX_FILE[".py"] + 1), "is larger than 1 MB"),
    ],
)
def test_a_text_that_cannot_be_right_is_refused(tmp_path: Path, raw: bytes, why: str) -> None:
    """Wrong encodings, NUL bytes and too much text each have their words."""
    assert why in refusal(write(tmp_path / "adam.py", raw))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "it is empty"),
        (notebook("x")[:-3], "it is not whole JSON"),
        ('{"x": "é"}'.encode("latin-1"), "is not UTF-8 text (byte 0xE9 in line 1)"),
        ("{}".encode("utf-16"), "is saved as UTF-16"),
        (notebook("a", "b = '\0'"), "(line 1 of adam.ipynb cell 2)"),
        (notebook("\n'\ud800'"), "(line 2 of adam.ipynb cell 1)"),
        (notebook(), "has no cell with Python code"),
        (notebook("%%bash\nls"), "has no cell with Python code"),
        (b"x" * (MAX_FILE[".ipynb"] + 1), "is larger than 20 MB; clear its outputs"),
    ],
)
def test_a_notebook_that_cannot_be_right_is_refused(tmp_path: Path, raw: bytes, why: str) -> None:
    """The sentence names the file and, where it is one, the cell."""
    assert why in refusal(write(tmp_path / "adam.ipynb", raw))


def test_a_notebook_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """Some editors of Windows write one."""
    assert text_of(write(tmp_path / "adam.ipynb", b"\xef\xbb\xbf" + notebook("x"))) == "x"


def test_a_sparse_terabyte_is_not_read(tmp_path: Path) -> None:
    """No more than the limit is taken in."""
    path = write(tmp_path / "adam.ipynb", b"")
    os.truncate(path, 1 << 40)
    assert "is larger than 20 MB" in refusal(path)


@POSIX
@pytest.mark.slow
def test_memory_stays_bounded_over_the_worst_notebook(tmp_path: Path) -> None:
    """Wide characters and many small values take no more than a few hundred megabytes."""
    outputs = "{}," * 999_990 + '"' + "\N{PARTY POPPER}" * 4_000_000 + '"'
    cells = '{"cell_type": "code", "source": "x", "outputs": [' + outputs + "]}"
    raw = ('{"nbformat": 4, "cells": [' + cells + "]}").encode()
    path = write(tmp_path / "adam.ipynb", raw)
    program = (
        "import resource, sys; from pathlib import Path; "
        "from grader.submission import read_submission; "
        "read_submission(Path(sys.argv[1]), 'adam.py'); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # ours
    assert int(done.stdout) < 400


@POSIX
@pytest.mark.parametrize("kind", ["adam.py", "adam.ipynb"])
def test_what_is_no_plain_file_is_never_waited_for(tmp_path: Path, kind: str) -> None:
    """A pipe without a writer would block for ever."""
    os.mkfifo(tmp_path / kind)
    assert "is a pipe, socket or device" in refusal(tmp_path / kind)
    assert "is a pipe, socket or device" in refusal(tmp_path)


@POSIX
def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket is no file."""
    monkeypatch.chdir(tmp_path)  # a socket's address has to be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("adam.py")
        assert "is a pipe, socket or device" in refusal(Path("adam.py"))


@POSIX
def test_symbolic_links_are_refused_wherever_they_lead(tmp_path: Path) -> None:
    """A link to a solution, to a folder, to nothing or to itself: none is followed."""
    solution = write(tmp_path / "solution.py", b"secret = 1")
    for number, target in enumerate([solution, tmp_path, tmp_path / "none", Path("adam.py")]):
        folder = tmp_path / f"student{number}"
        folder.mkdir()
        (folder / "adam.py").symlink_to(target)
        assert "adam.py is a symbolic link; hand in" in refusal(folder / "adam.py")
        assert "adam.py is a symbolic link; hand in" in refusal(folder)
    (tmp_path / "student9").symlink_to(tmp_path / "student0")
    assert "student9 is a symbolic link" in refusal(tmp_path / "student9")


@POSIX
def test_a_loop_of_links_in_the_middle_of_a_path_is_refused(tmp_path: Path) -> None:
    """The system's own words are passed on."""
    (tmp_path / "loop").symlink_to("loop")
    assert "cannot be read (Too many levels" in refusal(tmp_path / "loop" / "adam.py")


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """Give up the superuser's right to read everything, for one test."""
    if os.name != "posix" or os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


@POSIX
def test_a_file_or_folder_that_may_not_be_read_is_refused(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The sentence says that it is a matter of permissions."""
    file = write(tmp_path / "adam.py", b"x = 1")
    folder = tmp_path / "folder"
    folder.mkdir()
    file.chmod(0)
    folder.chmod(0)
    request.getfixturevalue("as_nobody")
    assert "cannot be read (Permission denied); check" in refusal(file)
    assert "cannot be read (Permission denied); check" in refusal(folder)


def test_a_path_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """Missing, too long, or with a NUL in its name."""
    assert "adam.py does not exist; check the name" in refusal(tmp_path / "adam.py")
    assert "cannot be read" in refusal(tmp_path / ("x" * 5000 + ".py"))
    assert r"\x00.py cannot be read" in refusal(tmp_path / "\0.py")
    assert "cannot be read (Not a directory)" in refusal(write(tmp_path / "a", b"") / "adam.py")


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    """Only Python files and notebooks are read."""
    for name in ("adam.zip", "adam", "adam.py.txt", ".py"):
        assert "neither a .py file nor a notebook; hand in adam.py" in refusal(
            write(tmp_path / name, b"x = 1")
        )


def test_the_kind_may_be_written_in_capitals(tmp_path: Path) -> None:
    """Some systems shout."""
    assert text_of(write(tmp_path / "ADAM.PY", b"x = 1")) == "x = 1"


@POSIX
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\x1b[2Jb\n.py", r"a\x1b[2Jb\n.py"),
        (b"a\xff.py", r"a\udcff.py"),
        ("a\u202eb.py".encode(), r"a\u202eb.py"),
    ],
)
def test_control_characters_in_names_are_escaped(tmp_path: Path, name: bytes, shown: str) -> None:
    """In the submission's name, the chunk's and every sentence."""
    path = write(tmp_path / os.fsdecode(name), b"x = 1")
    got = read_submission(path, "adam.py")
    assert (got.name, got.chunks[0].name) == (shown, shown)
    assert f"{shown} has a character" in refusal(write(path, b"\0"))
    write(tmp_path / "other.py", b"")
    assert f"{shown} and other.py could be meant" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        (["adam.py"], "adam.py"),
        (["adam.py", "checks.py", "conftest.py", "numpy.py"], "adam.py"),
        (["adam.ipynb", "notes.py", "README.md"], "adam.ipynb"),
        (["my_answer.py", "README.md"], "my_answer.py"),
        (["Untitled.ipynb", "data.csv"], "Untitled.ipynb"),
        (["answer.py", "._answer.py", ".hidden.py"], "answer.py"),
    ],
)
def test_a_folder_gives_the_file_that_is_meant(
    tmp_path: Path, files: list[str], chosen: str
) -> None:
    """By its name, else as the only one of its kind; nothing beside it is read."""
    for name in files:
        write(tmp_path / name, notebook(name) if name.endswith("ipynb") else b"x = 1")
    assert read_submission(tmp_path, "adam.py").name == chosen


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([], "is a folder without adam.py; put your adam.py there"),
        (["README.md", ".adam.py"], "is a folder without adam.py"),
        (["adam.py", "adam.ipynb"], "adam.ipynb and adam.py could be meant"),
        (["a.py", "b.ipynb"], "a.py and b.ipynb could be meant; name the file itself"),
        ([f"{number}.py" for number in range(50)], "could be meant"),
    ],
)
def test_a_folder_without_one_clear_file_is_refused(
    tmp_path: Path, files: list[str], why: str
) -> None:
    """None or several: the grader does not guess."""
    for name in files:
        write(tmp_path / name, b"x = 1")
    assert why in refusal(tmp_path)


def test_a_folder_where_the_file_should_be_is_refused(tmp_path: Path) -> None:
    """Inside a folder, adam.py has to be a file; by itself it is a folder to look into."""
    inner = tmp_path / "adam.py"
    inner.mkdir()
    assert "adam.py is a folder and not a file" in refusal(tmp_path)
    assert "adam.py is a folder without adam.py" in refusal(inner)
    assert text_of(write(inner / "adam.py", b"x = 1").parent) == "x = 1"


def test_another_folder_with_a_files_name_does_not_count(tmp_path: Path) -> None:
    """A folder is no candidate for the only Python file."""
    (tmp_path / "package.py").mkdir()
    write(tmp_path / "answer.py", b"x = 1")
    assert read_submission(tmp_path, "adam.py").name == "answer.py"


def test_a_file_that_vanishes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails after the first look is a sentence, too."""
    path = write(tmp_path / "adam.py", b"x = 1")

    def gone(*_: object) -> int:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "open", gone)
    assert "cannot be read (No such file or directory)" in refusal(path)


def test_reading_a_python_file_loads_nothing_heavy(tmp_path: Path) -> None:
    """Start-up is felt: nbformat, NumPy, pytest and the rest stay out."""
    path = write(tmp_path / "adam.ipynb", notebook("x = 1"))
    program = (
        "import sys; from pathlib import Path; from grader.submission import read_submission; "
        "read_submission(Path(sys.argv[1]), 'adam.py'); "
        "print(*{'nbformat', 'numpy', 'pytest', 'hypothesis', 'rich'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # ours
    assert done.stdout.strip() == ""
