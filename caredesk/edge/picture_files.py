"""Pictures on the wire: read from a form with bounded memory, and served so that a browser can only show them."""

from __future__ import annotations

from flask import Response, request
from flask_openapi3.models.file import FileStorage
from pydantic import BaseModel

from caredesk.actions.pictures import keep_bytes, store_picture
from caredesk.conversations.models import Picture
from caredesk.conversations.pictures import checked_picture
from caredesk.edge.guards import current_actor
from caredesk.edge.respond import current_services
from caredesk.edge.transactions import write

FRESH_SECONDS = 3600
"""After an hour a browser asks again whether the picture may still be seen; the answer is then 304 without bytes."""


class PictureForm(BaseModel):
    """A form with one file."""

    picture: FileStorage


def take_picture(form: PictureForm) -> Picture:
    """Check, keep and record an uploaded picture; only the last step is in a transaction."""
    services = current_services()
    limit = services.settings.picture_bytes
    picture = checked_picture(form.picture.read(limit + 1), limit_bytes=limit)
    picture_id = keep_bytes(services.files, picture=picture)
    with write(services, actor=current_actor()) as work:
        return store_picture(work, picture_id=picture_id, picture=picture)


def serve_picture(picture: Picture) -> Response:
    """Answer with a picture's bytes. Opened as a page of its own it can run, load and frame nothing."""
    response = Response(current_services().files.get(picture.id), mimetype=picture.media_type)
    response.headers["Content-Disposition"] = "inline"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = f"private, max-age={FRESH_SECONDS}"
    # Two families on one telephone: what one was shown must not come from the cache for the other.
    response.vary.update(("Authorization", "Cookie"))
    response.set_etag(picture.sha256)
    response.make_conditional(request)
    return response
