"""One thing has one name on every screen: whoever answers before a person does is the 智能助手."""

from __future__ import annotations

import pytest

from tests.conventions.source import ROOT

SCREENS = (
    "web/widget/i18n/zh.json",
    "web/console/i18n/zh.json",
    "web/console/i18n/panels.zh.json",
    "web/doctor_desk/i18n/zh.json",
    "caredesk/console/record_words.yaml",
    "caredesk/demo_hospital/rating_reasons.yaml",
)
OTHER_NAMES = ("机器人", "小助手", "智能客服", "AI客服")


@pytest.mark.parametrize("file", SCREENS)
def test_the_assistant_has_one_name(file: str) -> None:
    lines = (ROOT / file).read_text("utf-8").splitlines()
    assert [line for line in lines if any(name in line for name in OTHER_NAMES)] == []


def test_it_is_named_at_all() -> None:
    assert "智能助手" in "".join((ROOT / file).read_text("utf-8") for file in SCREENS)
