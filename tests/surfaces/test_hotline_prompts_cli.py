"""`caredesk hotline prompts` lists what is said and speaks it beforehand; without a program it says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from caredesk.cli.hotline_prompts import prompts


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str, speaks: str = "") -> Result:
    monkeypatch.setenv("CAREDESK_DATA_DIR", str(folder))
    monkeypatch.setenv("CAREDESK_TTS_COMMAND", speaks)
    return CliRunner().invoke(prompts, words)


def test_it_lists_names_and_words_without_a_desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = run(monkeypatch, tmp_path / "none")
    assert done.exit_code == 0 and "为保证服务质量，本次通话将被录音。" in done.output
    assert not (tmp_path / "none").exists()
    assert {"name", "kind", "zh", "en"} == set(json.loads(run(monkeypatch, tmp_path, "--json").output)[0])


def test_without_a_program_making_them_says_what_callers_hear(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = run(monkeypatch, tmp_path, "--make")
    assert done.exit_code == 1
    assert "tones" in done.stderr and "CAREDESK_TTS_COMMAND" in done.stderr


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed here")
def test_with_a_program_every_prompt_is_spoken_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command = "espeak-ng -v cmn --stdin --stdout"
    done = run(monkeypatch, tmp_path, "--make", "--json", speaks=command)
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["speech"] == "speech" and {one["origin"] for one in found["prompts"]} == {"speech", "made"}
    kept = len(list((tmp_path / "prompts").glob("*.wav")))
    assert kept == len(found["prompts"])
