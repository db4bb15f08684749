"""What the engine reads and writes as text: SDP, numbers, names of recordings, SIP answers; and who may knock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caredesk.infra.hotline.embedded.gate import MOST_FAILURES, REGISTERS, SHUT_OUT, WINDOW, Gate
from caredesk.infra.hotline.embedded.media import protection
from caredesk.infra.hotline.embedded.party import failure
from caredesk.infra.hotline.embedded.recorder import Name, is_id, left_over
from caredesk.infra.hotline.embedded.sdp import BadSdp, answering, read_sdp, write_sdp
from caredesk.infra.hotline.embedded.supervisor import LONGEST_PAUSE, pause_before
from caredesk.infra.hotline.embedded.trunk import is_number, read_addresses, shown_number

PHONE = """v=0
o=- 1 1 IN IP4 192.0.2.9
s=-
c=IN IP4 192.0.2.9
t=0 0
m=audio 4000 RTP/AVP 18 0 8 96
a=rtpmap:96 telephone-event/8000
a=sendrecv
"""
BROWSER = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
m=audio 9 UDP/TLS/RTP/SAVPF 8 0 110 126
c=IN IP4 0.0.0.0
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ice-ufrag:abCD
a=ice-pwd:0123456789abcdefghijABCD
a=fingerprint:sha-256 AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77
a=setup:active
a=candidate:1 1 udp 2113937151 192.168.1.5 50000 typ host generation 0
a=candidate:2 1 udp 1 x.local 50001 typ host
a=ssrc:1234 cname:x
"""


def test_a_phone_s_offer_is_read() -> None:
    media = read_sdp(PHONE)
    assert (media.address, media.port, media.codecs, media.dtmf) == ("192.0.2.9", 4000, (8, 0), 96)
    assert (media.direction, media.silent, media.secure) == ("sendrecv", False, False)


def test_a_browser_s_answer_is_read_with_the_events_of_the_telephone_s_clock() -> None:
    media = read_sdp(BROWSER)
    assert (media.secure, media.dtmf, media.silent) == (True, 126, False)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (PHONE.replace("18 0 8", "18"), 488),
        (PHONE.replace("m=audio", "m=video"), 488),
        (PHONE.replace("4000", "many"), 400),
        (PHONE.replace("c=IN IP4 192.0.2.9", "c=IN IP6 2001:db8::1"), 400),
        (PHONE.replace("c=IN IP4 192.0.2.9", "c=IN IP4 1 && D x"), 400),
        ("", 488),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, code: int) -> None:
    with pytest.raises(BadSdp) as refused:
        read_sdp(text)
    assert refused.value.code == code


@given(st.text(max_size=200))
def test_nothing_but_a_refusal_comes_of_nonsense(junk: str) -> None:
    try:
        media = read_sdp(PHONE.replace("a=sendrecv", junk))
    except BadSdp:
        return
    assert media.port <= 65535


@pytest.mark.parametrize("said", ["a=sendonly", "a=inactive", "c=IN IP4 0.0.0.0"])
def test_hold_is_known_in_all_its_ways(said: str) -> None:
    text = PHONE.replace("c=IN IP4 192.0.2.9", said) if said.startswith("c=") else PHONE.replace("a=sendrecv", said)
    assert read_sdp(text).silent


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("sendrecv", "sendrecv"), ("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")],
)
def test_a_direction_is_answered_by_its_mirror(theirs: str, ours: str) -> None:
    assert answering(theirs) == ours  # type: ignore[arg-type]


def test_what_is_written_can_be_read() -> None:
    text = write_sdp(address="192.0.2.1", port=20000, codecs=(8,), dtmf=101, version=3, direction="recvonly")
    media = read_sdp(text)
    assert (media.address, media.port, media.codecs, media.dtmf, media.direction) == (
        "192.0.2.1", 20000, (8,), 101, "recvonly",
    )  # fmt: skip


def test_a_browser_s_protection_is_passed_on_without_what_is_no_address() -> None:
    dtls, user, *ways = protection(read_sdp(BROWSER))
    assert dtls.startswith("M4:1 A sha-256 AA:BB") and dtls.endswith(" 1234")
    assert user == "M5:1 A abCD 0123456789abcdefghijABCD"
    assert ways == ["M5:1 C 1 1 udp 2113937151 192.168.1.5 50000 typ host generation 0"]


@pytest.mark.parametrize("spoilt", ["a=ice-ufrag:ab && D x", "a=fingerprint:sha-256 && D all", "a=ice-pwd:x y"])
def test_no_command_of_the_media_plane_hides_in_a_browser_s_words(spoilt: str) -> None:
    name = spoilt.split(":", maxsplit=1)[0]
    text = "\n".join(spoilt if line.startswith(f"{name}:") else line for line in BROWSER.splitlines())
    assert protection(read_sdp(text)) == []


# ---- numbers and names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (["", "13800138000"], "13800138000"),
        (["+8613800138000", "anonymous"], "+8613800138000"),
        (["anonymous", None], ""),
        (["<b>1</b>\r\nX"], "b1bX"),
        (["9" * 500], "9" * 40),
    ],
)
def test_a_caller_of_any_shape_is_shown_plainly(said: list[object], shown: str) -> None:
    assert shown_number(said) == shown


@pytest.mark.parametrize(
    ("text", "is_one"), [("010-1", False), ("+8613800138000", True), ("1 && D", False), ("", False)]
)
def test_only_a_number_is_dialled(text: str, is_one: bool) -> None:
    assert is_number(text) is is_one


def test_the_carrier_s_addresses_have_the_usual_port_unless_another_is_said() -> None:
    assert read_addresses("127.0.0.1 127.0.0.2:5080") == (("127.0.0.1", 5060), ("127.0.0.2", 5080))


def test_recordings_of_an_earlier_run_are_found_by_their_names() -> None:
    files = [
        "r1~c1~call~001.a.rtp", "r1~c1~call~001.o.rtp", "r1~c1~call~002.a.rtp", "r1~c1~call~001.a.rtcp",
        "v2~c2~voicemail.wav", "notes.txt", "x~y~other~001.a.rtp", "../etc~c~call~001.a.rtp",
    ]  # fmt: skip
    assert left_over(files) == [Name("r1", "c1", "call"), Name("v2", "c2", "voicemail")]


@pytest.mark.parametrize(
    ("text", "good"), [("01a2-b3", True), ("../x", False), ("a b", False), ("", False), ("~", False)]
)
def test_an_id_that_could_lead_elsewhere_names_no_file(text: str, good: bool) -> None:
    assert is_id(text) is good


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (0, "unreachable"), (404, "unreachable"), (408, "timeout"), (480, "declined"), (486, "busy"),
        (487, "cancelled"), (503, "unreachable"), (600, "busy"), (603, "declined"), (415, "error"),
    ],
)  # fmt: skip
def test_every_answer_of_a_phone_has_its_reason(code: int, reason: str) -> None:
    assert failure(code) == reason


def test_a_worker_that_dies_again_and_again_is_started_ever_later() -> None:
    pauses = [pause_before(failures=failures) for failures in range(12)]
    assert pauses == sorted(pauses) and pauses[0] < 0.5 and pauses[-1] == LONGEST_PAUSE


# ---- the gate --------------------------------------------------------------------------------------------


def test_strangers_are_dropped_and_the_trunk_never_is() -> None:
    gate = Gate(frozenset({"192.0.2.1"}))
    for method in (b"INVITE sip:x", b"OPTIONS sip:x", b"BYE sip:x", b"\x00\x00"):
        assert gate.admits(method, address="192.0.2.1", phones=set(), now=0)
        assert not gate.admits(method, address="198.51.100.7", phones=set(), now=0)
    assert gate.tell() == 4 and gate.tell() == 0


def test_a_registered_phone_may_speak_and_others_may_only_register() -> None:
    gate = Gate(frozenset())
    assert gate.admits(b"BYE sip:x", address="192.0.2.5", phones={"192.0.2.5"}, now=0)
    assert gate.admits(b"REGISTER sip:x", address="192.0.2.6", phones=set(), now=0)
    assert not gate.admits(b"SUBSCRIBE sip:x", address="192.0.2.6", phones=set(), now=0)


def test_nobody_registers_without_a_pause() -> None:
    gate = Gate(frozenset())
    tries = [gate.admits(b"REGISTER sip:x", address="192.0.2.6", phones=set(), now=0) for _ in range(REGISTERS + 5)]
    assert tries.count(True) == REGISTERS
    assert gate.admits(b"REGISTER sip:x", address="192.0.2.6", phones=set(), now=WINDOW + 1)


def test_who_guesses_passwords_is_not_heard_for_a_while() -> None:
    gate = Gate(frozenset({"192.0.2.1"}))
    for _ in range(MOST_FAILURES):
        gate.fail("192.0.2.6", now=0)
    assert not gate.admits(b"REGISTER sip:x", address="192.0.2.6", phones=set(), now=SHUT_OUT - 1)
    assert gate.admits(b"REGISTER sip:x", address="192.0.2.6", phones={"192.0.2.6"}, now=SHUT_OUT - 1)
    assert gate.admits(b"REGISTER sip:x", address="192.0.2.6", phones=set(), now=SHUT_OUT + 1)
    assert gate.admits(b"INVITE sip:x", address="192.0.2.1", phones=set(), now=0)
