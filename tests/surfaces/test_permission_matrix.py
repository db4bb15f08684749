"""Every route against everyone: who may call it is written out here, and nobody else may.

A new route fails until it is in the table. "May" means that the guard lets the request in; what the route then says
about an empty payload is its own matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caredesk.accounts.models import Staff
from caredesk.accounts.rules import Role, sign_in_policy
from caredesk.accounts.schemas import NewStaff
from caredesk.actions.accounts import SignInOpened, add_staff, check_password, sign_in
from caredesk.application import create_app
from caredesk.edge.services import Services
from tests.fixtures.desk import DeskForTests
from tests.fixtures.passwords import PASSWORD, PASSWORD_HASH

pytestmark = pytest.mark.usefixtures("quick_hashing")

STAFF = frozenset(role.value for role in Role)
EVERYONE = STAFF | {"stranger", "visitor"}
VISITOR = frozenset({"visitor"})
DESK = frozenset({"agent", "assistant", "supervisor"})
READERS = DESK | {"editor", "admin"}
METRICS = frozenset({"supervisor", "admin"})
EDITORS = frozenset({"editor", "supervisor", "admin"})
PUBLISHERS = frozenset({"editor", "supervisor"})
FLOOR = frozenset({"supervisor"})
AUDITORS = frozenset({"auditor"})
OFFICERS = frozenset({"admin", "security", "auditor"})
ADMINS = frozenset({"admin"})
CLINICAL = frozenset({"doctor", "nurse", "pharmacist"})

TOKEN_ONLY = frozenset(
    {
        "POST /fhir",
        "POST /fhir/Slot",
        "PUT /fhir/Slot/<resource_id>",
        "GET /fhir/Slot",
        "GET /fhir/Slot/<resource_id>",
        "GET /fhir/Schedule",
        "GET /fhir/Schedule/<resource_id>",
        "POST /hooks/sms/<secret>",
        "GET /hooks/wechat",
        "POST /hooks/wechat",
        "POST /hooks/entered",
        "POST /hooks/parcels/kuaidi100",
        "POST /hooks/hotline/facts",
        "GET /hooks/hotline/commands",
        "GET /hooks/hotline/phones",
        "PUT /hooks/hotline/recordings/<recording_id>",
        "GET /hooks/hotline/prompts",
        "GET /hooks/hotline/prompts/<name>.wav",
        "POST /hooks/calls/<provider>",
        "POST /hooks/calls/<provider>/<secret>",
    }
)
"""What other systems call with their token or signature; no person may, as `test_fhir.py`, `test_receipts.py` and
`test_parcel_routes.py` and `test_cloud_pushes.py` show."""

TABLE: dict[str, frozenset[str]] = {
    # ---- pages and machines
    "GET /": EVERYONE,
    "GET /demo": EVERYONE,
    "GET /demo/site.css": EVERYONE,
    "GET /chat": EVERYONE,
    "GET /console": EVERYONE,
    "GET /console/<path:view>": EVERYONE,
    "GET /doctor": EVERYONE,
    "GET /doctor/<path:view>": EVERYONE,
    "GET /doctor/worker.js": EVERYONE,
    "GET /chat/worker.js": EVERYONE,
    "GET /widget.js": EVERYONE,
    "GET /static/<app>/<path:name>": EVERYONE,
    "GET /healthz": EVERYONE,
    "GET /livez": EVERYONE,
    "GET /readyz": EVERYONE,
    "GET /api/openapi.json": EVERYONE,
    "GET /metrics": METRICS,
    # ---- the hotline
    "GET /api/desk/hotline/setup": METRICS,
    "PUT /api/desk/hotline/setup": METRICS,
    "GET /api/desk/hotline/setup/versions": METRICS,
    "GET /api/desk/hotline/prompts": METRICS,
    "GET /api/desk/hotline/prompts/<name>/audio": METRICS,
    "POST /api/desk/hotline/prompts/<name>/recording": METRICS,
    "DELETE /api/desk/hotline/prompts/<name>/recording": METRICS,
    "GET /api/desk/hotline/figures": FLOOR,
    "GET /api/desk/voicemails": DESK,
    "GET /api/desk/hotline/phones": FLOOR,
    "GET /api/desk/hotline/calls": FLOOR,
    "GET /api/desk/missed-calls": DESK,
    "GET /api/desk/calls/<conversation_id>/family": DESK,
    "GET /api/desk/calls/<conversation_id>/course": DESK,
    "GET /api/desk/call-backs": DESK,
    "DELETE /api/desk/call-backs/<conversation_id>": DESK,
    "GET /api/desk/recordings": DESK,
    "GET /api/desk/recordings/<recording_id>": DESK,
    "GET /api/desk/recordings/<recording_id>/audio": DESK,
    # ---- calls and one's own phone
    "GET /api/desk/phone": DESK,
    "POST /api/desk/phone/secret": DESK,
    "POST /api/desk/calls": DESK,
    "GET /api/desk/calls/<conversation_id>": DESK,
    "GET /api/desk/calls/<conversation_id>/caller": DESK,
    "PUT /api/desk/calls/<conversation_id>/caller": DESK,
    "DELETE /api/desk/calls/<conversation_id>/caller": DESK,
    "POST /api/desk/calls/<conversation_id>/hold": DESK,
    "POST /api/desk/calls/<conversation_id>/resume": DESK,
    "POST /api/desk/calls/<conversation_id>/hangup": DESK,
    "POST /api/desk/calls/<conversation_id>/transfer": DESK,
    "POST /api/desk/calls/<conversation_id>/consult": DESK,
    "POST /api/desk/calls/<conversation_id>/complete": DESK,
    "POST /api/desk/calls/<conversation_id>/cancel-consult": DESK,
    "POST /api/desk/calls/<conversation_id>/digits": DESK,
    "POST /api/desk/calls/<conversation_id>/listen": FLOOR,
    # ---- calling families
    "GET /api/console/call-ups/dead": FLOOR,
    "GET /api/console/dead-letters": FLOOR,
    "GET /api/console/backups": METRICS,
    "GET /api/condition": EVERYONE,
    "GET /api/console/standby": DESK,
    "GET /api/console/incidents": DESK,
    "POST /api/console/incidents": FLOOR,
    "POST /api/console/incidents/<incident_id>/entries": FLOOR,
    "POST /api/console/incidents/<incident_id>/end": FLOOR,
    "GET /api/console/incidents/<incident_id>/report": DESK,
    # ---- systems that hear of news
    "GET /api/console/webhooks": ADMINS,
    "POST /api/console/webhooks": ADMINS,
    "PUT /api/console/webhooks/<subscription_id>": ADMINS,
    "POST /api/console/webhooks/<subscription_id>/key": ADMINS,
    "POST /api/console/webhooks/<subscription_id>/test": ADMINS,
    "DELETE /api/console/webhooks/<subscription_id>": ADMINS,
    "POST /api/console/webhooks/posts/<delivery_id>/replay": ADMINS,
    "POST /api/console/webhooks/posts/<delivery_id>/discard": ADMINS,
    "POST /api/console/dead-letters/<kind>/<letter_id>/replay": FLOOR,
    "POST /api/console/dead-letters/<kind>/<letter_id>/discard": FLOOR,
    "GET /api/console/call-ups/figures": FLOOR,
    "POST /api/console/call-ups/legs/<leg_id>/replay": FLOOR,
    "GET /api/console/families/<guardian_id>/consents": DESK,
    "PUT /api/console/families/<guardian_id>/consents": DESK,
    # ---- parcels
    "GET /api/console/carriers": DESK,
    "POST /api/console/families/<guardian_id>/parcels": DESK,
    "POST /api/console/families/<guardian_id>/parcels/<parcel_id>/refresh": DESK,
    "POST /api/console/families/<guardian_id>/parcels/<parcel_id>/notes": DESK,
    "GET /api/doctor/patients/<patient_id>/parcels": CLINICAL,
    # ---- out of order
    "POST /api/console/conversations/<conversation_id>/claim": DESK,
    "GET /api/console/claims": FLOOR,
    # ---- the clinic's calendar
    "GET /api/console/schedule": frozenset({"supervisor"}),
    "GET /api/console/schedule/coverage": frozenset({"supervisor"}),
    "POST /api/console/schedule/edits/check": frozenset({"supervisor"}),
    "POST /api/console/schedule/edits": frozenset({"supervisor"}),
    "POST /api/console/schedule/imports/check": frozenset({"supervisor"}),
    "POST /api/console/schedule/imports": frozenset({"supervisor"}),
    "GET /api/console/schedule/changes/<change_id>/undo": frozenset({"supervisor"}),
    "POST /api/console/schedule/changes/<change_id>/undo": frozenset({"supervisor"}),
    # ---- the parent's page
    "POST /api/chat/visit": EVERYONE,
    "GET /api/chat/welcome": EVERYONE,
    "GET /api/chat/conversations": VISITOR,
    "GET /api/chat/conversations/<conversation_id>": VISITOR,
    "GET /api/chat/conversations/<conversation_id>/events": VISITOR,
    "POST /api/chat/messages": VISITOR,
    "POST /api/chat/person": VISITOR,
    "POST /api/chat/conversations/<conversation_id>/message": VISITOR,
    "POST /api/chat/conversations/<conversation_id>/read": VISITOR,
    "POST /api/chat/conversations/<conversation_id>/end": VISITOR,
    "POST /api/chat/conversations/<conversation_id>/rating": VISITOR,
    "POST /api/chat/answers/<message_id>/feedback": VISITOR,
    "POST /api/chat/pictures": VISITOR,
    "GET /api/chat/pictures/<picture_id>": VISITOR,
    # ---- one's own account
    "POST /api/auth/sign-in": EVERYONE,
    "POST /api/auth/sign-in/code": EVERYONE,
    "POST /api/auth/sign-in/password": EVERYONE,
    "POST /api/auth/sign-in/factor": EVERYONE,
    "POST /api/auth/sign-in/factor/confirm": EVERYONE,
    "GET /api/auth/ways": EVERYONE,
    "GET /api/auth/oidc": EVERYONE,
    "GET /api/auth/oidc/door": EVERYONE,
    "GET /api/auth/oidc/callback": EVERYONE,
    "GET /api/auth/oidc/sign-out": EVERYONE,
    "POST /api/auth/token": EVERYONE,
    "GET /api/auth/wecom": EVERYONE,
    "GET /api/auth/wecom/callback": EVERYONE,
    "POST /api/auth/sign-out": STAFF,
    "GET /api/auth/me": STAFF,
    "POST /api/auth/password": STAFF,
    "GET /api/auth/passkeys": STAFF,
    "POST /api/auth/passkeys": STAFF,
    "POST /api/auth/passkeys/challenge": STAFF,
    "PUT /api/auth/passkeys/<passkey_id>": STAFF,
    "POST /api/auth/passkeys/<passkey_id>/remove": STAFF,
    "POST /api/auth/sign-in/passkey/challenge": EVERYONE,
    "POST /api/auth/sign-in/passkey": EVERYONE,
    "POST /api/auth/lock/passkey/challenge": STAFF,
    "POST /api/auth/lock/passkey": STAFF,
    "GET /api/auth/lock": STAFF,
    "POST /api/auth/lock": STAFF,
    "POST /api/auth/lock/deed": STAFF,
    "POST /api/auth/lock/open": STAFF,
    # ---- the console
    "GET /api/console/snapshot": DESK,
    "GET /api/console/closed": DESK,
    "GET /api/console/search": DESK,
    "GET /api/console/colleagues": DESK,
    "PUT /api/console/presence": DESK,
    "POST /api/console/offers/<offer_id>/accept": DESK,
    "POST /api/console/offers/<offer_id>/decline": DESK,
    "GET /api/console/conversations/<conversation_id>": DESK,
    "GET /api/console/conversations/<conversation_id>/entries": DESK,
    "GET /api/console/conversations/<conversation_id>/events": DESK,
    "POST /api/console/conversations/<conversation_id>/replies": DESK,
    "GET /api/console/conversations/<conversation_id>/suggestions": DESK,
    "POST /api/console/conversations/<conversation_id>/suggestions/used": DESK,
    "POST /api/console/conversations/<conversation_id>/notes": DESK,
    "POST /api/console/conversations/<conversation_id>/seen": DESK,
    "PUT /api/console/conversations/<conversation_id>/draft": DESK,
    "GET /api/console/guardrails": FLOOR,
    "GET /api/console/guardrails/help-lines": DESK,
    "GET /api/console/guardrails/table.csv": FLOOR,
    "POST /api/console/guardrails/<finding_id>/verdict": FLOOR,
    "POST /api/console/conversations/<conversation_id>/transfer": DESK,
    "POST /api/console/conversations/<conversation_id>/close": DESK,
    "GET /api/console/conversations/<conversation_id>/canned-replies": DESK,
    "GET /api/console/conversations/<conversation_id>/decisions": DESK,
    "GET /api/console/conversations/<conversation_id>/export.json": frozenset({"supervisor"}),
    "GET /api/console/conversations/<conversation_id>/export.html": frozenset({"supervisor"}),
    "GET /api/console/conversations/<conversation_id>/evidence.zip": frozenset({"supervisor"}),
    "GET /api/console/conversations/<conversation_id>/export-approvals": frozenset({"supervisor"}),
    "POST /api/console/conversations/<conversation_id>/export-approvals": frozenset({"supervisor"}),
    "GET /api/console/export-approvals": frozenset({"supervisor", "security"}),
    "POST /api/console/export-approvals/<approval_id>/decision": frozenset({"supervisor", "security"}),
    "POST /api/console/families/<guardian_id>/reveal": DESK,
    "GET /api/console/knowledge": READERS,
    "POST /api/console/pictures": DESK,
    "GET /api/console/pictures/<picture_id>": DESK,
    "GET /api/auth/sessions": STAFF,
    "POST /api/auth/sessions/<own_session_id>/end": STAFF,
    "GET /api/auth/second-factor": STAFF,
    "POST /api/auth/second-factor": STAFF,
    "POST /api/auth/second-factor/confirm": STAFF,
    "POST /api/auth/second-factor/codes": STAFF,
    "POST /api/auth/second-factor/remove": STAFF,
    # ---- accounts
    "GET /api/console/accounts": OFFICERS,
    "POST /api/console/accounts": ADMINS,
    "PUT /api/console/accounts/<staff_id>/active": ADMINS,
    "POST /api/console/accounts/<staff_id>/password": ADMINS,
    "POST /api/console/accounts/<staff_id>/sign-out": ADMINS,
    "PUT /api/console/accounts/<staff_id>/roles": frozenset({"security"}),
    "POST /api/console/accounts/<staff_id>/reset-factor": ADMINS,
    "GET /api/console/accounts/demands": OFFICERS,
    "PUT /api/console/accounts/demands": frozenset({"security"}),
    # ---- who may open what
    "GET /api/console/access": OFFICERS,
    "POST /api/console/access": frozenset({"security"}),
    "POST /api/console/access/check": frozenset({"security"}),
    "POST /api/console/access/openings/<opening_id>/review": AUDITORS,
    "GET /api/console/access/mine": DESK,
    "POST /api/console/access/mine": DESK,
    # ---- the audit
    "GET /api/console/audit": AUDITORS,
    "GET /api/console/audit/entries": AUDITORS,
    "GET /api/console/audit/entries/<number>": AUDITORS,
    "POST /api/console/audit/checks": AUDITORS,
    "GET /api/console/audit/export": AUDITORS,
    # ---- erasures and holds
    "GET /api/console/retention": frozenset({"supervisor", "security"}),
    "POST /api/console/retention/previews": frozenset({"supervisor"}),
    "POST /api/console/retention/erasures": frozenset({"supervisor"}),
    "POST /api/console/retention/erasures/<erasure_id>/allow": frozenset({"supervisor", "security"}),
    "POST /api/console/retention/erasures/<erasure_id>/refuse": frozenset({"supervisor", "security"}),
    "POST /api/console/retention/holds": frozenset({"supervisor"}),
    "POST /api/console/retention/holds/<hold_id>/lift": frozenset({"supervisor", "security"}),
    # ---- the roster
    "GET /api/console/policy": FLOOR,
    "GET /api/console/policy/versions/<version>": FLOOR,
    "POST /api/console/policy": FLOOR,
    "POST /api/console/policy/check": FLOOR,
    "POST /api/console/policy/versions/<version>/activate": FLOOR,
    "GET /api/console/sandbox/runs": frozenset({"supervisor"}),
    "GET /api/console/sandbox/runs/<run_id>": frozenset({"supervisor"}),
    "POST /api/console/sandbox/runs": frozenset({"supervisor"}),
    "POST /api/console/sandbox/runs/<run_id>/cancel": frozenset({"supervisor"}),
    "GET /api/console/staffing/assumptions": frozenset({"supervisor"}),
    "POST /api/console/staffing/assumptions": frozenset({"supervisor"}),
    "GET /api/console/staffing/week": frozenset({"supervisor"}),
    "POST /api/console/staffing/shifts": frozenset({"supervisor"}),
    "POST /api/console/staffing/shifts/<shift_id>/remove": frozenset({"supervisor"}),
    "POST /api/console/staffing/leave": frozenset({"supervisor"}),
    "POST /api/console/staffing/leave/<leave_id>/remove": frozenset({"supervisor"}),
    "POST /api/console/staffing/copy": frozenset({"supervisor"}),
    "POST /api/console/staffing/changes/<change_id>/undo": frozenset({"supervisor"}),
    "POST /api/console/staffing/proposals": frozenset({"supervisor"}),
    "POST /api/console/staffing/proposals/<proposal_id>/apply": frozenset({"supervisor"}),
    "POST /api/console/staffing/imports": frozenset({"supervisor"}),
    "GET /api/console/staffing/export": frozenset({"supervisor"}),
    "GET /api/console/staffing/mine": DESK,
    "GET /api/console/staffing/mine.ics": DESK,
    # ---- the knowledge editor
    "GET /api/console/kb/entries": EDITORS,
    "POST /api/console/kb/entries": EDITORS,
    "GET /api/console/kb/tally": EDITORS,
    "GET /api/console/kb/entries/<path:entry_id>": EDITORS,
    "PUT /api/console/kb/entries/<path:entry_id>": EDITORS,
    "GET /api/console/kb/entries/<path:entry_id>/changes": EDITORS,
    "POST /api/console/kb/review": EDITORS,
    "POST /api/console/kb/entries/<path:entry_id>/send-back": PUBLISHERS,
    "POST /api/console/kb/entries/<path:entry_id>/retire": PUBLISHERS,
    "POST /api/console/kb/entries/<path:entry_id>/roll-back": PUBLISHERS,
    "POST /api/console/kb/approve": PUBLISHERS,
    "POST /api/console/kb/publications": PUBLISHERS,
    "POST /api/console/kb/publications/alone": frozenset({"supervisor"}),
    "GET /api/console/kb/publications": EDITORS,
    "GET /api/console/kb/publications/latest": EDITORS,
    "GET /api/console/kb/publications/<publication_id>": EDITORS,
    "POST /api/console/kb/publications/<publication_id>/undo": PUBLISHERS,
    "POST /api/console/kb/publications/<publication_id>/override": frozenset({"supervisor"}),
    "POST /api/console/kb/publications/<publication_id>/withdraw": PUBLISHERS,
    "POST /api/console/kb/advice": EDITORS,
    "POST /api/console/kb/try": EDITORS,
    "POST /api/console/kb/files": EDITORS,
    "POST /api/console/kb/imports/check": EDITORS,
    "POST /api/console/kb/imports": EDITORS,
    "GET /api/console/kb/export": EDITORS,
    "GET /api/knowledge/files/<file_id>": EVERYONE,
    # ---- the review and the bot's report
    "GET /api/console/kb/review/clusters": EDITORS,
    "GET /api/console/kb/review/clusters/<cluster_id>": EDITORS,
    "POST /api/console/kb/review/collect": EDITORS,
    "POST /api/console/kb/review/clusters/<cluster_id>/entry": EDITORS,
    "POST /api/console/kb/review/clusters/<cluster_id>/similar": EDITORS,
    "POST /api/console/kb/review/clusters/<cluster_id>/judgement": EDITORS,
    "POST /api/console/kb/review/clusters/<cluster_id>/dismiss": EDITORS,
    "POST /api/console/kb/review/clusters/<cluster_id>/reopen": EDITORS,
    "GET /api/console/kb/review/judged": EDITORS,
    "GET /api/console/kb/review/judged.csv": EDITORS,
    "POST /api/console/kb/review/judged/<judged_id>/withdraw": EDITORS,
    "GET /api/console/kb/report/figures": EDITORS,
    "GET /api/console/kb/report/figures.csv": EDITORS,
    "GET /api/console/kb/report/evaluations": EDITORS,
    "GET /api/console/kb/report/evaluations/<evaluation_id>": EDITORS,
    "POST /api/console/kb/report/evaluations": EDITORS,
    # ---- the knowledge graph
    "GET /api/console/graph": EDITORS,
    "POST /api/console/graph/nodes": EDITORS,
    "PUT /api/console/graph/nodes/<node_id>": EDITORS,
    "POST /api/console/graph/nodes/<node_id>/remove": EDITORS,
    "POST /api/console/graph/edges": EDITORS,
    "POST /api/console/graph/edges/remove": EDITORS,
    # ---- the supervisor's floor
    "GET /api/console/floor": FLOOR,
    "POST /api/console/floor/queues/<queue_id>/hours": FLOOR,
    "POST /api/console/floor/queues/<queue_id>/follow": FLOOR,
    "PUT /api/console/floor/agents/<staff_id>/state": FLOOR,
    "POST /api/console/floor/notices": FLOOR,
    "POST /api/console/floor/conversations/<conversation_id>/move": FLOOR,
    "POST /api/console/floor/conversations/<conversation_id>/priority": FLOOR,
    "POST /api/console/floor/conversations/<conversation_id>/join": FLOOR,
    "POST /api/console/floor/conversations/<conversation_id>/leave": FLOOR,
    "POST /api/console/floor/conversations/<conversation_id>/whisper": FLOOR,
    "POST /api/console/floor/conversations/<conversation_id>/take-over": FLOOR,
    "POST /api/console/floor/post/<delivery_id>/replay": FLOOR,
    "GET /api/console/alerts": DESK,
    "POST /api/console/alerts/<alert_id>/acknowledge": DESK,
    "POST /api/console/notices/<notice_id>/acknowledge": DESK,
    # ---- the doctor's desk
    "GET /api/doctor/today": CLINICAL,
    "GET /api/doctor/incidents": CLINICAL,
    "GET /api/doctor/request-types": CLINICAL,
    "GET /api/doctor/requests": CLINICAL,
    "POST /api/doctor/requests": CLINICAL,
    "GET /api/doctor/requests/<request_id>": CLINICAL,
    "POST /api/doctor/requests/<request_id>/messages": CLINICAL,
    "POST /api/doctor/requests/<request_id>/read": CLINICAL,
    "POST /api/doctor/requests/<request_id>/urge": CLINICAL,
    "POST /api/doctor/requests/<request_id>/withdraw": CLINICAL,
    "POST /api/doctor/requests/<request_id>/rating": CLINICAL,
    "GET /api/doctor/pharmacy": frozenset({"pharmacist"}),
    "POST /api/doctor/pictures": CLINICAL,
    "GET /api/doctor/pictures/<picture_id>": CLINICAL,
    "GET /api/doctor/push": CLINICAL,
    "PUT /api/doctor/push": CLINICAL,
    "POST /api/doctor/push/off": CLINICAL,
    "GET /api/doctor/figures": CLINICAL,
    "GET /api/doctor/broadcasts": CLINICAL,
    "POST /api/doctor/broadcasts/preview": CLINICAL,
    "POST /api/doctor/broadcasts": CLINICAL,
    # ---- doctors' requests, at the assistants' desk
    "GET /api/console/assist/sessions": DESK,
    "POST /api/console/assist/sessions/<session_id>/calls": DESK,
    "GET /api/console/assist/<conversation_id>": DESK,
    "POST /api/console/assist/<conversation_id>/outcome": DESK,
    "GET /api/console/assist/open": frozenset({"supervisor"}),
    "GET /api/console/assist/types": frozenset({"admin"}),
    "PUT /api/console/assist/types/<key>": frozenset({"admin"}),
}

WRITES = [route for route in TABLE if not route.startswith("GET ")]
REFUSALS = frozenset({"auth.sign_in_needed", "auth.not_permitted", "auth.csrf", "visit.unknown"})


@dataclass
class Caller:
    """Someone with a browser of their own, and what their requests carry."""

    browser: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, route: str) -> TestResponse:
        """Call a route with an empty payload from somewhere on the network."""
        method, rule = route.split(" ")
        address = rule
        for part, value in (("<path:view>", "x"), ("<path:name>", "x.js"), ("<app>", "widget")):
            address = address.replace(part, value)
        steps = [step if not step.startswith("<") else "none" for step in address.split("/")]
        return self.browser.open(
            "/".join(steps),
            method=method,
            json=None if method == "GET" else {},
            headers=self.headers,
            environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
        )


def is_let_in(response: TestResponse) -> bool:
    """Tell whether the guard let a request in."""
    refused = response.is_json and response.json.get("code") in REFUSALS
    assert refused == (response.status_code in (401, 403))
    return not refused


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


@dataclass
class Callers:
    """Makes a caller of each kind."""

    app: Flask
    desk: DeskForTests

    def make(self, who: str) -> Caller:
        caller = Caller(self.app.test_client())
        if who == "visitor":
            caller.headers["Authorization"] = f"Bearer {self.desk.visit().token}"
        elif who != "stranger":
            opened = self.sign_in(who)
            caller.browser.set_cookie("caredesk_session", opened.token)
            caller.headers["X-CSRF-Token"] = opened.signed_in.csrf_token
        return caller

    def sign_in(self, role: str) -> SignInOpened:
        with self.desk.write() as work:
            new = NewStaff(login=role, name=role, roles=(role,), password_hash=PASSWORD_HASH, doctor_id="d-1")
            add_staff(work, new=new)
        with self.desk.write() as work:
            check = check_password(work.session, login=role, password=PASSWORD)
            policy = sign_in_policy(self.desk.services.settings)
            opened = sign_in(work, check=check, address="", user_agent="", policy=policy)
        assert isinstance(opened, SignInOpened)
        return opened


@pytest.fixture
def callers(app: Flask, desk: DeskForTests) -> Callers:
    return Callers(app, desk)


def routes_of(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        yield from (f"{method} {rule.rule}" for method in (rule.methods or set()) - {"HEAD", "OPTIONS"})


def with_sign_out_last() -> list[str]:
    # Whoever locks the screen is answered nothing more either, but that they may leave.
    last = ["POST /api/auth/lock", "POST /api/auth/sign-out"]
    return sorted(TABLE, key=lambda route: last.index(route) if route in last else -1)


# ---- the matrix ------------------------------------------------------------------------------------------


def test_every_route_is_in_the_table_and_no_other(app: Flask) -> None:
    assert set(routes_of(app)) == set(TABLE) | TOKEN_ONLY


@pytest.mark.parametrize("who", sorted(EVERYONE))
def test_everyone_may_call_what_the_table_says_and_nothing_else(callers: Callers, who: str) -> None:
    caller = callers.make(who)
    let_in = {route for route in with_sign_out_last() if is_let_in(caller.call(route))}
    assert let_in == {route for route, allowed in TABLE.items() if who in allowed}


def test_staff_write_nothing_without_the_csrf_token(callers: Callers) -> None:
    caller = callers.make("supervisor")
    caller.headers.clear()
    for route in WRITES:
        if TABLE[route] <= STAFF:
            assert caller.call(route).json["code"] == "auth.csrf", route


@pytest.mark.parametrize("who", ["stranger", "editor", "doctor"])
def test_the_csrf_token_alone_lets_nobody_in(callers: Callers, who: str) -> None:
    stolen = callers.make("supervisor").headers
    caller = callers.make(who)
    caller.headers.update(stolen)
    expected = "auth.sign_in_needed" if who == "stranger" else "auth.csrf"
    for route in WRITES:
        if TABLE[route] <= DESK:
            assert caller.call(route).json["code"] == expected, route


def test_pages_of_other_sites_write_nothing_whoever_reads_them(callers: Callers) -> None:
    caller = callers.make("supervisor")
    caller.headers["Sec-Fetch-Site"] = "cross-site"
    for route in WRITES:
        if not TABLE[route] <= VISITOR:
            assert caller.call(route).json["code"] == "auth.foreign_site", route


def test_a_visitors_token_counts_only_in_its_own_header(callers: Callers) -> None:
    token = callers.make("visitor").headers["Authorization"].removeprefix("Bearer ")
    stranger = callers.make("stranger")
    stranger.browser.set_cookie("caredesk_session", token)
    stranger.headers["Authorization"] = f"Basic {token}"
    let_in = {route for route in TABLE if is_let_in(stranger.call(route))}
    assert let_in == {route for route, allowed in TABLE.items() if "stranger" in allowed}


def test_a_person_with_two_roles_may_what_either_may(callers: Callers, desk: DeskForTests) -> None:
    caller = callers.make("editor")
    with desk.write() as work:
        found = check_password(work.session, login="editor", password=PASSWORD)
        staff = work.session.get_one(Staff, found.staff_id)
        staff.roles = ["editor", "doctor"]
    let_in = {route for route in with_sign_out_last() if is_let_in(caller.call(route))}
    assert let_in == {route for route, allowed in TABLE.items() if allowed & {"editor", "doctor"}}
