"""Staff sign in by the hospital's provider of identities: who has an account, by a token that is the provider's own."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask.testing import FlaskClient
from jwt.utils import base64url_encode

from caredesk.accounts.models import FactorDemand
from caredesk.application import create_app
from caredesk.audit import queries as audit_queries
from caredesk.edge.services import Services
from caredesk.infra.oidc import OpenId
from tests.fixtures.desk import MONDAY_MORNING, DeskForTests
from tests.fixtures.oidc import CLIENT, SECRET, IdentityProvider, Signer, key_of, signed_by

NOW = int(MONDAY_MORNING.timestamp())
OIDC = "/api/auth/oidc"


@pytest.fixture
def services(services: Services, identity_provider: IdentityProvider) -> Services:
    identity_provider.now = NOW
    claim = {"claim": "preferred_username", "clock": services.clock, "reach": "loopback"}
    return replace(services, sign_on=OpenId(identity_provider.url, client_id=CLIENT, secret=SECRET, **claim))


@pytest.fixture
def web(services: Services) -> FlaskClient:
    return create_app(services).test_client()


@pytest.fixture
def agent(desk: DeskForTests) -> str:
    return desk.add_staff("lin")


Come = Callable[..., str]


@pytest.fixture
def come(web: FlaskClient, identity_provider: IdentityProvider) -> Come:
    """Goes to the provider and comes back; returns where one is led then."""

    def came(login: str = "Lin", **changes: str) -> str:
        door = web.get(f"{OIDC}/door").location
        return back(web, {**identity_provider.agree(door, login=login), **changes})

    return came


def back(web: FlaskClient, brought: dict[str, str]) -> str:
    return str(web.get(f"{OIDC}/callback", query_string=brought).location)


def refusals(desk: DeskForTests) -> list[tuple[str, str]]:
    with desk.read() as session:
        entries = list(audit_queries.stream_entries(session))
    return [(one.subject, one.why) for one in entries if one.deed == "sign_in.refused"]


# ---- who comes -------------------------------------------------------------------------------------------


def test_who_has_an_account_comes_in_with_their_own_roles_and_no_others(
    desk: DeskForTests, web: FlaskClient, come: Come, agent: str, identity_provider: IdentityProvider
) -> None:
    identity_provider.says = {"roles": ["supervisor"], "groups": ["admin"]}
    assert come() == "/console"
    me = web.get("/api/auth/me").json
    assert (me["staff_id"], me["roles"]) == (agent, ["agent"])
    assert refusals(desk) == []


def test_a_doctor_is_led_to_their_own_desk(desk: DeskForTests, come: Come) -> None:
    desk.add_staff("chen", roles=("doctor",), doctor_id="d-1")
    assert come("chen") == "/doctor"


@pytest.mark.parametrize("login", ["nobody", "gone", "boss", "nothing", "x" * 80])
def test_nobody_else_comes_and_no_account_is_made(desk: DeskForTests, web: FlaskClient, come: Come, login: str) -> None:
    desk.add_staff("gone", active=False)
    desk.add_staff("boss", roles=("security",))
    desk.add_staff("nothing", roles=())
    assert come(login) == "/console/sign-in#oidc=account"
    assert web.get("/api/auth/me").status_code == 401
    assert [why for _, why in refusals(desk)] == ["oidc_account"]


def test_whose_sign_in_takes_two_steps_comes_only_when_the_provider_asked_for_two(
    desk: DeskForTests, come: Come, agent: str, identity_provider: IdentityProvider
) -> None:
    with desk.write() as work:
        work.session.add(FactorDemand(role="agent", since=work.now - timedelta(days=30), grace_days=0))
    assert come() == "/console/sign-in#oidc=two_steps"
    identity_provider.says = {"amr": ["pwd", "mfa"]}
    assert come() == "/console"


def test_an_address_of_mail_counts_only_when_it_was_verified(
    services: Services, desk: DeskForTests, identity_provider: IdentityProvider
) -> None:
    desk.add_staff("lin@hospital.example")
    assert isinstance(services.sign_on, OpenId)
    web = create_app(replace(services, sign_on=replace(services.sign_on, claim="email"))).test_client()
    refused = "/console/sign-in#oidc=account"
    for verified, led in ((False, refused), ("true", refused), (True, "/console")):
        identity_provider.says = {"email": "lin@hospital.example", "email_verified": verified}
        assert back(web, identity_provider.agree(web.get(f"{OIDC}/door").location, login="x")) == led


# ---- what is not the provider's --------------------------------------------------------------------------


def unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, None, algorithm="none", headers={"kid": "own"})


def by_the_public_key_as_a_secret(claims: dict[str, Any]) -> str:
    public = key_of("own").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, body, _ = jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": "own"}).split(".")
    signature = hmac.new(public, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{base64url_encode(signature).decode()}"


@pytest.mark.parametrize(
    "sign",
    [
        pytest.param(signed_by("another"), id="another key under its name"),
        pytest.param(signed_by("own", kid="unknown"), id="a key that nobody knows"),
        pytest.param(unsigned, id="no signature"),
        pytest.param(by_the_public_key_as_a_secret, id="its public key as a shared secret"),
        pytest.param(lambda _claims: "not.a.token", id="no token at all"),
    ],
)
@pytest.mark.usefixtures("agent")
def test_a_token_that_is_not_signed_by_the_provider_opens_nothing(
    desk: DeskForTests, come: Come, identity_provider: IdentityProvider, sign: Signer
) -> None:
    identity_provider.sign = sign
    assert come() == "/console/sign-in#oidc=token"
    assert refusals(desk) == [("staff:", "oidc_token")]


@pytest.mark.parametrize(
    "says",
    [
        {"nonce": "somebody-elses"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another-client"]},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"iss": "https://another.example"},
        {"exp": NOW - 31},
        {"exp": None},
        {"iat": NOW - 601},
        {"iat": NOW + 31},
        {"iat": True},
        {"sub": None},
    ],
    ids=str,
)
@pytest.mark.usefixtures("agent")
def test_a_token_for_another_time_place_or_sign_in_opens_nothing(
    come: Come, identity_provider: IdentityProvider, says: dict[str, Any]
) -> None:
    identity_provider.says = says
    assert come() == "/console/sign-in#oidc=token"


@pytest.mark.usefixtures("agent")
def test_a_code_is_good_once_and_only_in_the_browser_that_asked(
    services: Services, web: FlaskClient, come: Come, identity_provider: IdentityProvider
) -> None:
    assert come(state="made-up") == "/console/sign-in#oidc=state"
    assert come(code="made-up") == "/console/sign-in#oidc=code"
    brought = identity_provider.agree(web.get(f"{OIDC}/door").location, login="lin")
    assert back(create_app(services).test_client(), brought) == "/console/sign-in#oidc=state"
    state = web.get_cookie("caredesk_oidc")
    assert state is not None
    assert back(web, brought) == "/console"
    assert back(web, brought) == "/console/sign-in#oidc=state"
    web.set_cookie("caredesk_oidc", state.value)
    assert back(web, brought) == "/console/sign-in#oidc=code"


@pytest.mark.usefixtures("agent")
def test_a_code_is_good_only_with_the_word_that_asked_for_it(
    web: FlaskClient, identity_provider: IdentityProvider
) -> None:
    brought = identity_provider.agree(web.get(f"{OIDC}/door").location, login="lin")
    cookie = web.get_cookie("caredesk_oidc")
    assert cookie is not None
    state, nonce, _ = cookie.value.split(".")
    web.set_cookie("caredesk_oidc", f"{state}.{nonce}.another-verifier")
    assert back(web, brought) == "/console/sign-in#oidc=code"


# ---- the provider itself ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://another.example"},
        {"code_challenge_methods_supported": ["plain"]},
        {"authorization_endpoint": 7},
        {"jwks_uri": "http://169.254.169.254/keys"},
        {"jwks_uri": "file:///etc/passwd"},
    ],
    ids=str,
)
def test_a_provider_that_says_something_wrong_of_itself_is_not_used(
    web: FlaskClient, identity_provider: IdentityProvider, document: dict[str, Any]
) -> None:
    identity_provider.document = document
    assert web.get(f"{OIDC}/door").location == "/console/sign-in#oidc=provider"


def test_while_the_provider_does_not_answer_people_are_told_so(
    web: FlaskClient, come: Come, agent: str, identity_provider: IdentityProvider
) -> None:
    identity_provider.is_down = True
    assert web.get(f"{OIDC}/door").location == "/console/sign-in#oidc=provider"
    identity_provider.is_down = False
    brought = identity_provider.agree(web.get(f"{OIDC}/door").location, login="lin")
    identity_provider.is_down = True
    assert back(web, brought) == "/console/sign-in#oidc=provider"


def test_an_address_of_this_machine_is_reached_only_when_it_is_allowed(services: Services) -> None:
    assert isinstance(services.sign_on, OpenId)
    web = create_app(replace(services, sign_on=replace(services.sign_on, reach="public"))).test_client()
    assert web.get(f"{OIDC}/door").location == "/console/sign-in#oidc=provider"


@pytest.mark.usefixtures("agent")
def test_who_came_by_the_provider_is_signed_out_there_too(
    web: FlaskClient, come: Come, identity_provider: IdentityProvider
) -> None:
    assert web.get(f"{OIDC}/sign-out").location == "/console/sign-in"
    come()
    where = urlsplit(web.get(f"{OIDC}/sign-out").location)
    assert where.path == "/bye" and f"http://{where.netloc}" == identity_provider.url
    assert parse_qs(where.query)["post_logout_redirect_uri"] == ["http://localhost/console/sign-in"]
    assert web.get(f"{OIDC}/sign-out").location == "/console/sign-in"


def test_without_a_provider_nobody_is_led_anywhere(services: Services) -> None:
    web = create_app(replace(services, sign_on=None)).test_client()
    assert web.get(OIDC).json == {"offered": False}
    assert web.get(f"{OIDC}/door").json["code"] == "auth.no_oidc"
