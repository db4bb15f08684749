"""The menu that a caller hears: built of a set-up, the hours of each queue, and today's cancelled clinics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from caredesk.telephony.menu_rules import MenuNow, QueueNow, default_setup, menu_of
from caredesk.telephony.menu_schemas import HotlineSetup, MenuOption
from caredesk.telephony.prompt_catalogue import catalogue, named

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TOMORROW = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)

GENERAL = QueueNow("q1", "general", "在线客服", open=True, reason="in_session", next_open=TOMORROW)
DRUGS = QueueNow("q2", "drugs", "药品咨询", open=False, reason="between_sessions", next_open=TOMORROW)
OPTIONS = [
    MenuOption(digit="1", kind="queue", queue_key="general"),
    MenuOption(digit="2", kind="queue", queue_key="drugs"),
    MenuOption(digit="8", kind="information", prompt="info_booking"),
    MenuOption(digit="9", kind="message"),
    MenuOption(digit="*", kind="call_back"),
]


def menu(
    *, queues: tuple[QueueNow, ...] = (GENERAL, DRUGS), cancelled: tuple[str, ...] = (), **changes: Any
) -> MenuNow:
    setup = HotlineSetup(**{"options": OPTIONS, "default_queue": "general", **changes})
    return menu_of(setup, version=3, hospital="童康儿童医院", queues=queues, cancelled=cancelled, now=NOW)


def said(names: tuple[str, ...]) -> str:
    """Return what is heard, for names of the catalogue and of this test."""
    own = [named("queue", name="在线客服"), named("queue", name="药品咨询"), named("greeting", name="童康儿童医院")]
    own += [named("department", name=name) for name in ("皮肤科", "营养科", *"甲乙丙丁戊己庚")]
    words = {**{name: one.zh for name, one in catalogue().items()}, **{one.name: one.zh for one in own}}
    return "".join(words[name] for name in names)


def test_the_greeting_names_the_hospital_and_the_recording() -> None:
    assert said(menu().greeting) == "您好，欢迎致电童康儿童医院服务热线。为保证服务质量，本次通话将被录音。"
    assert "recording_notice" not in menu(record=False).greeting


def test_each_option_says_what_for_before_it_says_which_key() -> None:
    assert said(menu().menu) == (
        "在线客服请按一药品咨询请按二收听常见问题说明请按八需要留言请按九需要我们给您回电请按星号键"
    )


def test_digits_lead_where_the_setup_says() -> None:
    found = menu()
    assert (found.choice("1").queue_id, found.choice("1").open) == ("q1", True)
    assert found.choice("8").prompts == ("info_booking",)
    assert found.choice("9").kind == "message" and found.choice("*").kind == "call_back"
    assert found.choice("5") is None


def test_a_closed_queue_says_when_it_opens_instead_of_letting_wait() -> None:
    choice = menu().choice("2")
    assert choice is not None and not choice.open
    assert said(choice.closed) == "您选择的服务现在不在服务时间内。下次服务时间是明天上午八点半"


def test_the_line_is_closed_when_every_queue_is() -> None:
    shut = QueueNow("q1", "general", "在线客服", open=False, reason="holiday", next_open=TOMORROW + timedelta(hours=1))
    found = menu(queues=(shut, DRUGS))
    assert not found.open and found.next_open == TOMORROW
    assert said(found.closed).startswith("今天是节假日，热线休息。下次服务时间是明天上午八点半")
    assert menu(queues=(shut, GENERAL)).open is True


def test_cancelled_clinics_are_told_and_only_as_many_as_people_listen_to() -> None:
    assert said(menu(cancelled=("皮肤科", "营养科")).today).endswith("今天停诊的科室有皮肤科，营养科，")
    assert said(menu(cancelled=tuple("甲乙丙丁戊己庚")).today).endswith("己，")
    assert menu(cancelled=("皮肤科",), say_cancelled=False).today == ()


def test_a_queue_that_was_taken_away_is_served_by_the_default_one() -> None:
    found = menu(queues=(GENERAL,))
    choice = found.choice("2")
    assert choice is not None and choice.queue_id is None and choice.open
    assert "药品咨询" not in said(found.menu)
    assert menu(queues=(DRUGS,)).default_queue_id == "q2"


def test_without_any_queue_nobody_is_let_wait() -> None:
    found = menu_of(default_setup([]), version=0, hospital="", queues=[], cancelled=[], now=NOW)
    assert not found.open and found.default_queue_id is None
    assert found.greeting[0] == "greeting" and "closed_no_schedule" in found.closed


def test_queues_suggest_a_menu() -> None:
    setup = default_setup([("drugs", False), ("general", True)])
    assert setup.default_queue == "general"
    assert [(one.digit, one.kind) for one in setup.options] == [
        ("1", "queue"), ("2", "queue"), ("8", "information"), ("9", "message"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"options": [OPTIONS[0], OPTIONS[0]]},
        {"options": [{"digit": "1", "kind": "queue"}]},
        {"options": [{"digit": "1", "kind": "information"}]},
        {"options": [{"digit": "1", "kind": "message", "prompt": "info_booking"}]},
        {"options": [{"digit": "11", "kind": "message"}]},
        {"options": [{"digit": "1", "kind": "song"}]},
        {
            "options": [{"digit": str(digit), "kind": "message"} for digit in range(10)]
            + [{"digit": "*", "kind": "message"}]
        },
        {"default_queue": ""},
        {"rounds": 0},
        {"voicemail_seconds": 5000},
        {"call_back_attempts": 0},
        {"caller_id": "400-123"},
        {"unknown": 1},
    ],
)
def test_a_setup_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HotlineSetup(**{"options": OPTIONS, "default_queue": "general", **changes})
