"""Prompts are spoken by a program, each once; without one the line works with tones."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from caredesk.infra.prompts import SpokenPrompts
from caredesk.telephony.sound import beep, hold_music, read_wav, signal_for

SPEAKER = """
import pathlib, sys
sys.path.insert(0, sys.argv[2])
from caredesk.telephony.sound import tone, written
words = sys.stdin.buffer.read().decode()
with pathlib.Path(sys.argv[1]).open("a") as said:
    said.write(words + "\\n")
sys.stdout.buffer.write(written(tone(400 + len(words), seconds=0.5)).wav)
"""
"""Stands in for a speech program: writes down what it was asked to say, and answers with a tone."""


@pytest.fixture
def said(tmp_path: Path) -> Path:
    return tmp_path / "said.txt"


@pytest.fixture
def prompts(tmp_path: Path, said: Path) -> SpokenPrompts:
    script = tmp_path / "speak.py"
    script.write_text(SPEAKER)
    root = Path(__file__).parents[2]
    return SpokenPrompts(tmp_path / "prompts", command=f"{sys.executable} {script} {said} {root}")


def test_words_are_spoken_once_and_kept(prompts: SpokenPrompts, said: Path) -> None:
    first = prompts.sound("please_wait", text="请稍候")
    assert prompts.sound("please_wait", text="请稍候") == first
    assert said.read_text() == "请稍候\n"
    assert prompts.speaks and first.seconds == pytest.approx(0.5, abs=0.1)


def test_changed_words_are_spoken_anew(prompts: SpokenPrompts, said: Path) -> None:
    prompts.sound("please_wait", text="请稍候")
    prompts.sound("please_wait", text="请您稍候")
    assert said.read_text().split() == ["请稍候", "请您稍候"]


def test_music_and_beep_are_our_own(prompts: SpokenPrompts, said: Path) -> None:
    assert prompts.sound("hold", text="等待音乐") == hold_music()
    assert prompts.sound("beep", text="提示音") == beep()
    assert not said.exists()


def test_a_damaged_file_is_made_anew(prompts: SpokenPrompts, tmp_path: Path) -> None:
    sound = prompts.sound("please_wait", text="请稍候")
    kept = next((tmp_path / "prompts").iterdir())
    kept.write_bytes(b"half a file")
    assert prompts.sound("please_wait", text="请稍候") == sound


@pytest.mark.parametrize("command", ["", "no-such-program --stdout"])
def test_without_a_program_callers_hear_tones(tmp_path: Path, command: str) -> None:
    prompts = SpokenPrompts(tmp_path, command=command)
    assert not prompts.speaks
    assert prompts.sound("please_wait", text="请稍候") == signal_for("请稍候")


@pytest.mark.parametrize("command", ["false", "echo no wave"])
def test_a_program_that_fails_leaves_tones_and_is_asked_again(
    tmp_path: Path, command: str, caplog: pytest.LogCaptureFixture
) -> None:
    prompts = SpokenPrompts(tmp_path / "prompts", command=command)
    assert prompts.sound("please_wait", text="请稍候") == signal_for("请稍候")
    assert not (tmp_path / "prompts").exists()
    assert "could not be spoken" in caplog.text and "请稍候" not in caplog.text


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed here")
def test_the_default_program_speaks_mandarin(tmp_path: Path) -> None:
    sound = SpokenPrompts(tmp_path, command="espeak-ng -v cmn --stdin --stdout").sound("x", text="您现在排在第三位")
    samples, rate = read_wav(sound.wav)
    assert rate == 8000 and 1 < len(samples) / rate < 5
