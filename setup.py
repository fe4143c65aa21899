"""A wheel carries what learners get of the course, for `grade init`; the rest: pyproject.toml."""

import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))  # what is public, the package itself knows best

from grader.course import load_exercises  # noqa: E402 - found on the path above
from grader.release import MATERIAL, leak, material, secrets  # noqa: E402 - found on the path above


class BuildWithMaterial(build_py):
    """Copies the material beside the modules; an editable install finds it in the clone."""

    def run(self):
        """Refuse, as a release does, where a line of a solution would go out."""
        super().run()
        if self.editable_mode:
            return
        files = material(exercises := load_exercises(ROOT))
        if found := leak(files, secrets(exercises)):
            raise SystemExit(f"{found}; take it out, no wheel was made.")
        inside = Path(self.build_lib) / "grader" / MATERIAL
        shutil.rmtree(inside, ignore_errors=True)  # an earlier build's
        for name, data in files.items():
            (inside / name).parent.mkdir(parents=True, exist_ok=True)
            (inside / name).write_bytes(data)


setup(cmdclass={"build_py": BuildWithMaterial})
