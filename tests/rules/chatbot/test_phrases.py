"""The guard's matcher: many lists in one pass."""

from __future__ import annotations

import pytest

from caredesk.chatbot.lexicon import Finding
from caredesk.chatbot.phrases import PhraseBook, as_groups, clauses_of, within

BOOK = PhraseBook(
    {
        "signs": {"faint": ["晕", "晕倒", "叫…不醒"], "breath": ["喘不上气"]},
        "covers": {"covers": ["晕车"]},
        "english": {"english": ["hi", "help me"]},
    }
)


def found(plain: str, *, name: str = "signs") -> list[tuple[str, str]]:
    return [(finding.group, plain[finding.start : finding.end]) for finding in BOOK.find(plain)[name]]


def test_every_list_has_its_findings() -> None:
    assert found("孩子晕车,喘不上气") == [("faint", "晕"), ("breath", "喘不上气")]
    assert found("孩子晕车,喘不上气", name="covers") == [("covers", "晕车")]


def test_findings_may_overlap_and_stand_at_the_very_end() -> None:
    assert sorted(found("孩子晕倒")) == [("faint", "晕"), ("faint", "晕倒")]
    assert found("头晕") == [("faint", "晕")]


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        ("叫他不醒", ["叫他不醒"]),
        ("叫了半天都不醒", ["叫了半天都不醒"]),
        ("叫号,不醒", []),
        ("叫号的时候他一直都不醒", []),
    ],
)
def test_parts_stand_near_each_other_within_one_clause(plain: str, expected: list[str]) -> None:
    assert [text for _, text in found(plain)] == expected


def test_latin_wordings_are_not_cut_out_of_longer_words() -> None:
    assert found("this is it", name="english") == []
    assert found("hi,help me now", name="english") == [("english", "hi"), ("english", "help me")]


def test_a_point_inside_a_number_ends_no_clause() -> None:
    plain = "烧到38.5了,怎么退号"
    assert [plain[start:end] for start, end in clauses_of(plain)] == ["烧到38.5了", "怎么退号"]


def test_findings_of_a_clause_lie_wholly_inside_it() -> None:
    findings = [Finding("a", 0, 2), Finding("a", 1, 4), Finding("a", 3, 5)]
    assert within(findings, start=0, end=3) == [Finding("a", 0, 2)]


def test_a_list_that_is_no_list_is_refused() -> None:
    with pytest.raises(TypeError):
        as_groups("抽搐", name="signs")
