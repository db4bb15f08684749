"""What is hashed of an audit entry: the same bytes as any JSON writer gives that leaves characters as they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from caredesk.audit.rules import FORMAT, canonical

NOON = datetime(2026, 11, 2, 4, 0, 0, 5, tzinfo=UTC)


@given(texts=st.lists(st.text(max_size=80), min_size=10, max_size=10), number=st.integers(1, 2**53))
def test_the_bytes_are_those_of_the_standard_librarys_json(texts: list[str], number: int) -> None:
    expected = [FORMAT, number, "2026-11-02T04:00:00.000005Z", *texts, "0" * 64]
    as_json = json.dumps(expected, ensure_ascii=False, separators=(",", ":")).encode()
    assert canonical(number=number, at=NOON, texts=texts, previous="0" * 64) == as_json
