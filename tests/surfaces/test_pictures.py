"""Pictures as browsers send and see them: checked at the door, and served so that they can only be looked at."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image, ImageChops
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from caredesk.actions import chat
from caredesk.actions.pictures import keep_bytes, store_picture
from caredesk.application import create_app
from caredesk.audit.models import AuditEntry
from caredesk.conversations.pictures import checked_picture
from caredesk.core.ids import new_id
from caredesk.core.work import Actor
from caredesk.edge.services import Services
from tests.fixtures.desk import DeskForTests, with_settings
from tests.fixtures.records import bearer, sign_in

CHAT, CONSOLE = "/api/chat/pictures", "/api/console/pictures"


def png(size: tuple[int, int] = (40, 30)) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, "red").save(buffer, "PNG")
    return buffer.getvalue()


def upload(browser: FlaskClient, url: str, content: bytes, *, field: str = "picture", **options: Any) -> TestResponse:
    # The name and the type that a browser claims mean nothing; here they lie.
    data = {field: (BytesIO(content), "../../evil.html", "text/html")}
    return browser.post(url, data=data, content_type="multipart/form-data", **options)


@pytest.fixture
def visitor(desk: DeskForTests) -> tuple[str, dict[str, Any]]:
    opened = desk.visit()
    return opened.visitor.id, bearer(opened.token)


def test_a_visitor_uploads_sends_and_sees_a_picture(
    desk: DeskForTests, client: FlaskClient, visitor: tuple[str, dict[str, Any]]
) -> None:
    _, headers = visitor

    uploaded = upload(client, CHAT, png(), headers=headers)
    picture_id = uploaded.json["picture_id"]
    body = {"kind": "picture", "picture_id": picture_id}
    sent = client.post("/api/chat/messages", json={"client_key": desk.key(), "body": body}, headers=headers)
    shown = client.get(f"{CHAT}/{picture_id}", headers=headers)

    assert uploaded.status_code == 200 and uploaded.json == {"picture_id": picture_id, "width": 40, "height": 30}
    assert sent.json["message"]["body"] == {**body, "width": 40, "height": 30}
    assert Image.open(BytesIO(shown.data)).size == (40, 30)


def test_a_picture_can_only_be_looked_at(client: FlaskClient, visitor: tuple[str, dict[str, Any]]) -> None:
    _, headers = visitor
    picture_id = upload(client, CHAT, png(), headers=headers).json["picture_id"]

    shown = client.get(f"{CHAT}/{picture_id}", headers=headers)

    assert shown.mimetype == "image/png"
    assert shown.headers["Content-Disposition"] == "inline"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert shown.headers["Cache-Control"] == "private, no-store"


def test_staff_see_a_picture_once_it_is_sent_to_their_queue(
    desk: DeskForTests, client: FlaskClient, services: Services
) -> None:
    queue_id = desk.add_queue()
    lin, zhao = desk.add_agent("lin", queues=[queue_id]), desk.add_agent("zhao", queues=[])
    opened = desk.visit()
    headers = bearer(opened.token)
    picture_id = upload(client, CHAT, png(), headers=headers).json["picture_id"]
    body = {"kind": "picture", "picture_id": picture_id}
    browsers = {staff_id: create_app(services).test_client() for staff_id in (lin, zhao)}
    for staff_id, browser in browsers.items():
        sign_in(desk, browser, staff_id=staff_id)

    before = browsers[lin].get(f"{CONSOLE}/{picture_id}").status_code
    client.post("/api/chat/messages", json={"client_key": desk.key(), "body": body}, headers=headers)
    desk.ask_for_person(opened.visitor.id)

    assert before == 404
    assert browsers[lin].get(f"{CONSOLE}/{picture_id}", follow_redirects=True).mimetype == "image/png"
    assert browsers[zhao].get(f"{CONSOLE}/{picture_id}").status_code == 404


def test_an_agents_upload_needs_the_csrf_token(desk: DeskForTests, client: FlaskClient) -> None:
    headers = sign_in(desk, client, staff_id=desk.add_agent("lin", queues=[]))

    without = upload(client, CONSOLE, png())
    given = upload(client, CONSOLE, png(), headers=headers)

    assert (without.status_code, without.json["code"]) == (403, "auth.csrf")
    assert given.status_code == 200
    assert client.get(f"{CONSOLE}/{given.json['picture_id']}", follow_redirects=True).status_code == 200


def test_strangers_neither_upload_nor_see(desk: DeskForTests, client: FlaskClient) -> None:
    doctor = create_app(desk.services).test_client()
    headers = sign_in(desk, doctor, staff_id=desk.add_staff("doc", roles=("doctor",)))

    for url in (CHAT, CONSOLE):
        assert upload(client, url, png()).status_code == 401
        assert client.get(f"{url}/0").status_code == 401
    assert upload(doctor, CONSOLE, png(), headers=headers).status_code == 403
    assert doctor.get(f"{CONSOLE}/0").status_code == 403


def test_what_is_no_picture_is_refused_and_nothing_is_kept(
    client: FlaskClient, services: Services, visitor: tuple[str, dict[str, Any]]
) -> None:
    _, headers = visitor

    page = upload(client, CHAT, b"<html><script>alert(1)</script></html>", headers=headers)
    half = upload(client, CHAT, png((300, 300))[:200], headers=headers)
    nothing = client.post(CHAT, headers=headers)
    other_field = upload(client, CHAT, png(), field="file", headers=headers)

    assert (page.status_code, page.json["code"], page.json["fields"]["reason"]) == (400, "picture.refused", "type")
    assert (half.status_code, half.json["fields"]["reason"]) == (400, "broken")
    assert nothing.status_code in (415, 422)
    assert (other_field.status_code, other_field.json["code"]) == (422, "input.malformed")
    assert not (services.settings.data_dir / "files").exists()


def test_an_upload_whose_row_cannot_be_written_leaves_no_bytes(
    desk: DeskForTests, client: FlaskClient, visitor: tuple[str, dict[str, Any]]
) -> None:
    _, headers = visitor
    with desk.write() as work:
        work.session.execute(text("ALTER TABLE picture RENAME TO picture_away"))

    assert upload(client, CHAT, png(), headers=headers).status_code == 500

    assert [path for path in (desk.services.settings.data_dir / "files").rglob("*") if path.is_file()] == []


def test_a_picture_that_is_too_large_is_refused_before_it_is_read_whole(desk: DeskForTests) -> None:
    small = with_settings(desk.services, picture_bytes=10_000, request_bytes=20_000)
    browser = create_app(small).test_client()
    headers = bearer(desk.visit().token)

    too_large = upload(browser, CHAT, png() + b"\0" * 10_000, headers=headers)
    far_too_large = upload(browser, CHAT, b"\0" * 30_000, headers=headers)

    assert (too_large.status_code, too_large.json["fields"]["reason"]) == (400, "size")
    assert (far_too_large.status_code, far_too_large.json["code"]) == (413, "input.too_large")


# ---- what staff are shown --------------------------------------------------------------------------------


class Shown:
    """A picture in a conversation, and two people who may see it, each in a browser of their own."""

    def __init__(self, desk: DeskForTests, services: Services) -> None:
        self.desk = desk
        visitor_id, agent, _ = desk.served_conversation()
        supervisor = desk.add_staff("super", roles=["supervisor"])
        kept = checked_picture(png((400, 300)), limit_bytes=100_000)
        self.id = keep_bytes(services.files, picture=kept)
        with desk.write(actor=Actor(kind="visitor", id=visitor_id)) as work:
            store_picture(work, picture_id=self.id, picture=kept)
        with desk.write() as work:
            content = chat.PictureOf(picture_id=self.id)
            chat.post_message(work, visitor_id=visitor_id, client_key=desk.key(), content=content, limit=100)
        self.agent, self.other = (create_app(services).test_client() for _ in range(2))
        sign_in(desk, self.agent, staff_id=agent)
        sign_in(desk, self.other, staff_id=supervisor)

    def link(self, browser: FlaskClient, *, small: bool = False) -> str:
        answer = browser.get(f"{CONSOLE}/{self.id}", query_string={"small": "true"} if small else {})
        assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
        return answer.headers["Location"]

    def opened(self) -> list[str]:
        with self.desk.read() as session:
            query = select(AuditEntry.subject).where(AuditEntry.deed == "picture.opened")
            return list(session.scalars(query))


@pytest.fixture
def shown(desk: DeskForTests, services: Services) -> Shown:
    return Shown(desk, services)


def test_staff_see_a_picture_with_their_login_and_the_time_in_it(shown: Shown) -> None:
    plain = Image.new("RGB", (400, 300), "red")

    seen = [shown.agent.get(shown.link(shown.agent)), shown.other.get(shown.link(shown.other))]
    first, second = (Image.open(BytesIO(one.data)).convert("RGB") for one in seen)
    shown.desk.clock.advance(minutes=1)
    later = Image.open(BytesIO(shown.agent.get(shown.link(shown.agent)).data)).convert("RGB")

    assert [one.headers["Cache-Control"] for one in seen] == ["private, no-store"] * 2
    assert seen[0].headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert first.size == plain.size
    images = (plain, first, second, later)
    assert all(ImageChops.difference(a, b).getbbox() for n, a in enumerate(images) for b in images[n + 1 :])


def test_a_link_is_good_for_its_session_its_picture_and_two_minutes(shown: Shown) -> None:
    link = shown.link(shown.agent)
    assert shown.agent.get(link).status_code == 200
    bent = [link.replace("small=false", "small=true"), link.replace(shown.id, new_id()), link[:-1] + "x"]
    for address in bent:
        assert shown.agent.get(address).json["code"] == "picture.not_found"

    assert shown.other.get(link).json["code"] == "picture.not_found"
    assert create_app(shown.desk.services).test_client().get(link).status_code == 401

    shown.desk.clock.advance(seconds=121)
    assert shown.agent.get(link).json["code"] == "picture.not_found"
    assert shown.agent.get(shown.link(shown.agent)).status_code == 200


def test_opening_a_picture_is_on_the_record_and_its_small_form_in_the_timeline_is_not(shown: Shown) -> None:
    small = shown.agent.get(shown.link(shown.agent, small=True))
    assert small.status_code == 200 and shown.opened() == []
    shown.agent.get(shown.link(shown.agent))
    assert shown.opened() == [f"picture:{shown.id}"]


def test_a_picture_that_was_exchanged_on_the_disk_is_shown_to_nobody(shown: Shown) -> None:
    folder = shown.desk.services.settings.data_dir / "files"
    (path,) = (one for one in folder.rglob("*") if one.is_file())
    path.write_bytes(png((400, 300)) + b"another")
    assert shown.agent.get(shown.link(shown.agent)).json["code"] == "files.unreadable"
