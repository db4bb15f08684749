"""An installation without extras has every command: what belongs to an extra is imported where it is used."""

from __future__ import annotations

import subprocess
import sys
import tomllib

from packaging.requirements import Requirement

from tests.conventions.source import ROOT

EXTRAS = ("scaled", "traces")

IMPORT_ALL = """
import importlib, sys

for absent in sys.argv[1:]:
    sys.modules[absent] = None  # Importing it now fails, as where it is not installed.

from caredesk.cli.main import COMMANDS

for place in COMMANDS.values():
    module, _, name = place.partition(":")
    getattr(importlib.import_module(module), name)
"""


def test_every_command_is_imported_where_no_extra_is_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *sorted(modules_of_extras())],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def modules_of_extras() -> set[str]:
    """Return what is imported of the extras: names of modules, from the requirements in `pyproject.toml`."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    names = {Requirement(each).name for extra in EXTRAS for each in listed[extra]}
    return {"opentelemetry" if name.startswith("opentelemetry") else name for name in names}
