"""A stand-in for a hospital's own website with the widget on it; served by a demo desk only."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import resources

import jwt
from flask import Blueprint, Response, render_template_string, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from caredesk.conversations import house_queries
from caredesk.conversations.models import Hospital
from caredesk.core.errors import NotFound
from caredesk.edge.guards import open_to_all
from caredesk.edge.identity import AUDIENCE
from caredesk.edge.respond import current_services
from caredesk.edge.services import Services
from caredesk.edge.transactions import read
from caredesk.patients import queries as patients
from caredesk.patients.models import Guardian

SITE = resources.files("caredesk.demo_hospital") / "site"
FAMILIES_SHOWN = 3
IDENTITY_LASTS = timedelta(minutes=10)

pages = Blueprint("demo_site", __name__)
_open = open_to_all(reason="The invented hospital's website of a demo desk; a real desk answers 404.")


@pages.get("/demo")
@_open
def get_site() -> ResponseReturnValue:
    """The website, anonymous or signed in as one of the invented families."""
    services = current_services()
    with read(services) as session:
        hospital = _demo_hospital(session)
        families = patients.list_first_guardians(session, limit=FAMILIES_SHOWN)
    chosen = next((g for g in families if g.external_id == request.args.get("family")), None)
    return render_template_string(
        (SITE / "index.html").read_text("utf-8"),
        hospital=hospital,
        families=families,
        family=chosen.name if chosen else "",
        identity=_identity(services, chosen, now=services.clock.now()) if chosen else "",
        base=request.host_url.rstrip("/"),
    )


@pages.get("/demo/site.css")
@_open
def get_style() -> ResponseReturnValue:
    """The website's style sheet."""
    with read(current_services()) as session:
        _demo_hospital(session)
    return Response((SITE / "site.css").read_text("utf-8"), mimetype="text/css")


def _demo_hospital(session: Session) -> Hospital:
    hospital = house_queries.get_hospital(session)
    if not hospital.demo:
        raise NotFound
    return hospital


def _identity(services: Services, guardian: Guardian, *, now: datetime) -> str:
    """Sign the family's identity as the hospital's own website would."""
    lasts = min(IDENTITY_LASTS, timedelta(seconds=services.settings.identity_max_age))
    claims = {"sub": guardian.external_id, "aud": AUDIENCE, "iat": now, "exp": now + lasts}
    return jwt.encode(claims, services.identity_secret, algorithm="HS256")
