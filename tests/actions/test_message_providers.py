"""The clients of SMS and WeChat against a provider that checks what the real ones check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from caredesk.core.clock import FixedClock
from caredesk.core.ports import OutgoingMessage
from caredesk.edge.signatures import push_signature
from caredesk.infra.messages import aliyun
from caredesk.infra.messages.aliyun import EMPTY_HASH, AliyunSms, canonical_query, national
from caredesk.infra.messages.loopback import APP_ID, KEY_ID, Loopback
from caredesk.infra.messages.play import PlayMessenger, PlayProvider
from caredesk.infra.messages.wechat import WeChat
from tests.fixtures.provider import SECRET, TEMPLATES

SMS = OutgoingMessage("request-1", "+8613800001001", "call_up", {"department": "皮肤科", "doctor": "林 书+瑶&%"})
WECHAT = OutgoingMessage("request-1", "o-mother", "call_up", {"department": "皮肤科", "doctor": "林书瑶"})


@pytest.fixture
def provider(clock: FixedClock) -> Iterator[tuple[Loopback, str]]:
    made = Loopback(clock, SECRET)
    yield made, made.start()
    made.stop()


@pytest.fixture
def sms(provider: tuple[Loopback, str], clock: FixedClock) -> AliyunSms:
    return AliyunSms(provider[1], KEY_ID, SECRET, "儿童医院", TEMPLATES, clock, seconds=0.3, reach="loopback")


@pytest.fixture
def wechat(provider: tuple[Loopback, str], clock: FixedClock) -> WeChat:
    page = "https://desk.example/chat"
    return WeChat(provider[1], APP_ID, SECRET, TEMPLATES, page, clock, seconds=0.3, reach="loopback")


# ---- SMS -------------------------------------------------------------------------------------------------


def test_the_signature_is_that_of_the_services_published_example() -> None:
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": EMPTY_HASH,
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = canonical_query(
        {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}
    )
    expected = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    assert aliyun.sign("YourAccessKeySecret", query=query, headers=headers) == expected


def test_an_sms_arrives_as_it_was_meant_and_its_number_comes_back(
    provider: tuple[Loopback, str], sms: AliyunSms
) -> None:
    handed = sms.hand_over(SMS)
    [taken] = provider[0].taken
    assert (handed.fate, handed.provider_id) == ("taken", taken.provider_id)
    assert (taken.to, taken.template, taken.facts) == ("13800001001", "SMS_1", SMS.facts)


def test_the_same_sms_again_is_known_and_sent_once(provider: tuple[Loopback, str], sms: AliyunSms) -> None:
    assert [sms.hand_over(SMS).fate for _ in range(3)] == ["taken", "taken", "taken"]
    assert len(provider[0].taken) == 1 and provider[0].tries["request-1"] == 3


def test_an_answer_that_is_lost_leaves_it_unsure_and_the_repeat_sends_nothing(
    provider: tuple[Loopback, str], sms: AliyunSms
) -> None:
    provider[0].script.append("lost")
    assert (sms.hand_over(SMS).fate, sms.hand_over(SMS).fate) == ("unsure", "taken")
    assert len(provider[0].taken) == 1


@pytest.mark.parametrize(
    ("word", "fate", "error"),
    [
        ("busy", "later", "isv.BUSINESS_LIMIT_CONTROL"),
        ("refused", "refused", "isv.MOBILE_NUMBER_ILLEGAL"),
        ("down", "unsure", "status_503"),
        ("slow", "unsure", "timeout"),
    ],
)
def test_what_goes_wrong_with_an_sms_is_a_code(
    provider: tuple[Loopback, str], sms: AliyunSms, word: str, fate: str, error: str
) -> None:
    provider[0].script.append(word)
    handed = sms.hand_over(SMS)
    assert (handed.fate, handed.error) == (fate, error)


def test_nobody_there_means_that_nothing_was_sent(clock: FixedClock) -> None:
    away = AliyunSms("http://127.0.0.1:1", KEY_ID, SECRET, "x", TEMPLATES, clock, seconds=0.3, reach="loopback")
    assert (away.hand_over(SMS).fate, away.hand_over(SMS).error) == ("later", "unreachable")


def test_another_secret_or_a_text_without_template_is_refused(
    provider: tuple[Loopback, str], sms: AliyunSms, clock: FixedClock
) -> None:
    stranger = AliyunSms(provider[1], KEY_ID, "another", "x", TEMPLATES, clock, seconds=0.3, reach="loopback")
    assert stranger.hand_over(SMS).error == "SignatureDoesNotMatch"
    unknown = OutgoingMessage("r", "+8613800001001", "no_such_text", {})
    assert (sms.hand_over(unknown).fate, sms.hand_over(unknown).error) == ("refused", "no_template")
    assert provider[0].taken == []


def test_plain_http_is_spoken_on_this_machine_only(clock: FixedClock) -> None:
    away = AliyunSms("http://sms.example.com", KEY_ID, SECRET, "x", TEMPLATES, clock)
    assert away.hand_over(SMS).error == "scheme_refused"


def test_numbers_are_written_as_the_service_wants_them() -> None:
    assert (national("+8613800001001"), national("+12025550123")) == ("13800001001", "12025550123")


# ---- WeChat ----------------------------------------------------------------------------------------------


def test_a_template_message_arrives_once_with_a_token_that_is_kept(
    provider: tuple[Loopback, str], wechat: WeChat, clock: FixedClock
) -> None:
    handed = [wechat.hand_over(WECHAT) for _ in range(2)]
    [taken] = provider[0].taken
    assert [one.provider_id for one in handed] == [taken.provider_id] * 2
    assert (taken.to, taken.template, taken.facts) == ("o-mother", "SMS_1", WECHAT.facts)
    assert provider[0].tokens_given == 1
    clock.advance(hours=2)
    wechat.hand_over(WECHAT)
    assert provider[0].tokens_given == 2


def test_a_token_that_somebody_else_has_renewed_is_fetched_again(
    provider: tuple[Loopback, str], wechat: WeChat
) -> None:
    wechat.hand_over(WECHAT)
    provider[0].token = "renewed-elsewhere"
    second = OutgoingMessage("request-2", "o-mother", "call_up", {})
    assert wechat.hand_over(second).fate == "taken"
    assert provider[0].tokens_given == 2


@pytest.mark.parametrize(
    ("word", "fate", "error"),
    [
        ("busy", "later", "limit_reached"),
        ("refused", "refused", "not_subscribed"),
        ("down", "unsure", "status_503"),
        ("lost", "unsure", "cut_off"),
    ],
)
def test_what_goes_wrong_with_wechat_is_a_code(
    provider: tuple[Loopback, str], wechat: WeChat, word: str, fate: str, error: str
) -> None:
    provider[0].script.append(word)
    handed = wechat.hand_over(WECHAT)
    assert (handed.fate, handed.error) == (fate, error)


def test_a_wrong_app_secret_is_tried_again_after_somebody_mended_it(
    provider: tuple[Loopback, str], clock: FixedClock
) -> None:
    wrong = WeChat(provider[1], APP_ID, "another", TEMPLATES, "", clock, seconds=0.3, reach="loopback")
    assert (wrong.hand_over(WECHAT).fate, wrong.hand_over(WECHAT).error) == ("later", "token_40125")


def test_a_push_is_signed_over_its_sorted_words() -> None:
    # SHA-1 of "1414587457", "nonce" and "token" in their order as words.
    assert push_signature("token", timestamp="1414587457", nonce="nonce") == push_signature(
        "nonce", timestamp="token", nonce="1414587457"
    )
    assert len(push_signature("token", timestamp="1", nonce="2")) == 40


# ---- the demo's --------------------------------------------------------------------------------------------


def test_the_demos_messengers_speak_with_a_provider_of_this_process(clock: FixedClock) -> None:
    play = PlayProvider(clock, "made-on-first-start")
    for channel, message in (("sms", SMS), ("wechat", WECHAT)):
        messenger = PlayMessenger(play, channel)  # type: ignore[arg-type]
        assert messenger.is_play and messenger.hand_over(message).fate == "taken"


def test_a_token_lasts_as_long_as_wechat_says(
    provider: tuple[Loopback, str], wechat: WeChat, clock: FixedClock
) -> None:
    wechat.hand_over(WECHAT)
    clock.advance(seconds=timedelta(minutes=114).total_seconds())
    wechat.hand_over(OutgoingMessage("request-3", "o-mother", "call_up", {}))
    assert provider[0].tokens_given == 1
