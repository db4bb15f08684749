"""The browser's contract is the application's, and the layers import each other in one direction."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from caredesk.cli.openapi import contract
from tests.conventions.source import ROOT

COMMITTED = ROOT / "web" / "contract" / "openapi.json"


def test_the_committed_contract_is_that_of_the_code() -> None:
    hint = "run `caredesk openapi --output web/contract/openapi.json` and `npm run contract` in web/"
    assert COMMITTED.read_bytes() == contract(), hint


def test_the_contract_is_the_same_every_time() -> None:
    assert contract() == contract()


def test_the_layers_import_each_other_in_one_direction() -> None:
    pytest.importorskip("importlinter", reason="import-linter is installed for development only")
    linter = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert "0 broken" in checked.stdout
