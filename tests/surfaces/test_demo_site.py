"""The stand-in for a hospital's website: there for a demo, absent from a real desk."""

from __future__ import annotations

import re

import jwt
from flask.testing import FlaskClient

from caredesk.conversations import house_queries
from caredesk.edge.identity import external_id_of
from caredesk.patients.models import Guardian
from tests.fixtures.desk import DeskForTests


def set_up_hospital(desk: DeskForTests, *, demo: bool) -> None:
    with desk.write() as work:
        house_queries.put_hospital(
            work.session, name="童康", name_en="Tongkang", hotline="400", emergency_phone="120", demo=demo
        )
        work.session.add(Guardian(id="g1", external_id="G1", name="王丽娟", phone="13800000001"))


def test_a_real_hospitals_desk_has_no_demo_site(desk: DeskForTests, client: FlaskClient) -> None:
    set_up_hospital(desk, demo=False)
    assert client.get("/demo").status_code == 404
    assert client.get("/demo/site.css").status_code == 404


def test_the_demo_site_vouches_for_an_invented_family(desk: DeskForTests, client: FlaskClient) -> None:
    set_up_hospital(desk, demo=True)
    page = client.get("/demo?family=G1").text
    found = re.search(r'data-identity="([^"]+)"', page)
    assert found is not None
    assert external_id_of(desk.services, identity=found.group(1)) == "G1"


def test_the_anonymous_site_carries_no_identity(desk: DeskForTests, client: FlaskClient) -> None:
    set_up_hospital(desk, demo=True)
    assert "data-identity" not in client.get("/demo?family=<script>").text


def test_an_identity_by_another_secret_or_too_old_is_refused(desk: DeskForTests, client: FlaskClient) -> None:
    set_up_hospital(desk, demo=True)
    now = int(desk.clock.now().timestamp())
    secret = desk.services.identity_secret
    claims = {"sub": "G1", "aud": "caredesk", "iat": now, "exp": now + 300}
    for refused in (
        jwt.encode(claims, "another-secret-of-thirty-two-bytes!!", algorithm="HS256"),
        jwt.encode({**claims, "exp": now - 60, "iat": now - 300}, secret, algorithm="HS256"),
        jwt.encode({**claims, "exp": now + 86_400}, secret, algorithm="HS256"),
        jwt.encode({**claims, "aud": "another"}, secret, algorithm="HS256"),
        "not.a.token",
    ):
        answer = client.post("/api/chat/visit", json={"identity": refused})
        assert (answer.status_code, answer.get_json()["code"]) == (400, "identity.refused")


def test_a_vouched_family_sees_its_own_appointments_and_parcels(desk: DeskForTests, client: FlaskClient) -> None:
    set_up_hospital(desk, demo=True)
    now = int(desk.clock.now().timestamp())
    claims = {"sub": "G1", "aud": "caredesk", "iat": now, "exp": now + 300}
    identity = jwt.encode(claims, desk.services.identity_secret, algorithm="HS256")
    family = client.post("/api/chat/visit", json={"identity": identity}).get_json()["family"]
    assert family["greeting_name"] == "王**"
    assert family["appointments"] == []
