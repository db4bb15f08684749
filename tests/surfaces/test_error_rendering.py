"""What a caller sees when something is wrong, and what the log keeps of it. Routes of our own raise every kind."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Annotated, Literal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from flask_openapi3 import OpenAPI
from pydantic import BaseModel, Field
from werkzeug.test import TestResponse

from caredesk.accounts.rules import Permission
from caredesk.core.errors import Conflict, TooMany
from caredesk.edge.errors import register_errors, render_malformed
from caredesk.edge.guards import open_to_all, staff_guard
from caredesk.edge.respond import answer, attach_services
from caredesk.events.shapes import Shape
from caredesk.infra.profiles import build_services
from caredesk.settings import Settings

SECRET = "宝宝发烧三十九度"


class Stale(Conflict):
    code = "conversation.stale_view"


class Words(Shape):
    kind: Literal["words"]
    text: str = Field(max_length=20)


class Number(Shape):
    kind: Literal["number"]
    value: int


class Posted(Shape):
    body: Annotated[Words | Number, Field(discriminator="kind")]
    tags: dict[str, int] = Field(default={})


class Item(BaseModel):
    item: str = Field(max_length=8)


class Page(BaseModel):
    limit: int = Field(default=10, ge=1, le=50)
    tag: list[str] = []


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = OpenAPI("example", doc_ui=False, validation_error_callback=render_malformed, static_folder=None)
    services = build_services(Settings(data_dir=tmp_path))
    attach_services(app, services=services)
    register_errors(app)
    app.config["MAX_CONTENT_LENGTH"] = 1000
    _add_routes(app)
    yield app
    services.store.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def _add_routes(app: OpenAPI) -> None:
    anyone = open_to_all(reason="an example")

    @app.post("/api/post")
    @anyone
    def post(body: Posted) -> ResponseReturnValue:
        return answer(body)

    @app.get("/api/items/<item>")
    @anyone
    def item(path: Item, query: Page) -> ResponseReturnValue:
        return {"item": path.item, "limit": query.limit, "tag": query.tag}

    @app.post("/api/private")
    @staff_guard(Permission.WORK)
    def private(body: Posted) -> ResponseReturnValue:
        return answer(body)

    @app.get("/api/stale")
    @anyone
    def stale() -> ResponseReturnValue:
        raise Stale(head=7)

    @app.get("/api/often")
    @anyone
    def often() -> ResponseReturnValue:
        raise TooMany(rule="search", retry_after=12)

    @app.get("/api/broken")
    @anyone
    def broken() -> ResponseReturnValue:
        try:
            int(SECRET)
        except ValueError as error:
            raise KeyError(SECRET) from error
        return ""

    @app.get("/broken-page")
    @anyone
    def broken_page() -> ResponseReturnValue:
        raise AttributeError("no attribute of that name")


def error_of(response: TestResponse) -> tuple[int, str, dict[str, object]]:
    shown = json.loads(response.text)
    assert set(shown) == {"code", "fields", "request_id"}
    assert shown["request_id"] == response.headers["X-Request-Id"]
    return response.status_code, shown["code"], shown["fields"]


# ---- expected errors -------------------------------------------------------------------------------------


def test_an_expected_error_shows_its_code_and_fields(client: FlaskClient) -> None:
    assert error_of(client.get("/api/stale")) == (409, "conversation.stale_view", {"head": 7})


def test_too_many_says_when_to_come_back_in_the_header_too(client: FlaskClient) -> None:
    response = client.get("/api/often")
    assert error_of(response) == (429, "rate.limited", {"rule": "search", "retry_after": 12})
    assert response.headers["Retry-After"] == "12"


def test_expected_errors_are_not_logged(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/api/stale")
    client.get("/api/nowhere")
    client.post("/api/post", json={})
    assert caplog.records == []


# ---- what the framework refuses --------------------------------------------------------------------------


def test_an_unknown_address_of_the_api_answers_in_json(client: FlaskClient) -> None:
    response = client.get("/api/nowhere", headers={"Accept": "text/html"})
    assert error_of(response) == (404, "desk.not_found", {})


def test_an_unknown_page_answers_with_a_page(client: FlaskClient) -> None:
    response = client.get("/nowhere", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (response.status_code, response.mimetype) == (404, "text/html")
    assert "没有这个页面" in response.text


def test_a_program_that_asks_for_an_unknown_page_gets_json(client: FlaskClient) -> None:
    assert error_of(client.get("/nowhere")) == (404, "desk.not_found", {})


def test_a_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    response = client.delete("/api/post")
    assert error_of(response) == (405, "desk.method_not_allowed", {})
    assert "POST" in response.headers["Allow"]


def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    response = client.post("/api/post", data="x" * 1001, content_type="application/json")
    assert error_of(response) == (413, "input.too_large", {})


def test_a_body_without_a_length_is_refused_beyond_the_limit_too(client: FlaskClient) -> None:
    environ = {"wsgi.input": BytesIO(b"x" * 1001), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    response = client.post("/api/post", content_type="application/json", environ_overrides=environ)
    assert error_of(response) == (413, "input.too_large", {})


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_that_is_not_json_is_refused(client: FlaskClient, media_type: str) -> None:
    response = client.post("/api/post", data=b"{}", content_type=media_type)
    assert error_of(response) == (415, "input.media_type", {})


# ---- malformed payloads ----------------------------------------------------------------------------------

GOOD = {"body": {"kind": "words", "text": "您好"}}


def test_a_good_payload_passes(client: FlaskClient) -> None:
    assert client.post("/api/post", json=GOOD).json == {**GOOD, "tags": {}}


@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        ({}, {"body.body": "missing"}),
        ([], {"body": "model_type"}),
        ({"body": {"kind": SECRET}}, {"body.body": "union_tag_invalid"}),
        ({"body": {"kind": "words", "text": SECRET * 5}}, {"body.body.words.text": "string_too_long"}),
        ({"body": {"kind": "number", "value": SECRET}}, {"body.body.number.value": "int_parsing"}),
        ({**GOOD, SECRET: 1}, {"body.*": "extra_forbidden"}),
        ({**GOOD, "tags": {SECRET: "x"}}, {"body.tags.*": "int_parsing"}),
        ({"body": {"kind": "words"}, "tags": 1}, {"body.body.words.text": "missing", "body.tags": "dict_type"}),
    ],
)
def test_a_malformed_payload_is_told_where_and_how_and_hears_nothing_of_itself(
    client: FlaskClient, payload: object, fields: dict[str, str]
) -> None:
    response = client.post("/api/post", json=payload)
    assert error_of(response) == (422, "input.malformed", fields)
    assert SECRET not in response.text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"NaN",
        b'"text"',
        b"[" * 900,
        b'{"body":' * 100,
        b'{"body": {"kind": "words", "text": "\xff\xfe"}}',
        rb'{"body": {"kind": "words", "text": "\ud800"}}',
        rb'{"body": {"kind": "words", "text": "a\u0000b"}}',
        b'{"body": {"kind": "words", "text": "a\x00b"}}',
    ],
)
def test_what_cannot_be_read_or_stored_is_malformed(client: FlaskClient, raw: bytes) -> None:
    status, code, _ = error_of(client.post("/api/post", data=raw, content_type="application/json"))
    assert (status, code) == (422, "input.malformed")


def test_words_about_a_nul_character_are_no_nul_character(client: FlaskClient) -> None:
    payload = {"body": {"kind": "words", "text": "the code \\u0000"}}
    assert client.post("/api/post", json=payload).status_code == 200


def test_emoji_and_right_to_left_words_pass_unchanged(client: FlaskClient) -> None:
    payload = {"body": {"kind": "words", "text": "👩‍👧 \u202eשלום\u202c <b>"}}
    assert client.post("/api/post", json=payload).json == {**payload, "tags": {}}


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/api/items/123456789", {"path.item": "string_too_long"}),
        ("/api/items/1?limit=0", {"query.limit": "greater_than_equal"}),
        ("/api/items/1?limit=many", {"query.limit": "int_parsing"}),
        ("/api/items/a%00b", {"address": "nul_character"}),
        ("/api/items/1?tag=a%00b", {"address": "nul_character"}),
    ],
)
def test_addresses_are_checked_like_bodies(client: FlaskClient, address: str, fields: dict[str, str]) -> None:
    assert error_of(client.get(address)) == (422, "input.malformed", fields)


def test_a_list_in_the_address_arrives_whole(client: FlaskClient) -> None:
    shown = client.get("/api/items/1?limit=5&tag=a&tag=b&other=x").json
    assert shown == {"item": "1", "limit": 5, "tag": ["a", "b"]}


def test_a_stranger_is_not_told_what_a_route_expects(client: FlaskClient) -> None:
    assert error_of(client.post("/api/private", json={"wrong": 1})) == (401, "auth.sign_in_needed", {})


# ---- faults ----------------------------------------------------------------------------------------------


def test_a_fault_names_the_request_and_nothing_else(client: FlaskClient) -> None:
    response = client.get("/api/broken")
    assert error_of(response) == (500, "desk.fault", {})
    assert "KeyError" not in response.text


def test_a_fault_is_logged_once_with_its_traceback_and_without_what_people_wrote(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    response = client.get("/api/broken", headers={"X-Request-Id": "proxy-00000001"})
    assert response.headers["X-Request-Id"] == "proxy-00000001"
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.__dict__["request_id"] == "proxy-00000001"
    assert record.__dict__["rule"] == "/api/broken"
    logged = logging.Formatter().format(record)
    assert "test_error_rendering.py" in logged
    assert "ValueError" in logged
    assert "KeyError" in logged
    assert SECRET not in logged


def test_a_message_about_code_is_kept_in_the_log(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    response = client.get("/broken-page", headers={"Accept": "text/html"})
    assert (response.status_code, response.mimetype) == (500, "text/html")
    assert response.headers["X-Request-Id"] in response.text
    assert "no attribute of that name" in caplog.text


# ---- names of requests -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["short", "a" * 65, "with space in it", "<script>alert</script>", "编号编号编号"])
def test_a_strange_request_id_is_replaced(client: FlaskClient, name: str) -> None:
    response = client.get("/api/stale", headers={"X-Request-Id": name})
    assert len(response.headers["X-Request-Id"]) == 36
    assert response.headers["X-Request-Id"] != name


def test_every_request_has_a_name_of_its_own(client: FlaskClient) -> None:
    names = {client.get("/api/stale").headers["X-Request-Id"] for _ in range(3)}
    assert len(names) == 3
