"""Renders every error once: expected ones by their code, unexpected ones as a fault that names the request."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from caredesk.core.errors import CareDeskError, NotFound, Refused, SignInNeeded, TooLarge
from caredesk.core.ids import new_id
from caredesk.edge.respond import answer

log = logging.getLogger(__name__)

# ---- errors of the edge itself ---------------------------------------------------------------------------


class MalformedPayload(CareDeskError):
    """The payload cannot be read. The fields are paths into it, each with the kind of fault; never its content."""

    code = "input.malformed"
    status = 422


class MediaTypeRefused(CareDeskError):
    """The payload is not of the kind the route reads."""

    code = "input.media_type"
    status = 415


class MethodRefused(CareDeskError):
    """The address exists, but not for this method."""

    code = "desk.method_not_allowed"
    status = 405


class DeskFault(CareDeskError):
    """A fault of the desk; the log has it under the request's id."""

    code = "desk.fault"
    status = 500


class ForeignSite(Refused):
    """Another site's page sent this request with our cookie."""

    code = "auth.foreign_site"


class CsrfMismatch(Refused):
    """A write without the session's CSRF token."""

    code = "auth.csrf"


class VisitUnknown(SignInNeeded):
    """No visit has this bearer token; the page opens a new one."""

    code = "visit.unknown"


class TokenWrong(SignInNeeded):
    """The hospital's own system did not show the token that it was given."""

    code = "schedule.token"


class ErrorShape(BaseModel):
    """What every error looks like on the wire."""

    code: str
    fields: dict[str, Any]
    request_id: str


# ---- rendering -------------------------------------------------------------------------------------------

_BY_STATUS: dict[int, type[CareDeskError]] = {
    400: MalformedPayload,
    404: NotFound,
    405: MethodRefused,
    413: TooLarge,
    415: MediaTypeRefused,
}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_PAGES = Path(__file__).parent / "pages"


def register_errors(app: Flask) -> None:
    """Name every request and render every error of the application."""
    app.before_request(_name_request)
    app.after_request(_echo_name)
    app.register_error_handler(CareDeskError, render)
    app.register_error_handler(HTTPException, _render_http)
    app.register_error_handler(Exception, _render_fault)


def request_id() -> str:
    """Return the current request's name: the caller's `X-Request-Id` when it is a sane token, else a new one."""
    if "request_id" not in g:
        asked = request.headers.get("X-Request-Id", "")
        g.request_id = asked if _REQUEST_ID.fullmatch(asked) else new_id()
    return str(g.request_id)


def render(error: CareDeskError, *, status: int | None = None) -> Response:
    """Answer with an expected error: its code and fields, and the request's name."""
    shape = ErrorShape(code=error.code, fields=error.fields, request_id=request_id())
    response = answer(shape, status=status or error.status)
    if "retry_after" in error.fields:
        response.headers["Retry-After"] = str(error.fields["retry_after"])
    return response


def malformed(error: ValidationError, *, part: str = "") -> MalformedPayload:
    """Return the refusal of a payload: where it is wrong and how, without any of its content."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    paths = {_path(part, fault["loc"], kind=fault["type"]): fault["type"] for fault in faults[:20]}
    return MalformedPayload(**paths)


def render_malformed(error: ValidationError) -> Response:
    """Answer to a payload that the framework refused; its `validation_error_callback`."""
    return render(malformed(error))


def _name_request() -> None:
    request_id()


def _echo_name(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id()
    return response


def _render_http(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error
    response = _page("not_found", status=404) if status == 404 and _wants_page() else None
    kind = _BY_STATUS.get(status, CareDeskError if status < 500 else DeskFault)
    response = response or render(kind(), status=status)
    # 405 must say which methods there are, 416 which range: what HTTP itself asks for stays.
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _render_fault(error: Exception) -> Response:
    log.error(
        "request failed\n%s",
        "".join(_traceback_lines(error)),
        extra={"request_id": request_id(), "method": request.method, "rule": str(request.url_rule)},
    )
    return _page("fault", status=500) if _wants_page() else render(DeskFault())


def _wants_page() -> bool:
    if request.path.startswith("/api/"):
        return False
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def _page(name: str, *, status: int) -> Response:
    html = (_PAGES / f"{name}.html").read_text("utf-8").replace("{request_id}", request_id())
    return Response(html, status=status, mimetype="text/html", headers={"Cache-Control": "no-store"})


def _path(part: str, loc: tuple[int | str, ...], *, kind: str) -> str:
    # The name of an unknown field was chosen by the caller; it stays out, like every other word of theirs.
    steps = [*loc[:-1], "*"] if kind == "extra_forbidden" else list(loc)
    known = [str(step) if re.fullmatch(r"[a-z0-9_]{1,40}", str(step)) else "*" for step in steps]
    return ".".join([part, *known] if part else known) or "*"


# Their messages speak of code, not of data. Others may quote what a patient wrote, which never enters a log.
_SPEAKS_OF_CODE = (AttributeError, ImportError, NameError, NotImplementedError, OSError, RuntimeError, TypeError)


def _traceback_lines(error: BaseException) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _traceback_lines(cause)
        yield "led to\n"
    yield from traceback.format_tb(error.__traceback__)
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    # The system's own errors quote the file's name, which may come from an address.
    said = error.strerror if isinstance(error, OSError) else error
    yield f"{name}: {said}\n" if isinstance(error, _SPEAKS_OF_CODE) else f"{name}\n"
