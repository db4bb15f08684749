"""Wordings are looked for quickly: what begins none of them is passed by, and nothing is found otherwise for it."""

from __future__ import annotations

import re

import pytest

from benchmarks.guardrails_set import read_lines
from caredesk.guardrails.terms import any_of, firsts_of, read_terms


def slowly(wordings: list[str]) -> re.Pattern[str]:
    """Return the pattern of wordings without any short cut."""
    return re.compile(
        "|".join(f"(?:{one})" for one in wordings).replace("…", "[^，。！？；,!?;\n]{0,8}?"), re.IGNORECASE
    )


@pytest.mark.parametrize("kind", sorted(read_terms()))
def test_the_same_places_are_found_with_the_short_cut_and_without(kind: str) -> None:
    lines = [line.text for half in ("tuning", "test") for line in read_lines(half)]
    for wordings in filter(None, read_terms()[kind].values()):
        plain, quick = slowly(wordings), any_of(wordings)
        for text in lines:
            assert [f.span() for f in quick.finditer(text)] == [f.span() for f in plain.finditer(text)], text


@pytest.mark.parametrize(
    ("wording", "firsts"),
    [
        ("滚蛋", "滚"),
        ("^妈的$", "妈"),
        ("(给我|快)?滚", "给快滚"),
        ("(直接|微信)*(转账|打款)", "直微转打"),
        ("(?<![a-z])(sb|tmd)(?![a-z])", "st"),
        ("(一|\\d)+天", None),
        ("[a-z]b", None),
        ("(甲|)", None),
        (".死", None),
    ],
)
def test_what_a_wording_may_begin_with_is_read_from_it_or_not_at_all(wording: str, firsts: str | None) -> None:
    assert firsts_of(wording) == firsts
