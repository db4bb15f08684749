"""`caredesk hotline call`: tells what happens on the line, presses keys, keeps what it heard, and refuses nonsense."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from caredesk.cli.hotline_call import call
from tests.telephony import sound
from tests.telephony.baresip import Phone
from tests.telephony.sound import AGENT_HZ, CALLER_HZ
from tests.telephony.tools import free_udp_port


def test_a_call_is_told_line_by_line_and_what_was_heard_is_kept(
    tmp_path: Path, start_phone: Callable[..., Phone]
) -> None:
    phone = start_phone("4000123456", expires=0)
    voice = sound.write_wav(tmp_path / "voice.wav", samples=sound.tone(CALLER_HZ, seconds=1))
    heard = tmp_path / "heard.wav"
    words = ["--server", phone.address, "--seconds", "2", "--press", "7", "--say", str(voice), "--hear", str(heard)]
    told = CliRunner().invoke(call, words, input="5\n")
    assert told.exit_code == 0, told.output
    assert [line.split()[2] for line in told.output.splitlines()[:2]] == ["calling", "ringing"]
    assert "hears      sound" in told.output and "ended      caller" in told.output
    assert sound.seconds_of(AGENT_HZ, samples=sound.read_wav(heard)[0]) >= 1
    phone.wait_until("CALL_CLOSED")
    assert sound.seconds_of(CALLER_HZ, samples=phone.heard()) >= 1
    assert [event["param"] for event in phone.events if event["type"] == "CALL_DTMF_START"] == ["5", "7"]


def test_where_nothing_answers_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caredesk.infra.hotline.test_caller.REPEATS", 1)
    told = CliRunner().invoke(call, ["--server", f"127.0.0.1:{free_udp_port()}"])
    assert told.exit_code != 0
    assert "nothing answers" in told.output


@pytest.mark.parametrize(
    "words", [["--server", "here"], ["--from", "1 2"], ["--number", "<400>"], ["--say", __file__], ["--seconds", "-1"]]
)
def test_what_makes_no_sense_is_refused(words: list[str]) -> None:
    told = CliRunner().invoke(call, words)
    assert told.exit_code == 2
    assert "Error: Invalid value" in told.output
