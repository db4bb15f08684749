"""The held bot: what was published is found before anything new is learned, and the old index serves meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from caredesk.edge.services import IndexNotBuilt
from caredesk.infra.aside import AsideDied, AsideFailed, AsideStopped, run_aside
from caredesk.infra.bot_index import LOOKS_BEFORE_LEARNING, HeldBot
from caredesk.infra.bot_work import learn
from caredesk.infra.index_folder import SUFFIX, keep_index, path_of, read_index
from caredesk.knowledge_base.schemas import EntryContent
from tests.actions.test_knowledge import bring
from tests.fixtures.desk import LEARNED, DeskForTests

PARKING = EntryContent(id="parking", category="来院", question="停车怎么收费？", similar=("车停哪里",), answer="五元。")
CANCEL = EntryContent(id="cancel", category="预约", question="怎么退号？", similar=("挂的号能退吗",), answer="点退号。")


class Helper:
    """Does slow work here instead of in another process, or ends as another process may end."""

    def __init__(self, *, end: Exception | None = None) -> None:
        self.asked: list[str] = []
        self.end = end

    def __call__(self, function: Callable[..., Any], *arguments: object, told: Callable[[Any], bool]) -> Any:
        self.asked.append(function.__name__)
        if self.end is not None:
            raise self.end

        def tell(value: object) -> None:
            if not told(value):
                raise AsideStopped

        return function(*arguments, tell=tell)


def held_by(desk: DeskForTests, *, folder: Path = LEARNED, helper: Helper | None = None) -> HeldBot:
    return HeldBot(desk.services.store, clock=desk.services.clock, folder=folder, aside=helper or Helper())


def test_a_new_entry_is_found_before_anything_new_is_learned(desk: DeskForTests, tmp_path: Path) -> None:
    bring(desk, CANCEL)
    helper = Helper()
    held = held_by(desk, folder=tmp_path, helper=helper)
    assert held.current().search("停车要多少钱", limit=1)[0].id == "cancel"
    bring(desk, PARKING)
    helper.end = AsideDied()
    with pytest.raises(AsideDied):
        held.refresh()
    assert held.current().search("停车要多少钱", limit=1)[0].id == "parking"
    assert held.current().index.version.endswith("-learning")
    helper.end = None
    held.refresh()
    assert held.current().search("停车要多少钱", limit=1)[0].id == "parking"
    assert held.current().index.version == "release-2"


def test_a_server_takes_up_what_another_has_published_and_learned_without_learning_it_again(
    desk: DeskForTests, tmp_path: Path
) -> None:
    bring(desk, CANCEL)
    helper = Helper()
    here, there = held_by(desk, folder=tmp_path), held_by(desk, folder=tmp_path, helper=helper)
    here.current()
    there.current()
    bring(desk, PARKING)
    there.follow()
    assert there.current().index.version == "release-1"
    here.refresh()
    there.follow()
    assert there.current().search("停车要多少钱", limit=1)[0].id == "parking"
    assert helper.asked == []


def test_a_server_with_a_folder_of_its_own_learns_after_a_while_what_another_has_published(
    desk: DeskForTests, tmp_path: Path
) -> None:
    bring(desk, CANCEL)
    there = held_by(desk, folder=tmp_path)
    there.current()
    bring(desk, PARKING)
    for _ in range(LOOKS_BEFORE_LEARNING):
        there.follow()
    assert there.current().index.version == "release-1"
    there.follow()
    assert there.current().index.version == "release-2"


def test_a_base_too_large_to_carry_on_here_is_carried_on_by_the_helper(
    desk: DeskForTests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caredesk.infra.bot_index.CARRIED_ON_HERE", 0)
    bring(desk, CANCEL)
    held = held_by(desk, folder=tmp_path)
    held.current()
    bring(desk, PARKING)
    held.refresh()
    versions = {found.version for path in tmp_path.glob(f"*{SUFFIX}") if (found := read_index(path))}
    assert {"release-2", "release-2-learning"} <= versions
    assert held.current().index.version == "release-2"


def test_what_was_learned_before_is_taken_from_the_folder(desk: DeskForTests, tmp_path: Path) -> None:
    bring(desk, CANCEL)
    first = held_by(desk, folder=tmp_path).current()
    kept = list(tmp_path.glob(f"*{SUFFIX}"))
    helper = Helper()
    again = held_by(desk, folder=tmp_path, helper=helper).current()
    assert helper.asked == []
    assert list(tmp_path.glob(f"*{SUFFIX}")) == kept
    assert again.ask("号怎么退掉") == first.ask("号怎么退掉")


def test_a_damaged_index_is_learned_again(desk: DeskForTests, tmp_path: Path) -> None:
    bring(desk, CANCEL)
    held_by(desk, folder=tmp_path).current()
    for path in tmp_path.glob(f"*{SUFFIX}"):
        path.unlink()
        path.write_bytes(b"no index")
    assert held_by(desk, folder=tmp_path).current().search("怎么退号", limit=1)[0].id == "cancel"


def test_only_so_many_indexes_are_kept(desk: DeskForTests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = desk.bot.current().index
    monkeypatch.setattr("caredesk.infra.index_folder.INDEXES_KEPT", 3)
    for number in range(5):
        keep_index(index, path=path_of(index.entries, version=str(number), folder=tmp_path))
    assert len(list(tmp_path.glob(f"*{SUFFIX}"))) == 3


def test_a_rehearsal_asks_both_bases_and_keeps_what_it_learned(desk: DeskForTests, tmp_path: Path) -> None:
    bring(desk, CANCEL)
    held = held_by(desk, folder=tmp_path)
    told: list[int] = []

    def hear(done: int) -> bool:
        told.append(done)
        return True

    texts = ["怎么退号", "停车怎么收费"]
    led = held.rehearse([CANCEL, PARKING], release=2, texts=texts, told=hear)
    assert led is not None
    assert led.after == ["cancel", "parking"]
    assert led.before[0] == "cancel"
    assert led.before[1] != "parking"
    assert told == [2]
    bring(desk, PARKING)
    helper = Helper()
    held_by(desk, folder=tmp_path, helper=helper).current()
    assert helper.asked == []


def test_a_rehearsal_nobody_waits_for_ends_and_one_that_cannot_be_built_says_so(desk: DeskForTests) -> None:
    bring(desk, CANCEL)
    assert held_by(desk).rehearse([CANCEL], release=2, texts=["退号"], told=lambda _: False) is None
    with pytest.raises(IndexNotBuilt):
        held_by(desk, helper=Helper(end=AsideFailed("no"))).rehearse([CANCEL], release=2, texts=[], told=bool)
    with pytest.raises(AsideDied):
        held_by(desk, helper=Helper(end=AsideDied("-9"))).rehearse([CANCEL], release=2, texts=[], told=bool)


def test_another_process_learns_the_same_index(desk: DeskForTests, tmp_path: Path) -> None:
    entries = desk.bot.current().index.entries
    path = run_aside(learn, entries, "apart", tmp_path, None)
    index = read_index(path)
    assert index is not None
    assert index.version == "apart"
