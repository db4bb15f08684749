"""Recordings on the wire: taken from the engine in pieces and sealed at once, and served in parts to a player."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from caredesk.actions import recordings
from caredesk.actions.recordings import Handed
from caredesk.core.work import Actor
from caredesk.edge.respond import current_services
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write
from caredesk.telephony.mp3 import AnyMeter
from caredesk.telephony.prompt_errors import SoundRefused
from caredesk.telephony.recording_errors import RecordingRefused
from caredesk.telephony.recording_rules import Measured, Meter

ENGINE = Actor(kind="system", id="hotline", name="hotline")
MOST_BYTES = 600_000_000
"""Five hours of two channels; a call that long is an open line, not a talk."""
PIECE = 65_536


def take_recording(*, recording_id: str, call_id: str, kind: str) -> None:
    """Seal the body of this request away and note it; what has come before is thanked for and not taken again.

    The bytes pass through in pieces: measured, hashed and sealed, never whole in memory and never in the clear on disk.
    """
    services = current_services()
    with read(services) as session:
        if recordings.is_kept(session, recording_id=recording_id):
            return
    handed = seal_recording(services, Coming(recording_id, call_id, kind), pieces=_pieces(), meter=Meter())
    with write(services, actor=ENGINE) as work:
        recordings.keep(work, handed)


@dataclass(frozen=True)
class Coming:
    """A recording whose bytes are on their way."""

    recording_id: str
    call_id: str
    kind: str


def seal_recording(services: Services, coming: Coming, *, pieces: Iterable[bytes], meter: Meter | AnyMeter) -> Handed:
    """Seal what comes in pieces, measured and hashed on its way; raise RecordingRefused when it is no recording."""
    digest = hashlib.sha256()

    def measured() -> Iterator[bytes]:
        for piece in pieces:
            meter.feed(piece)
            digest.update(piece)
            yield piece
        # Before the file gets its name: what turns out to be no recording leaves nothing behind.
        results.append(meter.result())

    results: list[Measured] = []
    try:
        size = services.recordings.keep(coming.recording_id, measured())
    except SoundRefused as refused:
        raise RecordingRefused(reason=str(refused.fields["reason"])) from None
    return Handed(
        recording_id=coming.recording_id,
        call_id=coming.call_id,
        kind=coming.kind,
        size=size,
        sha256=digest.hexdigest(),
        key_id=services.recordings.key_id,
        measured=results[0],
    )


def _pieces() -> Iterator[bytes]:
    # The desk's limit is for pictures and words; this one is for hours of sound.
    request.max_content_length = MOST_BYTES
    taken = 0
    while piece := request.stream.read(PIECE):
        taken += len(piece)
        if taken > MOST_BYTES:
            raise RecordingRefused(reason="size")
        yield piece


def starts_anew() -> bool:
    """Tell whether this request begins at the beginning: a new listening, not a move within one."""
    return request.range is None or all(start == 0 for start, _ in request.range.ranges)


def serve_recording(*, recording_id: str, size: int) -> Response:
    """Answer with a recording, or with the part that a player asks for (RFC 9110, section 14)."""
    start, stop = 0, size
    if request.range is not None:
        found = request.range.range_for_length(size)
        if found is None or found[1] is None:
            raise RequestedRangeNotSatisfiable(length=size)
        start, stop = found[0] or 0, found[1]
    kept = current_services().recordings
    is_wave = b"".join(kept.read(recording_id, start=0, stop=min(4, size))) == b"RIFF"
    pieces = kept.read(recording_id, start=start, stop=stop)
    # The first piece is opened here: a damaged file is an answer with a code, not a broken transfer.
    first = next(pieces, b"")
    partial = request.range is not None
    # What engines hand over are WAV files; a cloud call centre may have kept MP3.
    kind = "audio/wav" if is_wave else "audio/mpeg"
    response = Response(chain((first,), pieces), status=206 if partial else 200, mimetype=kind)
    response.content_length = stop - start
    if partial:
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Disposition"] = "inline"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    # Not even for a moment: what is heard is heard on the record.
    response.headers["Cache-Control"] = "private, no-store"
    return response
