"""Which roles one person may have together, and what a session says of its browser."""

from __future__ import annotations

from itertools import combinations

import pytest

from caredesk.accounts.devices import device_of, masked_address
from caredesk.accounts.rules import OFFICERS, Role, are_separate

SEE_FAMILIES = ("agent", "assistant", "supervisor", "doctor", "nurse", "pharmacist")


@pytest.mark.parametrize("pair", list(combinations(sorted(OFFICERS), 2)))
def test_two_offices_are_two_people(pair: tuple[str, str]) -> None:
    assert not are_separate(pair)


@pytest.mark.parametrize("office", sorted(OFFICERS))
def test_an_officer_sees_no_families(office: str) -> None:
    assert are_separate([office])
    assert [role for role in Role if role not in OFFICERS and not are_separate([office, role])] == [
        role for role in Role if role in SEE_FAMILIES
    ]


def test_everybody_else_may_have_any_roles_together() -> None:
    assert are_separate([role for role in Role if role not in OFFICERS])
    assert are_separate([])


@pytest.mark.parametrize(
    ("words", "browser", "system"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", "chrome", "linux"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/130.0 MicroMessenger/8.0", "wechat", "android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15) Version/18.0 Safari/605.1", "safari", "macos"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:132.0) Gecko Firefox/132.0", "firefox", "windows"),
        ("curl/8.0", "other", "other"),
        ("", "other", "other"),
    ],
)
def test_a_browser_is_told_by_its_own_words(words: str, browser: str, system: str) -> None:
    device = device_of(words)
    assert (device.browser, device.system) == (browser, system)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("203.0.113.7", "203.0.*.*"),
        ("::ffff:203.0.113.7", "203.0.*.*"),
        ("2001:db8:1:2::7", "2001:db8:1::*"),
        ("nowhere", ""),
        ("", ""),
    ],
)
def test_an_address_shows_the_network_and_not_the_machine(address: str, shown: str) -> None:
    assert masked_address(address) == shown
