"""The built front end: its pages, their files with compressed twins, and the loader that other sites include."""

from __future__ import annotations

import mimetypes
import os
import re
from pathlib import Path

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.security import safe_join

from caredesk.core.errors import NotFound
from caredesk.edge.guards import open_to_all

STATIC = Path(__file__).resolve().parent.parent / "static"
APPS = frozenset({"console", "doctor_desk", "loader", "widget"})

_PAGES = Path(__file__).parent / "pages"
_TWINS = (("br", ".br"), ("gzip", ".gz"))
# Vite puts a hash of the content into these names.
_HASHED = re.compile(r"assets/[^/]+-[A-Za-z0-9_-]{8,}\.\w+")
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
# The name never changes, and every page of an embedding site asks for it.
_FOR_MINUTES = "public, max-age=300"
# The machine's own table may say otherwise, or nothing.
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".mp3": "audio/mpeg",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def static_pages(*, folder: Path = STATIC) -> Blueprint:
    """Return the routes of the built front end that lies in `folder`."""
    pages = Blueprint("pages", __name__)
    open_page = open_to_all(reason="Built files of the front end; they hold no data.")

    @open_page
    def front_door() -> ResponseReturnValue:
        return redirect("/chat")

    @open_page
    def chat() -> ResponseReturnValue:
        return _page(folder / "widget")

    @open_page
    def console(view: str = "") -> ResponseReturnValue:
        return _page(folder / "console")

    @open_page
    def doctor(view: str = "") -> ResponseReturnValue:
        return _page(folder / "doctor_desk")

    @open_page
    def loader() -> ResponseReturnValue:
        return _loader(folder / "loader")

    @open_page
    def static_file(app: str, name: str) -> ResponseReturnValue:
        return _static_file(folder, app=app, name=name)

    for path, page in (("console", console), ("doctor", doctor)):
        pages.add_url_rule(f"/{path}", view_func=page)
        pages.add_url_rule(f"/{path}/<path:view>", view_func=page)
    for rule, view in {"/": front_door, "/chat": chat, "/widget.js": loader}.items():
        pages.add_url_rule(rule, view_func=view)
    for page_of, app in (("/doctor", "doctor_worker"), ("/chat", "widget_worker")):
        _add_worker(pages, folder / app, scope=page_of)
    pages.add_url_rule("/static/<app>/<path:name>", view_func=static_file)
    return pages


def _add_worker(pages: Blueprint, app: Path, *, scope: str) -> None:
    @open_to_all(reason="Built files of the front end; they hold no data.")
    def worker() -> ResponseReturnValue:
        return _worker(app, scope=scope)

    pages.add_url_rule(f"{scope}/worker.js", endpoint=app.name, view_func=worker)


def _page(app: Path) -> Response:
    index = app / "index.html"
    return _file(index, cache=_ASK_AGAIN) if index.is_file() else _not_built()


def _loader(app: Path) -> Response:
    script = app / "caredesk.js"
    if not script.is_file():
        return _not_built()
    response = _file(script, cache=_FOR_MINUTES)
    # Other sites include it; with `crossorigin` or an integrity hash their browsers ask for leave.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _worker(app: Path, *, scope: str) -> Response:
    script = app / "worker.js"
    if not script.is_file():
        return _not_built()
    response = _file(script, cache=_ASK_AGAIN)
    # Without it a worker cares for what lies below its own folder, and the page itself does not.
    response.headers["Service-Worker-Allowed"] = scope
    return response


def _static_file(folder: Path, *, app: str, name: str) -> Response:
    inside = safe_join(str(folder / app), name) if app in APPS else None
    # `Path.is_file` would raise for a name that is longer than a file system takes.
    if inside is None or _is_hidden(name) or not os.path.isfile(inside):  # noqa: PTH113
        raise NotFound
    return _file(Path(inside), cache=_FOREVER if _HASHED.fullmatch(name) else _ASK_AGAIN)


def _is_hidden(name: str) -> bool:
    # Twins are chosen by the server; fetched by name they would arrive without their encoding.
    return name.endswith(tuple(suffix for _, suffix in _TWINS)) or any(part.startswith(".") for part in name.split("/"))


def _file(path: Path, *, cache: str) -> Response:
    encoding, twin = _best_twin(path)
    content = twin.read_bytes()
    response = Response(content, mimetype=_type_of(path))
    response.headers["Cache-Control"] = cache
    response.headers["Vary"] = "Accept-Encoding"
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.add_etag()
    response.make_conditional(request, accept_ranges=True, complete_length=len(content))
    return response


def _best_twin(path: Path) -> tuple[str, Path]:
    for encoding, suffix in _TWINS:
        twin = path.with_name(path.name + suffix)
        if request.accept_encodings[encoding] > 0 and twin.is_file():
            return encoding, twin
    return "", path


def _type_of(path: Path) -> str:
    return _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _not_built() -> Response:
    html = (_PAGES / "not_built.html").read_text("utf-8")
    return Response(html, status=503, mimetype="text/html", headers={"Cache-Control": "no-store"})
