"""Variables of canned replies: what is known is filled in, everything else stays as it was written."""

from __future__ import annotations

import pytest

from caredesk.actions.canned import fill


@pytest.mark.parametrize("text", ["{unknown}", "{Parent}", "{}", "{0}", "{agent", "价格{a:>9}", "{{agent}}"])
def test_what_is_no_variable_stays_as_it_was_written(text: str) -> None:
    assert fill(text, values={"agent": "林悦"}) == text.replace("{agent}", "林悦")


def test_a_value_is_never_read_as_a_variable_again() -> None:
    assert fill("{parent}", values={"parent": "{agent}", "agent": "林悦"}) == "{agent}"
