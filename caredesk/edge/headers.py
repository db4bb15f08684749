"""Security headers by surface: a strict Content-Security-Policy and what keeps a browser from guessing."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, Response, request

from caredesk.settings import Settings

_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:\d+)?")
_ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:(\d+|\*))?")

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: with it some browsers send `Origin: null` on our own writes, which are checked for it.
    "Referrer-Policy": "same-origin",
    # Pictures are taken through the file chooser, which needs no permission of the page.
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}
_NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class BadEmbedOrigin(ValueError):
    """A site in `CAREDESK_EMBED_ORIGINS` is not an origin such as `https://www.hospital.example`."""


def register_headers(app: Flask, *, settings: Settings) -> None:
    """Add the headers to every answer of the application."""
    app.after_request(_adorn(settings, embedders=embedders(settings)))


def embedders(settings: Settings) -> str:
    """Return the sites that may frame the parent's page, checked, as a CSP source list."""
    origins = settings.embed_origins.split()
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise BadEmbedOrigin(f"CAREDESK_EMBED_ORIGINS: {origin!r} is not an origin like https://www.example.com")
    return " ".join(["'self'", *origins])


def _adorn(settings: Settings, *, embedders: str) -> Callable[[Response], Response]:
    def adorn(response: Response) -> Response:
        response.headers.update(_ALWAYS)
        if _is_below("/console"):
            # Agents answer calls in the browser; nobody else's page may listen.
            response.headers["Permissions-Policy"] = _ALWAYS["Permissions-Policy"].replace(
                "microphone=()", "microphone=(self)"
            )
        response.headers.setdefault("Content-Security-Policy", _policy(settings, embedders=embedders))
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not _is_below("/chat"):
            response.headers["X-Frame-Options"] = "SAMEORIGIN"
        if settings.secure_cookies:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if request.path.startswith("/api/") and "private" not in response.headers.get("Cache-Control", ""):
            response.headers["Cache-Control"] = "no-store"
        return response

    return adorn


def _policy(settings: Settings, *, embedders: str) -> str:
    if _is_below("/chat"):
        return _page_policy(settings, ancestors=embedders)
    if _is_below("/demo"):
        # The stand-in for a hospital's website holds the widget's frame.
        return _page_policy(settings, ancestors="'self'") + "; frame-src 'self'"
    if _is_below("/console"):
        return _page_policy(settings, ancestors="'self'", also=_hotline_source(settings))
    if _is_below("/doctor"):
        return _page_policy(settings, ancestors="'self'")
    return _NOTHING


def _is_below(path: str) -> bool:
    return request.path == path or request.path.startswith(f"{path}/")


def _page_policy(settings: Settings, *, ancestors: str, also: str = "") -> str:
    rules = [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "media-src 'self' blob:",
        f"connect-src {_connect_sources(settings)}{also}",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        f"frame-ancestors {ancestors}",
    ]
    return "; ".join([*rules, "upgrade-insecure-requests"] if settings.secure_cookies else rules)


def _connect_sources(settings: Settings) -> str:
    # Safari before 15.4 does not count WebSockets of the same host as 'self'.
    host = urlsplit(settings.public_url).netloc or request.host
    if not _HOST.fullmatch(host):
        return "'self'"
    return f"'self' wss://{host}" if settings.secure_cookies else f"'self' ws://{host} wss://{host}"


def _hotline_source(settings: Settings) -> str:
    """Return where the telephone in an agent's browser registers, as one more source; it has a port of its own."""
    if not settings.hotline_wss_port:
        return ""
    host = settings.hotline_public_address or urlsplit(f"//{request.host}").hostname or ""
    named = f"[{host}]" if ":" in host else host
    return f" wss://{named}:{settings.hotline_wss_port}" if _HOST.fullmatch(named) else ""
