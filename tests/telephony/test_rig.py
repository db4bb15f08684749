"""The rig itself: its tones can be told apart, its peers understand one another, its desk keeps the wire."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.telephony import sipp, sound
from tests.telephony.baresip import Phone
from tests.telephony.desk_double import DeskDouble
from tests.telephony.sound import AGENT_HZ, CALLER_HZ, GREETING_HZ, MUSIC_HZ, SECOND_AGENT_HZ

TONES = (CALLER_HZ, AGENT_HZ, GREETING_HZ, MUSIC_HZ, SECOND_AGENT_HZ)


@pytest.fixture
def double(tmp_path: Path) -> Iterator[DeskDouble]:
    desk = DeskDouble(tmp_path)
    desk.start()
    yield desk
    desk.stop()


def ask(desk: DeskDouble, path: str, *, body: object = None, secret: str | None = None) -> dict[str, object]:
    request = urllib.request.Request(
        f"{desk.url}/hooks/hotline/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {secret or desk.secret}"},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        return dict(json.loads(answer.read()))


@pytest.mark.parametrize("hz", TONES)
def test_a_tone_is_known_again_after_the_telephone_and_taken_for_no_other(hz: float) -> None:
    through = sound.from_a_law(sound.to_a_law(sound.tone(hz, seconds=2)))
    found = {other: sound.seconds_of(other, samples=through) for other in TONES}
    assert found == {other: 2.0 if other == hz else 0.0 for other in TONES}


def test_silence_is_no_tone() -> None:
    assert sound.seconds_of(CALLER_HZ, samples=sound.tone(CALLER_HZ, seconds=1) // 200) == 0.0


def test_the_desk_double_counts_a_fact_once_and_gives_a_command_until_it_is_done(double: DeskDouble) -> None:
    fact = {"id": "f1", "type": "call.arrived", "call_id": "c1"}
    for _ in range(2):
        assert ask(double, "facts", body={"facts": [fact], "done": []}) == {"taken": ["f1"]}
    assert (double.of("c1"), double.repeated) == ([fact], 1)
    command_id = double.command("c1", "answer")
    for _ in range(2):
        assert [one["id"] for one in ask(double, "commands?wait=0")["commands"]] == [command_id]  # type: ignore[attr-defined]
    ask(double, "facts", body={"facts": [], "done": [command_id]})
    assert ask(double, "commands?wait=0") == {"commands": []}


def test_the_desk_double_refuses_another_secret_and_can_be_away(double: DeskDouble) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        ask(double, "phones", secret="another")
    double.away = True
    with pytest.raises(urllib.error.HTTPError, match="503"):
        ask(double, "phones")


def test_a_parent_and_a_phone_hear_each_other_without_anything_between(
    tmp_path: Path, start_phone: Callable[..., Phone]
) -> None:
    phone = start_phone("1001", expires=0)
    voice = sound.write_tone_capture(tmp_path / "voice.pcap", hz=CALLER_HZ, seconds=3)
    steps = [sipp.invite(), sipp.answered(), sipp.play(voice), sipp.pause(1.5), sipp.bye()]
    sipp.Trunk.start(tmp_path / "trunk", server=phone.address, called="1001", steps=steps).finish()
    phone.wait_until("CALL_CLOSED")
    assert sound.seconds_of(CALLER_HZ, samples=phone.heard()) >= 1.0
