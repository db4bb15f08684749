"""A doctor shows what is wrong on the screen: checked, without its metadata, for the assistant and nobody else."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from caredesk.actions import pictures
from caredesk.conversations.errors import PictureNotFound
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import sign_in
from tests.fixtures.ward import Ward

PICTURES = "/api/doctor/pictures"
BROKEN = {"what": "video"}


@pytest.fixture
def ward(desk: DeskForTests, client: FlaskClient) -> Ward:
    return Ward(desk, client)


def screenshot(*, camera: str = "") -> bytes:
    buffer, image = BytesIO(), Image.new("RGB", (40, 30), "red")
    exif = image.getexif()
    if camera:
        exif[0x010F] = camera
    image.save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def upload(ward: Ward, content: bytes, *, headers: dict[str, str] | None = None) -> TestResponse:
    form = {"picture": (BytesIO(content), "screen.jpg")}
    return ward.client.post(PICTURES, data=form, headers=ward.headers if headers is None else headers)


def uploaded(ward: Ward) -> str:
    return str(upload(ward, screenshot()).json["picture_id"])


def talk(ward: Ward, request: dict[str, Any]) -> list[dict[str, Any]]:
    messages = ward.client.get(f"/api/doctor/requests/{request['id']}").json["messages"]
    return [one["body"] for one in messages if one["body"]["kind"] != "notice"]


def test_a_screenshot_comes_with_the_request_and_the_assistant_sees_it_in_the_talk(
    desk: DeskForTests, ward: Ward
) -> None:
    assistant = desk.add_agent("xu", queues=[ward.queue])
    picture = uploaded(ward)
    request = ward.ask("system_trouble", form=BROKEN, pictures=[picture, picture]).json
    assert [body["kind"] for body in talk(ward, request)] == ["text", "picture"]
    desk.run_jobs()
    desk.accept(assistant)
    with desk.read() as session:
        assert pictures.picture_for_staff(session, picture_id=picture, who=desk.as_agent(assistant)).id == picture
    assert ward.client.get(f"{PICTURES}/{picture}", follow_redirects=True).mimetype == "image/jpeg"


def test_a_picture_is_shown_later_too_and_a_repeat_shows_it_once(ward: Ward) -> None:
    request = ward.ask("system_trouble", form=BROKEN).json
    picture = uploaded(ward)
    for _ in range(2):
        said = ward.do(request, "messages", client_key="shown-000001", picture_id=picture)
        assert said.json["body"] == {"kind": "picture", "picture_id": picture, "width": 40, "height": 30}
    assert [body["kind"] for body in talk(ward, request)] == ["text", "picture"]
    assert ward.do(request, "messages", client_key="empty-000001").json["code"] == "message.empty"


def test_nothing_but_the_pixels_is_kept(ward: Ward) -> None:
    answer = upload(ward, screenshot(camera="a telephone"))
    shown = ward.client.get(f"{PICTURES}/{answer.json['picture_id']}", follow_redirects=True)
    assert b"a telephone" not in shown.data
    assert dict(Image.open(BytesIO(shown.data)).getexif()) == {}
    assert shown.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"%PDF-1.7", screenshot()[:200]])
def test_what_is_no_picture_is_refused(ward: Ward, content: bytes) -> None:
    answer = upload(ward, content)
    assert (answer.status_code, answer.json["code"]) == (400, "picture.refused")


def test_more_pictures_than_the_type_takes_are_refused_and_nothing_is_asked(ward: Ward) -> None:
    many = [uploaded(ward) for _ in range(4)]
    refused = ward.ask("system_trouble", form=BROKEN, pictures=many)
    assert (refused.status_code, refused.json["fields"]) == (400, {"limit": 3})
    assert ward.ask("free_text", form={"text": "请帮忙"}, pictures=many[:1]).json["fields"] == {"limit": 0}
    assert ward.client.get("/api/doctor/requests").json["requests"] == []


def test_another_doctors_picture_is_neither_shown_nor_sent(desk: DeskForTests, ward: Ward) -> None:
    picture = uploaded(ward)
    request = ward.ask("system_trouble", form=BROKEN).json
    other = desk.add_staff("zhou", roles=("doctor",), doctor_id="zhou")
    ward.headers = sign_in(desk, ward.client, staff_id=other)
    assert ward.client.get(f"{PICTURES}/{picture}").status_code == 404
    assert ward.ask("system_trouble", form=BROKEN, pictures=[picture]).status_code == 404
    assert ward.do(request, "messages", client_key="shown-000001", picture_id=picture).status_code == 404
    with desk.read() as session, pytest.raises(PictureNotFound):
        pictures.picture_for_staff(session, picture_id=picture, who=desk.as_agent(other))


def test_without_the_csrf_token_nothing_is_uploaded(ward: Ward) -> None:
    assert upload(ward, screenshot(), headers={}).status_code == 403
