"""Pictures on the wire: read from a form with bounded memory, and served so that a browser can only show them."""

from __future__ import annotations

import hashlib
import hmac
from contextlib import closing
from urllib.parse import urlencode

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_openapi3.models.file import FileStorage
from pydantic import BaseModel, Field

from caredesk.actions.picture_scans import expect_scan, note_found, refuse_unscanned
from caredesk.actions.pictures import keep_bytes, keep_original, note_opened, store_picture
from caredesk.conversations.errors import PictureNotFound, PictureRefused
from caredesk.conversations.models import Picture
from caredesk.conversations.pictures import checked_picture
from caredesk.conversations.watermarks import Kind, marked
from caredesk.core.clock import clinic_time
from caredesk.core.errors import FileUnreadable
from caredesk.edge.guards import current_actor, current_staff
from caredesk.edge.respond import current_services
from caredesk.edge.scans import scanned
from caredesk.edge.signatures import is_same
from caredesk.edge.transactions import write

LINK_SECONDS = 120
"""How long a link to a picture is good: until the page that asked for it has fetched it, on a bad line, too."""


class PictureForm(BaseModel):
    """A form with one file."""

    picture: FileStorage


def take_picture(form: PictureForm) -> Picture:
    """Check, keep and record an uploaded picture; only the last step is in a transaction."""
    services = current_services()
    limit = services.settings.picture_bytes
    # Closed here: what is larger than half a megabyte lies in a file of its own until then.
    with closing(form.picture):
        content = form.picture.read(limit + 1)
    picture = checked_picture(content, limit_bytes=limit)
    scan = scanned(services, content)
    if scan == "found":
        with write(services, actor=current_actor()) as work:
            note_found(work)
        raise PictureRefused(reason="malware")
    # The original is what the scanner must see: what is kept are pixels that we wrote ourselves.
    held_id = keep_original(services.files, content=content) if scan == "away" else ""
    picture_id = keep_bytes(services.files, picture=picture)
    try:
        with write(services, actor=current_actor()) as work:
            if scan == "away":
                expect_scan(work)
            fate = "waiting" if scan == "away" else scan
            return store_picture(work, picture_id=picture_id, picture=picture, scan=fate, held_id=held_id)
    except Exception:
        # Bytes without a row would lie there for ever, seen by nobody.
        for name in (picture_id, held_id):
            if name:
                services.files.drop(name)
        raise


class PictureLink(BaseModel):
    """What follows a picture's address: nothing, or until when the link is good and what proves it."""

    small: bool = False
    until: int = Field(default=0, ge=0, le=10**11)
    seal: str = Field(default="", max_length=64)


def show_to_staff(picture: Picture, *, link: PictureLink) -> ResponseReturnValue:
    """Send the browser on to a link of this session that is good for two minutes; such a link shows the picture.

    What staff see has their login and the time in it. Opened in its full size it goes into the audit.
    """
    refuse_unscanned(picture)
    services, who = current_services(), current_staff()
    now = services.clock.now()
    if not link.seal:
        return _to_link(picture, link=link, until=int(now.timestamp()) + LINK_SECONDS)
    expected = _seal_of(picture, small=link.small, until=link.until)
    if not is_same(link.seal, expected=expected) or link.until < now.timestamp():
        raise PictureNotFound
    words = f"{who.login}  {clinic_time(now):%Y-%m-%d %H:%M}"
    shown = marked(_content(picture), kind=_kind(picture), words=words, small=link.small)
    if not link.small:
        with write(services, actor=current_actor()) as work:
            note_opened(work, picture_id=picture.id)
    return _response(shown, media_type=picture.media_type)


def show_to_visitor(picture: Picture) -> Response:
    """Answer with a picture's bytes; a visitor's page fetches them with its token, which stands in no link."""
    refuse_unscanned(picture)
    return _response(_content(picture), media_type=picture.media_type)


def _to_link(picture: Picture, *, link: PictureLink, until: int) -> ResponseReturnValue:
    seal = _seal_of(picture, small=link.small, until=until)
    query = urlencode({"small": str(link.small).lower(), "until": until, "seal": seal})
    return redirect(f"{request.path}?{query}", code=302)


def _seal_of(picture: Picture, *, small: bool, until: int) -> str:
    """Return what proves a link, by a secret of the session alone: in another session it opens nothing."""
    who = current_staff()
    about = f"picture\n{picture.id}\n{small}\n{until}\n{who.session_id}"
    return hmac.new(who.csrf_token.encode(), about.encode(), hashlib.sha256).hexdigest()


def _content(picture: Picture) -> bytes:
    content = current_services().files.get(picture.id)
    # Until the walk after an upgrade has come by, files may lie plain; then this alone tells that one was exchanged.
    if hashlib.sha256(content).hexdigest() != picture.sha256:
        raise FileUnreadable
    return content


def _kind(picture: Picture) -> Kind:
    return "image/png" if picture.media_type == "image/png" else "image/jpeg"


def _response(content: bytes, *, media_type: str) -> Response:
    """Answer with pixels. Opened as a page of its own it can run, load and frame nothing, and nobody keeps a copy."""
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = "inline"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response
