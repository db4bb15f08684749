"""What the desk asks of others: judged and pinned addresses, no redirects, and an end to all waiting and reading.

The servers are real ones on this machine, as small as TCP lets them be.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caredesk.core.ports import NotFetched
from caredesk.infra.outside import Answered, FetchLimits, ask_outside, fetch_outside, may_reach, url_fault

PATIENT = FetchLimits(most_bytes=1000, seconds=20, all_seconds=20)
HASTY = FetchLimits(most_bytes=1000, seconds=20, all_seconds=0.3)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Talk = Callable[[socket.socket], object]


@contextmanager
def serving(talk: Talk) -> Iterator[tuple[str, list[bytes]]]:
    """Answer each connection as told; yield the address and what was asked for."""
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line, suppress(OSError):
                asked.append(whole_request(line))
                talk(line)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/path?of=it", asked
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=20)


def whole_request(line: socket.socket) -> bytes:
    """Read until the head and the two characters of a body are there, so that nothing is left when we hang up."""
    read = b""
    while not read.endswith((b"\r\n\r\n{}", b"Accept-Encoding: identity\r\n\r\n")):
        read += line.recv(65_536) or b"\r\n\r\n{}"
    return read


def saying(content: bytes) -> Talk:
    return lambda line: line.sendall(content)


def without_end(piece: bytes, *, first: bytes, pause: float = 0.0) -> Talk:
    """Send for as long as somebody listens."""

    def talk(line: socket.socket) -> None:
        line.sendall(first)
        while True:
            line.sendall(piece)
            threading.Event().wait(pause)

    return talk


def ask(url: str, *, limits: FetchLimits = PATIENT, to: Sequence[str] | None = None) -> Answered:
    told = {} if to is None else {"resolve": lambda host, port: to}
    return ask_outside(url, method="POST", body=b"{}", headers={}, reach="loopback", limits=limits, **told)


def test_an_answer_comes_back_and_the_whole_address_was_asked_for() -> None:
    with serving(saying(OK)) as (url, asked):
        assert ask(url) == Answered(200, b"ok")
    assert asked[0].startswith(b"POST /path?of=it HTTP/1.1\r\nHost: 127.0.0.1:")


@pytest.mark.parametrize("where", ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/", "//[::1]/", "/x"])
def test_nobody_is_followed_elsewhere(where: str) -> None:
    moved = f"HTTP/1.1 302 Found\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode()
    with serving(saying(moved)) as (url, asked):
        assert ask(url).status == 302
        with pytest.raises(NotFetched) as refused:
            list(fetch_outside(url, reach="loopback", limits=PATIENT))
    assert (refused.value.code, refused.value.lasting, len(asked)) == ("status_302", True, 2)


def test_a_name_is_asked_for_once_and_what_it_says_later_leads_nowhere() -> None:
    with serving(saying(OK)) as (url, asked):
        answers = iter([["127.0.0.1"], ["169.254.169.254"]])
        named = url.replace("127.0.0.1", "localhost")
        limits, headers = PATIENT, {"Authorization": "secret"}
        made = ask_outside(
            named, method="POST", body=b"{}", headers=headers, reach="loopback", limits=limits,
            resolve=lambda host, port: next(answers),
        )  # fmt: skip
    assert made.status == 200 and next(answers) == ["169.254.169.254"]
    assert b"Host: localhost:" in asked[0]


@pytest.mark.parametrize("also", ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "fe80::1%eth0", "0.0.0.0"])
def test_a_name_with_one_bad_address_among_good_ones_is_refused_unasked(also: str) -> None:
    with serving(saying(OK)) as (url, asked):
        assert ask(url, to=["127.0.0.1", also]) == Answered(fault="address_refused", was_sent=False)
    assert asked == []


def test_the_second_address_is_tried_where_the_first_cannot_be_reached() -> None:
    with serving(saying(OK)) as (url, _), socket.socket() as closed:
        closed.bind(("127.0.0.2", 0))
        assert ask(url, to=["127.0.0.2", "127.0.0.1"]).status == 200


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0177.0.0.1", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost"],
)
@pytest.mark.parametrize("reach", ["public", "private"])
def test_this_machine_is_not_reached_under_any_of_its_names(host: str, reach: str) -> None:
    # Nobody is asked over the net: the numbers are read by this machine's own resolver.
    answer = ask_outside(
        f"https://{host}:9/", method="GET", body=b"", headers={}, reach=reach, limits=PATIENT,  # type: ignore[arg-type]
        resolve=lambda name, port: sorted({str(one[4][0]) for one in socket.getaddrinfo(name, port)}),
    )  # fmt: skip
    assert (answer.was_sent, answer.fault) == (False, "address_refused")


@pytest.mark.parametrize(
    "talk",
    [
        without_end(b"x", first=b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", pause=0.01),
        without_end(b"x", first=b"HTTP/1.1 200 OK\r\nX-Slow: ", pause=0.01),
        without_end(b"HTTP/1.1 100 Continue\r\n\r\n", first=b"", pause=0.001),
        lambda line: line.recv(65_536),
    ],
    ids=["a body that drips", "a header that drips", "no end of preludes", "silence"],
)
def test_whoever_takes_too_long_is_left(talk: Talk) -> None:
    with serving(talk) as (url, _):
        assert ask(url, limits=HASTY).fault == "timeout"


def test_of_an_answer_without_end_no_more_is_read_than_the_limit() -> None:
    first = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    with serving(without_end(chunk, first=first)) as (url, _):
        assert len(ask(url).content) == PATIENT.most_bytes
        with pytest.raises(NotFetched) as refused:
            list(fetch_outside(url, reach="loopback", limits=PATIENT))
    assert refused.value.code == "too_large"


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"SSH-2.0-x\r\n", b"HTTP/1.1 999999 x\r\n\r\n"])
def test_what_is_no_answer_is_told_as_none(content: bytes) -> None:
    with serving(saying(content)) as (url, _):
        answer = ask(url)
    assert (answer.fault, answer.was_sent) == ("unreachable", True)


@pytest.mark.parametrize(
    "url",
    ["", "x", "//h/", "https:///x", "https://[::1", "https://h:99999/", "https://h:x/", "https://h:0/", "https://u@h/"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    assert url_fault(url, reach="loopback") in ("address_refused", "scheme_refused")


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=60))
def test_no_words_whatever_make_an_address_fail(words: str) -> None:
    for url in (words, f"https://{words}/", f"https://127.0.0.1:9{words}"):
        asked = ask_outside(
            url, method="GET", body=b"", headers={}, reach="public", limits=PATIENT, resolve=lambda host, port: []
        )
        assert not asked.was_sent


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_judged_alike_in_whatever_ipv6_address_it_is_carried(number: int) -> None:
    plain = ip_address(number)
    mapped, nat64 = (ip_address(prefix << 32 | number) for prefix in (0xFFFF, 0x64FF9B << 64))
    sixtofour = ip_address((0x2002 << 112) | number << 80)
    assert may_reach(mapped, reach="public") == may_reach(plain, reach="public")
    for carrier in (nat64, sixtofour):
        assert may_reach(plain, reach="public") or not may_reach(carrier, reach="public")
        assert may_reach(plain, reach="private") or not may_reach(carrier, reach="private")
