"""What a difference says: field by field, and word by word."""

from __future__ import annotations

from caredesk.knowledge_base.history import changes_between, line_pieces, word_pieces
from caredesk.knowledge_base.schemas import Attachment, EntryContent


def entry(**values: object) -> EntryContent:
    return EntryContent(id="a", category="预约", question="问", similar=(), **{"answer": "答", **values})  # type: ignore[arg-type]


def told(before: str, after: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in word_pieces(before, after, split=list)]


def test_words_that_stayed_surround_those_that_changed() -> None:
    assert told("七天内可以退号", "十天内可以退号") == [("removed", "七"), ("added", "十"), ("same", "天内可以退号")]


def test_no_character_is_lost() -> None:
    before, after = "一\n二，三\n\n四", "一\n二、三！\n四\n"
    pieces = word_pieces(before, after, split=list)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after


def test_a_rewritten_sentence_is_not_torn_to_shreds() -> None:
    assert told("请在我的订单里申请退费", "改好了") == [("removed", "请在我的订单里申请退费"), ("added", "改好了")]


def test_lists_change_line_by_line() -> None:
    pieces = [(piece.kind, piece.text) for piece in line_pieces("甲\n乙\n丙", "甲\n丙\n丁")]
    assert pieces == [("same", "甲\n"), ("removed", "乙\n"), ("same", "丙\n"), ("added", "丁\n")]


def test_only_fields_that_differ_are_named() -> None:
    after = entry(popular=True, attachments=(Attachment(id="f", name="须知.pdf"),), answer="新")
    assert [(one.field, one.before, one.after) for one in changes_between(entry(), after, split=list)] == [
        ("answer", "答", "新"),
        ("popular", "", "yes"),
        ("attachments", "", "须知.pdf"),
    ]
    assert changes_between(entry(), entry(), split=list) == []


def test_before_the_first_version_there_was_nothing() -> None:
    assert [one.field for one in changes_between(None, entry(), split=list)] == [
        "question",
        "answer",
        "category",
        "audience",
    ]
