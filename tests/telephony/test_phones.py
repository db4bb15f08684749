"""Agents' phones come and go: signing on and off is told, and one that is gone while it rings holds no caller."""

from __future__ import annotations

from tests.telephony import sipp
from tests.telephony.baresip import Phone
from tests.telephony.line import SPEAK, Hotline
from tests.telephony.sound import SECOND_AGENT_HZ


def test_a_phone_that_signs_off_is_told(hotline: Hotline) -> None:
    phone = hotline.add_phone()
    phone.stop()
    hotline.phones.remove(phone)
    hotline.desk.wait_fact("phone.unregistered", user=phone.user)


def test_a_phone_that_is_gone_without_a_word_is_told_when_its_time_is_up(hotline: Hotline) -> None:
    phone = hotline.add_phone(expires=3)
    phone.vanish()
    hotline.desk.wait_fact("phone.unregistered", user=phone.user)


def test_a_phone_that_vanishes_while_it_rings_gives_way_to_the_next(hotline: Hotline) -> None:
    vanishing, awake = hotline.add_phone(answers="manual"), hotline.add_phone(hz=SECOND_AGENT_HZ)
    call = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    hotline.greet(call)
    hotline.ring(call, vanishing, leg="first", timeout=3)
    vanishing.wait_until("CALL_INCOMING")
    vanishing.vanish()
    failed = hotline.desk.wait_fact("leg.failed", call=call.id, leg="first")
    assert failed["reason"] in ("timeout", "unreachable")
    hotline.bridge(call, awake, leg="second")
    hotline.tell(call, "hangup", reason="done")
    call.trunk.finish()


def test_a_withdrawn_phone_may_not_register_any_more(hotline: Hotline) -> None:
    phone = hotline.add_phone(expires=3)
    del hotline.desk.phones[phone.user]
    hotline.desk.wait_done(hotline.desk.command("", "phones_changed"))
    phone.wait_refused()
    hotline.desk.wait_fact("phone.unregistered", user=phone.user)


def test_a_phone_that_is_quicker_than_the_news_of_its_password_is_let_in_at_once(hotline: Hotline) -> None:
    hotline.desk.add_phone("1801", secret="secret-1801")
    phone = start_phone(hotline, user="1801", secret="secret-1801")
    hotline.desk.wait_fact("phone.registered", user="1801")
    assert not phone.was_refused()


def test_a_phone_with_a_changed_password_is_let_in_at_once(hotline: Hotline) -> None:
    hotline.invite_phone("1802")
    hotline.desk.add_phone("1802", secret="newer-1802")
    phone = start_phone(hotline, user="1802", secret="newer-1802")
    hotline.desk.wait_fact("phone.registered", user="1802")
    assert not phone.was_refused()


def test_a_wrong_password_registers_nobody(hotline: Hotline) -> None:
    hotline.invite_phone("1901")
    start_phone(hotline, user="1901", secret="a wrong one").wait_refused()
    assert not [fact for fact in hotline.desk.facts if fact.get("user") == "1901"]


def test_an_unknown_phone_is_refused_like_a_wrong_password(hotline: Hotline) -> None:
    start_phone(hotline, user="1999", secret="a wrong one").wait_refused()
    assert not [fact for fact in hotline.desk.facts if fact.get("user") == "1999"]


def start_phone(hotline: Hotline, *, user: str, secret: str) -> Phone:
    """Start a phone with this password, whatever the desk has told the engine of it."""
    folder = hotline.folder / f"phone-{user}"
    phone = Phone.start(folder, user=user, server=hotline.engine.server, secret=secret, hz=600)
    hotline.phones.append(phone)
    return phone
