"""sipp as the trunk: scenarios put together from a few steps, run as a real process, with its own verdict.

A scenario is a list of steps; each is a piece of sipp's XML. A caller is `[invite(), answered(), …]`, a carrier that
takes calls is `[expect_invite(), ringing(), …]`. sipp itself fails a call in which anything else arrives.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

from tests.telephony.tools import free_udp_port

Step = str

_SDP = """
v=0
o=trunk 53655765 {version} IN IP4 [media_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP {codecs}
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
a={direction}
"""
_REQUEST = """
{method} {uri} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: {caller};tag=[pid]rig[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>{to_tag}
Call-ID: [call_id]
CSeq: {number} {method}
Contact: <sip:trunk@[local_ip]:[local_port]>
Max-Forwards: 70
{extra}Content-Type: {content}
Content-Length: [len]
{body}
"""
_ANSWER = """
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]carrier[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]
{body}
"""
# What a called side needs to hang up: who called, and as whom it was called.
_WHO = """
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="called"/>
"""
_PEER_TAG = "[peer_tag_param]"


def sdp(*, codecs: str = "8 0 101", direction: str = "sendrecv", version: int = 1) -> str:
    """Return a session description that offers A-law, µ-law and telephone events."""
    return _SDP.format(codecs=codecs, direction=direction, version=version)


def request(
    method: str,
    *,
    number: int,
    caller: str = '"Parent" <sip:{cli}@[local_ip]:[local_port]>',
    to_tag: str = _PEER_TAG,
    uri: str = "[next_url]",
    body: str = "",
    content: str = "application/sdp",
    extra: str = "",
    attributes: str = "",
) -> Step:
    """Send a request; within a dialog unless `to_tag` is empty."""
    words = _REQUEST.format(
        method=method, uri=uri, caller=caller, to_tag=to_tag, number=number, body=body, content=content, extra=extra
    )
    return f"<send {attributes}><![CDATA[{words}]]></send>"


def invite(*, codecs: str = "8 0 101", retransmitted: bool = True, extra: str = "") -> Step:
    """Call; `[service]` is the number that was dialled."""
    return request(
        "INVITE",
        number=1,
        to_tag="",
        uri="sip:[service]@[remote_ip]:[remote_port]",
        body=sdp(codecs=codecs),
        extra=extra,
        attributes='retrans="500"' if retransmitted else "",
    )


def expect(code: int, *, optional: bool = False, routed: bool = False, seconds: float = 30) -> Step:
    """Wait for a response; `routed` keeps its Contact and Record-Route for what follows."""
    options = f'optional="{str(optional).lower()}" rrs="{str(routed).lower()}"'
    patience = "" if optional else f'timeout="{int(seconds * 1000)}"'
    return f'<recv response="{code}" {options} {patience}></recv>'


def expect_request(method: str, *, seconds: float = 30, optional: bool = False) -> Step:
    """Wait for a request of the other side."""
    patience = "" if optional else f'timeout="{int(seconds * 1000)}"'
    keeps = f"<action>{_WHO}</action>" if method == "INVITE" else ""
    return f'<recv request="{method}" rrs="true" optional="{str(optional).lower()}" {patience}>{keeps}</recv>'


def answered(*, seconds: float = 30) -> list[Step]:
    """Take whatever comes before the answer, the answer, and acknowledge it."""
    before = [expect(code, optional=True) for code in (100, 180, 183)]
    return [*before, expect(200, routed=True, seconds=seconds), request("ACK", number=1)]


def pause(seconds: float) -> Step:
    return f'<pause milliseconds="{round(seconds * 1000)}"/>'


def play(capture: Path) -> Step:
    """Send the packets of a capture file as this side's audio; goes on while the scenario does."""
    return f"<nop><action><exec play_pcap_audio={quoteattr(str(capture))}/></action></nop>"


def bye(number: int = 2) -> list[Step]:
    """Hang up."""
    return [request("BYE", number=number, attributes='retrans="500"'), expect(200)]


def bye_of_called() -> list[Step]:
    """Hang up as the side that was called: From and To of the INVITE change places."""
    lines = [
        "BYE [next_url] SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        "From: [$called];tag=[pid]carrier[call_number]",
        "To: [$caller]",
        "Call-ID: [call_id]",
        "CSeq: 1 BYE",
        "Max-Forwards: 70",
        "Content-Length: 0",
    ]
    words = "\n".join(["", *lines, "", ""])
    return [f'<send retrans="500"><![CDATA[{words}]]></send>', expect(200)]


def hung_up_by_other(*, seconds: float = 60) -> list[Step]:
    """Wait for the other side's BYE and agree."""
    return [expect_request("BYE", seconds=seconds), answer("200 OK", same_tag=True)]


def cancel() -> list[Step]:
    """Give up before the answer."""
    words = request("CANCEL", number=1, to_tag="", uri="sip:[service]@[remote_ip]:[remote_port]")
    # A CANCEL carries the branch of the INVITE that it takes back (RFC 3261, 9.1).
    again = words.replace("[branch]", "[branch-{back}]")
    return [again, expect(200), expect(487), acknowledge_refusal()]


def acknowledge_refusal() -> Step:
    """Acknowledge a final answer that is no success, within the INVITE's transaction."""
    words = request("ACK", number=1, uri="sip:[service]@[remote_ip]:[remote_port]")
    return words.replace("[branch]", "[branch-{back}]")


def answer(status: str, *, body: str = "", same_tag: bool = False) -> Step:
    """Answer the last request."""
    words = _ANSWER.format(status=status, body=body)
    return f"<send><![CDATA[{words.replace(';tag=[pid]carrier[call_number]', '') if same_tag else words}]]></send>"


def register(*, number: int, port: int, proven: bool = False) -> Step:
    """Register the user of this line of the users' file at a port; `proven` answers the challenge."""
    contact = f"sip:[field0]@[local_ip]:{port}"
    lines = [
        "REGISTER sip:[remote_ip]:[remote_port] SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        "From: <sip:[field0]@[remote_ip]>;tag=[pid]reg[call_number]",
        "To: <sip:[field0]@[remote_ip]>",
        "Call-ID: [call_id]",
        f"CSeq: {number} REGISTER",
        f"Contact: <{contact}>",
        *(["[field1]"] if proven else []),
        "Max-Forwards: 70",
        "Expires: 3600",
        "Content-Length: 0",
    ]
    words = "\n".join(["", *lines, "", ""])
    return f"<send><![CDATA[{words}]]></send>"


def expect_challenge() -> Step:
    """Wait for the demand to prove who registers."""
    return '<recv response="401" auth="true" timeout="10000"></recv>'


def press_by_info(digit: str, *, number: int) -> list[Step]:
    """Press a key by a SIP INFO, as some trunks send it."""
    body = f"\nSignal={digit}\nDuration=160\n"
    return [request("INFO", number=number, body=body, content="application/dtmf-relay"), expect(200)]


@dataclass
class Trunk:
    """A sipp process that plays one scenario one or more times."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        server: str,
        steps: Sequence[Step | Sequence[Step]],
        cli: str = "13800138000",
        called: str = "4000123456",
        options: tuple[str, ...] = ("-m", "1"),
        port: int | None = None,
        patience: int = 120,
    ) -> Trunk:
        """Start sipp towards `server` (host:port); the scenario's `{cli}` becomes the caller's number."""
        folder.mkdir(parents=True, exist_ok=True)
        flat = [piece for step in steps for piece in ([step] if isinstance(step, str) else step)]
        scenario = folder / "scenario.xml"
        scenario.write_text(_as_xml(flat, cli=cli), encoding="iso-8859-1")
        chosen = port or free_udp_port()
        command = ["sipp", server, "-sf", scenario, "-i", "127.0.0.1", "-p", chosen, "-s", called, "-nostdin"]
        command += ["-mi", "127.0.0.1", "-mp", free_udp_port(), "-recv_timeout", "20000", "-timeout", f"{patience}s"]
        command += ["-timeout_error", "-trace_err", "-error_file", folder / "errors.log", *options]
        with (folder / "screen.log").open("wb") as log:
            process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder
            )
        return cls(process, folder, chosen)

    def finish(self, *, seconds: float = 120) -> None:
        """Wait for the end of the scenario and insist that sipp was content with every call."""
        try:
            code = self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            raise AssertionError(f"sipp did not end:\n{self.report()}") from None
        assert code == 0, f"sipp ended with {code}:\n{self.report()}"

    def stop(self) -> None:
        """End at once, without a BYE: the trunk is gone."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def report(self) -> str:
        """Return what sipp says about the run."""
        texts = [path.read_text("utf-8", "replace")[-2500:] for path in sorted(self.folder.glob("*.log"))]
        return "\n".join(texts)


def _as_xml(steps: list[Step], *, cli: str) -> str:
    body = "\n".join(steps).replace("{cli}", cli)
    # The step back to the INVITE is counted in messages, so it is known only now.
    for index, step in enumerate(steps):
        if "{back}" in step:
            body = body.replace("[branch-{back}]", f"[branch-{index}]", 1)
    if _WHO in body:
        # sipp refuses variables that nobody uses.
        body += '\n<Reference variables="caller,called"/>'
    head = '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
    return f'{head}<scenario name="rig">\n{body}\n</scenario>\n'
