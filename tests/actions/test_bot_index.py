"""The held bot: what was published is found before anything new is learned, and the old index serves meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from caredesk.infra import bot_index
from caredesk.infra.bot_index import HeldBot
from caredesk.knowledge_base.schemas import EntryContent
from tests.actions.test_knowledge import bring
from tests.fixtures.desk import LEARNED, DeskForTests

PARKING = EntryContent(id="parking", category="来院", question="停车怎么收费？", similar=("车停哪里",), answer="五元。")
CANCEL = EntryContent(id="cancel", category="预约", question="怎么退号？", similar=("挂的号能退吗",), answer="点退号。")


class Stopped(Exception):
    """Learning was asked for."""


def test_a_new_entry_is_found_before_anything_new_is_learned(
    desk: DeskForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(desk, CANCEL)
    held = HeldBot(desk.services.store, clock=desk.services.clock, folder=LEARNED)
    assert held.current().search("停车要多少钱", limit=1)[0].id == "cancel"
    bring(desk, PARKING)
    release = held.current().index.version

    def learns_no_more(*_: object, **__: object) -> None:
        raise Stopped

    monkeypatch.setattr(bot_index, "learned_index", learns_no_more)
    monkeypatch.setattr(bot_index, "find_learned", lambda *_, **__: None)
    with pytest.raises(Stopped):
        held.refresh()
    assert held.current().search("停车要多少钱", limit=1)[0].id == "parking"
    assert held.current().index.version.endswith("-learning")
    assert held.current().index.version != release


def test_what_was_learned_before_is_taken_from_the_folder(desk: DeskForTests, tmp_path: Path) -> None:
    bring(desk, CANCEL)
    first = HeldBot(desk.services.store, clock=desk.services.clock, folder=tmp_path).current()
    kept = list(tmp_path.glob("*.pickle"))
    again = HeldBot(desk.services.store, clock=desk.services.clock, folder=tmp_path).current()
    assert list(tmp_path.glob("*.pickle")) == kept
    assert again.ask("号怎么退掉") == first.ask("号怎么退掉")


def test_a_damaged_index_is_learned_again(desk: DeskForTests, tmp_path: Path) -> None:
    bring(desk, CANCEL)
    HeldBot(desk.services.store, clock=desk.services.clock, folder=tmp_path).current()
    for path in tmp_path.glob("*.pickle"):
        path.write_bytes(b"no index")
    held = HeldBot(desk.services.store, clock=desk.services.clock, folder=tmp_path)
    assert held.current().search("怎么退号", limit=1)[0].id == "cancel"
