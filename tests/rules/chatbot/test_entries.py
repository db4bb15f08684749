"""Entries in one buffer: they come back as they went in, are found by id, and are kept in order."""

from __future__ import annotations

import pytest

from caredesk.chatbot.entries import AT_ONCE, Entries, FaqEntry
from caredesk.chatbot.packing import TextPacker
from tests.rules.chatbot.sample import SMALL

ODD = FaqEntry("奇", "", "😀𠀀？", ("", "é"), "a\x1fb\nc")


def test_entries_come_back_as_they_went_in_by_id() -> None:
    given = [*SMALL, ODD]
    kept = Entries.of(given)
    assert list(kept) == sorted(given, key=lambda entry: entry.id)
    assert kept[-1] == ODD
    assert kept[1:3] == list(kept)[1:3]
    assert Entries.of(kept) is kept


def test_an_entry_is_found_by_its_id_and_no_other() -> None:
    by_id = Entries.of([*SMALL, ODD]).by_id()
    assert all(by_id[entry.id] == entry for entry in (*SMALL, ODD))
    assert sorted(by_id) == list(by_id)
    assert len(by_id) == len(SMALL) + 1
    assert by_id.get("") is None
    with pytest.raises(KeyError):
        by_id["zzz"]


def test_no_entry_is_lost_where_many_are_made_together() -> None:
    given = [FaqEntry(f"{number:05}", "", f"问题{number}", (), "") for number in range(AT_ONCE * 2 + 1)]
    assert [entry.question for entry in Entries.of(reversed(given))] == [entry.question for entry in given]
    assert list(Entries.of([])) == []


def test_what_no_encoding_can_write_does_no_harm() -> None:
    packer = TextPacker()
    packer.add("退\ud800号")
    assert packer.packed()[0] == "退?号"
