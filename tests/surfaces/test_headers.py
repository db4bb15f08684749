"""Security headers per surface, and how the built front end is served."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from caredesk.application import create_app
from caredesk.edge.errors import register_errors
from caredesk.edge.headers import BadEmbedOrigin, register_headers
from caredesk.edge.respond import attach_services
from caredesk.edge.services import Services
from caredesk.edge.static_pages import static_pages
from caredesk.settings import Settings
from tests.fixtures.desk import with_settings

SCRIPT = b"console.log('desk');" * 100
PAGE = "<!doctype html><title>在线客服</title>"


def policy_of(client: FlaskClient, path: str) -> dict[str, str]:
    """Return the Content-Security-Policy of an answer by directive."""
    header = client.get(path).headers["Content-Security-Policy"]
    return {name: sources for name, _, sources in (rule.strip().partition(" ") for rule in header.split(";"))}


def client_with(services: Services, **settings: object) -> FlaskClient:
    return create_app(with_settings(services, **settings)).test_client()


# ---- policies --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/chat", "/console", "/console/c/1", "/doctor", "/doctor/today"])
def test_pages_run_nothing_that_is_not_ours(client: FlaskClient, path: str) -> None:
    policy = policy_of(client, path)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["connect-src"].removesuffix(" wss://localhost:7443") == "'self' ws://localhost wss://localhost"
    assert policy["base-uri"] == "'none'"
    assert "unsafe" not in str(policy)
    assert "*" not in str(policy)


def test_only_the_console_reaches_the_hotline_and_may_hear(services: Services) -> None:
    client = client_with(services, hotline_wss_port=8443, hotline_public_address="phones.hospital.example")
    assert policy_of(client, "/console/mine")["connect-src"].endswith(" wss://phones.hospital.example:8443")
    assert "microphone=(self)" in client.get("/console/mine").headers["Permissions-Policy"]
    for path in ("/chat", "/doctor/today"):
        assert "8443" not in policy_of(client, path)["connect-src"]
        assert "microphone=()" in client.get(path).headers["Permissions-Policy"]


def test_without_browser_phones_no_other_port_is_reached(services: Services) -> None:
    client = client_with(services, hotline_wss_port=0)
    assert policy_of(client, "/console")["connect-src"] == "'self' ws://localhost wss://localhost"


@pytest.mark.parametrize(
    "path", ["/api/chat/welcome", "/api/nowhere", "/nowhere", "/healthz", "/chatter", "/static/x/y"]
)
def test_what_is_no_page_runs_nothing_at_all(client: FlaskClient, path: str) -> None:
    policy = policy_of(client, path)
    assert policy == {
        "default-src": "'none'", "frame-ancestors": "'none'", "base-uri": "'none'", "form-action": "'none'"
    }  # fmt: skip


def test_only_named_sites_may_frame_the_parents_page(services: Services) -> None:
    client = client_with(services, embed_origins="https://www.hospital.example  https://*.clinic.example:8443")
    ancestors = "'self' https://www.hospital.example https://*.clinic.example:8443"
    assert policy_of(client, "/chat")["frame-ancestors"] == ancestors
    assert "X-Frame-Options" not in client.get("/chat").headers


@pytest.mark.parametrize("path", ["/console", "/doctor/today"])
def test_no_site_may_frame_the_staffs_pages(services: Services, path: str) -> None:
    client = client_with(services, embed_origins="https://www.hospital.example")
    assert policy_of(client, path)["frame-ancestors"] == "'self'"
    assert client.get(path).headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "origins",
    ["*", "hospital.example", "https://a.example/path", "https://a.example; script-src *", "'none'", "https:"],
)
def test_an_embedding_site_that_is_no_origin_stops_the_start(services: Services, origins: str) -> None:
    with pytest.raises(BadEmbedOrigin):
        client_with(services, embed_origins=origins)


def test_a_strange_host_does_not_enter_the_policy(client: FlaskClient) -> None:
    header = client.get("/chat", headers={"Host": "evil.example; script-src *"}).headers["Content-Security-Policy"]
    assert "evil" not in header


def test_sockets_connect_to_the_public_address(services: Services) -> None:
    client = client_with(services, public_url="https://desk.hospital.example", secure_cookies=True)
    policy = policy_of(client, "/console")
    assert policy["connect-src"] == "'self' wss://desk.hospital.example wss://localhost:7443"
    assert "upgrade-insecure-requests" in policy


# ---- other headers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/chat", "/console", "/api/chat/welcome", "/api/nowhere", "/healthz", "/widget.js"])
def test_every_answer_carries_the_usual_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert {"camera=()", "geolocation=()", "usb=()"} <= set(headers["Permissions-Policy"].split(", "))
    assert "microphone=*" not in headers["Permissions-Policy"]
    assert headers["X-Request-Id"]


@pytest.mark.parametrize("path", ["/api/chat/welcome", "/api/auth/me", "/api/nowhere", "/api/console/snapshot"])
def test_nobody_keeps_answers_of_the_api(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Cache-Control"] == "no-store"


def test_https_is_remembered_only_where_it_is_used(services: Services, client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/chat").headers
    secure = client_with(services, secure_cookies=True)
    assert "max-age=31536000" in secure.get("/chat").headers["Strict-Transport-Security"]


def test_the_client_address_is_that_of_the_connection_unless_a_proxy_is_trusted(services: Services) -> None:
    forwarded = {"X-Forwarded-For": "127.0.0.1"}
    elsewhere = {"REMOTE_ADDR": "192.0.2.9"}
    direct = client_with(services)
    assert direct.get("/metrics", headers=forwarded, environ_overrides=elsewhere).status_code == 401
    assert direct.get("/metrics", environ_overrides=elsewhere).status_code == 401
    assert direct.get("/metrics", headers={"X-Forwarded-For": "192.0.2.9"}).status_code == 401
    assert direct.get("/metrics").status_code == 200


# ---- the built front end ---------------------------------------------------------------------------------


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A built front end of a few files, outside which lies a secret."""
    root = tmp_path / "static"
    for app, page in (
        ("widget", PAGE),
        ("console", "<!doctype html>console"),
        ("doctor_desk", "<!doctype html>doctor"),
    ):
        assets = root / app / "assets"
        assets.mkdir(parents=True)
        (root / app / "index.html").write_text(page, "utf-8")
        (root / app / "manifest.json").write_text("{}", "utf-8")
    assets = root / "widget" / "assets"
    (assets / "index-lN1YBIr4.js").write_bytes(SCRIPT)
    (assets / "index-lN1YBIr4.js.gz").write_bytes(gzip.compress(SCRIPT))
    (assets / "index-lN1YBIr4.js.br").write_bytes(b"as if brotli")
    (assets / "ding-lN1YBIr4.mp3").write_bytes(bytes(range(100)))
    (root / "loader").mkdir()
    (root / "loader" / "caredesk.js").write_text("loader", "utf-8")
    for worker in ("doctor_worker", "widget_worker"):
        (root / worker).mkdir()
        (root / worker / "worker.js").write_text("worker", "utf-8")
    (root / ".stamp").write_text("not for browsers", "utf-8")
    (root / "widget" / ".env").write_text("not for browsers", "utf-8")
    (tmp_path / "secret.txt").write_text("not for browsers", "utf-8")
    return root


@pytest.fixture
def site(built: Path, services: Services) -> Iterator[FlaskClient]:
    return _site(built, services=services)


def _site(folder: Path, *, services: Services) -> FlaskClient:
    app = Flask("example", static_folder=None)
    attach_services(app, services=services)
    register_errors(app)
    register_headers(app, settings=Settings())
    app.register_blueprint(static_pages(folder=folder))
    return app.test_client()


SCRIPT_PATH = "/static/widget/assets/index-lN1YBIr4.js"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/chat", "在线客服"),
        ("/chat?from=app", "在线客服"),
        ("/console", "console"),
        ("/console/conversations/1", "console"),
        ("/doctor", "doctor"),
        ("/doctor/today", "doctor"),
    ],
)
def test_every_page_of_an_app_is_its_one_page(site: FlaskClient, path: str, words: str) -> None:
    response = site.get(path)
    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert words in response.text
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("page", ["/doctor", "/chat"])
def test_a_pages_worker_may_care_for_that_page_and_is_asked_for_anew(site: FlaskClient, page: str) -> None:
    response = site.get(f"{page}/worker.js")
    assert (response.mimetype, response.text) == ("text/javascript", "worker")
    assert response.headers["Service-Worker-Allowed"] == page
    assert response.headers["Cache-Control"] == "no-cache"
    policy = policy_of(site, "/doctor/worker.js")
    assert (policy["default-src"], policy["worker-src"]) == ("'none'", "'self'")


def test_the_front_door_leads_to_the_parents_page(site: FlaskClient) -> None:
    response = site.get("/")
    assert (response.status_code, response.headers["Location"]) == (302, "/chat")


def test_a_page_that_has_not_changed_is_not_sent_again(site: FlaskClient) -> None:
    etag = site.get("/chat").headers["ETag"]
    again = site.get("/chat", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("deflate", None),
        ("", None),
    ],
)
def test_scripts_are_sent_as_small_as_the_browser_can_read(
    site: FlaskClient, accepted: str, encoding: str | None
) -> None:
    response = site.get(SCRIPT_PATH, headers={"Accept-Encoding": accepted})
    assert response.status_code == 200
    assert response.headers.get("Content-Encoding") == encoding
    assert response.mimetype == "text/javascript"
    assert response.headers["Vary"] == "Accept-Encoding"
    expected = {"br": b"as if brotli", "gzip": SCRIPT, None: SCRIPT}[encoding]
    assert (gzip.decompress(response.data) if encoding == "gzip" else response.data) == expected


def test_files_with_a_hash_in_their_name_are_kept_for_ever_and_others_are_not(site: FlaskClient) -> None:
    assert site.get(SCRIPT_PATH).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert site.get("/static/widget/manifest.json").headers["Cache-Control"] == "no-cache"


def test_a_part_of_a_sound_can_be_asked_for(site: FlaskClient) -> None:
    response = site.get("/static/widget/assets/ding-lN1YBIr4.mp3", headers={"Range": "bytes=10-19"})
    assert (response.status_code, response.data) == (206, bytes(range(10, 20)))
    assert response.mimetype == "audio/mpeg"


@pytest.mark.parametrize(
    "path",
    [
        "/static/widget/../../secret.txt",
        "/static/widget/%2e%2e/%2e%2e/secret.txt",
        "/static/widget/..%2f..%2fsecret.txt",
        "/static/widget/..\\..\\secret.txt",
        "/static/widget//etc/passwd",
        "/static/..%2f/secret.txt",
        "/static/./.stamp",
        "/static/.stamp/x",
        "/static/widget/.env",
        "/static/widget/assets",
        "/static/widget/assets/",
        "/static/secret/secret.txt",
        f"{SCRIPT_PATH}.br",
        f"{SCRIPT_PATH}.gz",
        "/static/widget/nothing.js",
    ],
)
def test_nothing_else_can_be_fetched(site: FlaskClient, path: str) -> None:
    response = site.get(path)
    assert response.status_code in (404, 308)
    assert "not for browsers" not in response.text


def test_other_sites_may_include_the_loader_and_nothing_else(site: FlaskClient) -> None:
    loader = site.get("/widget.js")
    assert (loader.text, loader.mimetype) == ("loader", "text/javascript")
    assert loader.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert loader.headers["Access-Control-Allow-Origin"] == "*"
    script = site.get(SCRIPT_PATH)
    assert script.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in script.headers


@pytest.mark.parametrize("path", ["/chat", "/console", "/doctor", "/widget.js"])
def test_a_desk_without_its_front_end_says_how_to_build_it(tmp_path: Path, services: Services, path: str) -> None:
    response = _site(tmp_path / "nothing", services=services).get(path)
    assert (response.status_code, response.mimetype) == (503, "text/html")
    assert "python3 dev.py run" in response.text
    assert response.headers["Cache-Control"] == "no-store"
