"""Sealed evidence: a supervisor takes it out, a stranger checks it, and an unmasked one needs two people."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import text

from caredesk.actions import chat
from caredesk.actions.pictures import keep_bytes, store_picture
from caredesk.application import create_app
from caredesk.audit import queries
from caredesk.audit.rules import Entry
from caredesk.audit.signing import new_signing_key, public_key_of, seal
from caredesk.conversations.pictures import checked_picture
from caredesk.core.ids import new_id
from caredesk.core.work import Actor
from caredesk.evidence import verify_bundle
from caredesk.evidence.bundle import Member, member_of, write_bundle
from caredesk.evidence.verify_bundle import Misfit, check_bundle
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import (
    ADDRESS,
    PHONE,
    add_family,
    conversation_of_family,
    name_hospital,
    put_into_queue,
    sign_in,
)

NAMES = {"entries": "audit/entries.jsonl", "proofs": "audit/proofs.jsonl", "record": "record.json"}
REASON = "法院调取，案号见卷宗"
Browser = tuple[FlaskClient, dict[str, str]]


@pytest.fixture
def talk(desk: DeskForTests) -> str:
    """A conversation of a known family, with a picture in it."""
    name_hospital(desk)
    visitor_id, conversation_id = conversation_of_family(desk, guardian_id=add_family(desk))
    put_into_queue(desk, conversation_id, queue_id=desk.add_queue())
    send_picture(desk, visitor_id=visitor_id)
    return conversation_id


def send_picture(desk: DeskForTests, *, visitor_id: str) -> None:
    picture = checked_picture(small_picture(), limit_bytes=100_000)
    picture_id = keep_bytes(desk.services.files, picture=picture)
    with desk.write(actor=Actor("visitor", visitor_id)) as work:
        store_picture(work, picture_id=picture_id, picture=picture)
    with desk.write() as work:
        chat.post_message(
            work,
            visitor_id=visitor_id,
            client_key=desk.key(),
            content=chat.PictureOf(picture_id=picture_id),
            limit=2000,
        )


def small_picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, "PNG")
    return buffer.getvalue()


def browser_of(desk: DeskForTests, login: str, *, role: str = "supervisor") -> Browser:
    client = create_app(desk.services).test_client()
    return client, sign_in(desk, client, staff_id=desk.add_staff(login, roles=(role,)))


@pytest.fixture
def boss(desk: DeskForTests) -> Browser:
    return browser_of(desk, "boss")


def taken(browser: Browser, talk: str, **query: str) -> bytes:
    url = f"/api/console/conversations/{talk}/evidence.zip"
    answer = browser[0].get(url, query_string={"purpose": "court", **query}, buffered=True)
    assert answer.status_code == 200, answer.json
    return answer.data


def contents(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def zipped(members: dict[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def fault_of(path: Path, **given: Any) -> str:
    with pytest.raises(Misfit) as found:
        check_bundle(path, **given)
    return str(found.value)


def entries_of(desk: DeskForTests) -> list[Entry]:
    with desk.read() as session:
        return list(queries.stream_entries(session))


# ---- what is inside, and that it fits --------------------------------------------------------------------


def test_a_bundle_holds_the_record_who_looked_and_what_proves_it_and_no_personal_data(
    desk: DeskForTests, boss: Browser, talk: str, tmp_path: Path
) -> None:
    boss[0].get(f"/api/console/conversations/{talk}")
    reveal(desk, boss, talk)
    bundle = taken(boss, talk)
    inside = contents(bundle)
    assert list(inside) == [
        *("manifest.json", "manifest.sig", "public_key", "index.html", "record.html", "record.json", "about.json"),
        *(f"audit/{name}.jsonl" for name in ("entries", "proofs", "trees", "anchors")),
        "verify_bundle.py",
    ]
    everything = b"".join(inside.values()).decode()
    assert PHONE not in everything and ADDRESS not in everything and "王小明" not in everything
    deeds = {json.loads(line)["deed"] for line in inside["audit/entries.jsonl"].splitlines()}
    assert {"entry.appended", "conversation.viewed", "family.revealed", "evidence.sealed"} <= deeds
    page = inside["index.html"].decode()
    assert "核对收件电话" in page and "制作证据包" in page and "司法程序" in page
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")
    (tmp_path / "bundle.zip").write_bytes(bundle)
    found = check_bundle(tmp_path / "bundle.zip", key=inside["public_key"].decode())
    assert (found.told, found.elsewhen) == (found.timeline, ())
    assert found.entries == len(inside["audit/entries.jsonl"].splitlines())


def reveal(desk: DeskForTests, browser: Browser, talk: str) -> None:
    guardian_id = desk.conversation(talk).guardian_id
    wanted = {"field": "phone", "reason": "核对收件电话"}
    client, headers = browser
    assert client.post(f"/api/console/families/{guardian_id}/reveal", json=wanted, headers=headers).status_code == 200


def test_a_bundle_tells_nothing_of_other_families(desk: DeskForTests, boss: Browser, talk: str) -> None:
    _, other = conversation_of_family(desk, guardian_id=add_family(desk, name="李四", phone="13900001234"))
    assert other.encode() not in taken(boss, talk)


def test_the_checker_needs_nothing_but_python(desk: DeskForTests, boss: Browser, talk: str, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(taken(boss, talk))
    (tmp_path / "verify_bundle.py").write_bytes(contents(path.read_bytes())["verify_bundle.py"])
    key = contents(path.read_bytes())["public_key"].decode().strip()
    script = [sys.executable, "-I", "-S", str(tmp_path / "verify_bundle.py"), str(path), "--key", key]
    told = subprocess.run(script, check=False, capture_output=True, text=True, timeout=300)
    assert (told.returncode, told.stdout.splitlines()[0].split(",")[0]) == (0, "FITS: conversation 20261123-0001")


def test_entries_that_were_signed_before_there_were_trees_are_proven_by_one_that_is_signed_now(
    desk: DeskForTests, boss: Browser, talk: str, tmp_path: Path
) -> None:
    sign_without_tree(desk)
    desk.clock.advance(minutes=10)
    path = tmp_path / "bundle.zip"
    path.write_bytes(taken(boss, talk))
    trees = [json.loads(line) for line in contents(path.read_bytes())["audit/trees.jsonl"].splitlines()]
    assert check_bundle(path).trees == len(trees) == 2


def sign_without_tree(desk: DeskForTests) -> None:
    with desk.read() as session:
        head = queries.find_head(session)
    assert head is not None and desk.services.anchors is not None
    anchor = desk.services.anchors.sign(head, at=desk.clock.now())
    with desk.services.store.writing() as session:
        queries.add_anchor(session, anchor=anchor)
        session.commit()


def test_a_bundle_is_compared_with_anchors_that_were_kept_elsewhere(
    desk: DeskForTests, boss: Browser, talk: str, tmp_path: Path
) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(taken(boss, talk))
    kept = desk.services.settings.data_dir / "audit" / "anchors.jsonl"
    assert check_bundle(path, anchors=kept).trees == 1
    short = tmp_path / "anchors.jsonl"
    short.write_text(kept.read_text().splitlines()[0] + "\n{cut off")
    assert "kept elsewhere" in fault_of(path, anchors=short)


# ---- what does not fit is named --------------------------------------------------------------------------


@pytest.fixture
def bundle(boss: Browser, talk: str) -> dict[str, bytes]:
    return contents(taken(boss, talk))


def test_one_changed_byte_in_any_member_is_named(bundle: dict[str, bytes], tmp_path: Path) -> None:
    for name, content in bundle.items():
        middle = len(content) // 2
        changed = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        told = fault_of(zipped({**bundle, name: changed}, tmp_path / "changed.zip"))
        assert name in told


def test_what_was_dropped_put_in_or_moved_is_named(bundle: dict[str, bytes], tmp_path: Path) -> None:
    for name in bundle:
        left = {one: content for one, content in bundle.items() if one != name}
        assert fault_of(zipped(left, tmp_path / "left.zip")) == f"{name} is missing"
    assert fault_of(zipped({**bundle, "more.txt": b"x"}, tmp_path / "more.zip")).startswith("more.txt was put in")
    names = list(bundle)
    names[3], names[4] = names[4], names[3]
    moved = {name: bundle[name] for name in names}
    assert fault_of(zipped(moved, tmp_path / "moved.zip")) == "record.html stands where index.html belongs"


def test_a_file_that_is_cut_off_or_no_bundle_is_said_to_be_so(bundle: dict[str, bytes], tmp_path: Path) -> None:
    whole = zipped(bundle, tmp_path / "whole.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    assert fault_of(tmp_path / "cut.zip") == "the file is damaged, or no ZIP at all"


def forged(bundle: dict[str, bytes], path: Path, *, private: str, **changes: bytes) -> Path:
    """Seal changed members anew, as somebody may who has read this code; with a key of their own, or the desk's."""
    members = {**bundle, **{NAMES[name]: content for name, content in changes.items()}}
    about = json.loads(bundle["manifest.json"])
    told = {name: value for name, value in about.items() if name not in ("format", "members")}
    kept = [Member(one["name"], pieces_of(members[one["name"]])) for one in about["members"]]
    with path.open("wb") as file:
        write_bundle(
            file,
            members=kept,
            about=told,
            key=public_key_of(private),
            seal=lambda message: seal(private, message=message),
        )
    return path


def pieces_of(content: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: iter([content])


def test_another_key_is_found_by_who_knows_the_right_one_and_by_the_audits_signatures(
    bundle: dict[str, bytes], tmp_path: Path
) -> None:
    other, right = new_signing_key(), bundle["public_key"].decode()
    path = forged(bundle, tmp_path / "forged.zip", private=other)
    assert fault_of(path, key=right) == "public_key is another key than the one that was given"
    assert "is not signed by public_key" in fault_of(path)
    swapped = zipped({**bundle, "public_key": public_key_of(other).encode()}, tmp_path / "swapped.zip")
    assert "do not belong together" in fault_of(swapped)


def test_who_has_the_key_and_changes_an_entry_is_found_by_the_tree(
    desk: DeskForTests, bundle: dict[str, bytes], tmp_path: Path
) -> None:
    private = (desk.services.settings.data_dir / "secrets" / "audit").read_text().strip()
    lines = bundle["audit/entries.jsonl"].decode().splitlines()
    other = {**json.loads(lines[0]), "why": "training"}
    changed = "\n".join([json.dumps(other, ensure_ascii=False), *lines[1:]]).encode()
    path = forged(bundle, tmp_path / "changed.zip", private=private, entries=changed)
    assert "does not give its hash" in fault_of(path)
    proofs = [json.loads(line) for line in bundle["audit/proofs.jsonl"].decode().splitlines()]
    proofs[0]["path"] = proofs[1]["path"]
    lies = "".join(json.dumps(proof) + "\n" for proof in proofs).encode()
    path = forged(bundle, tmp_path / "lies.zip", private=private, proofs=lies)
    assert "did not stand in the audit when it was signed" in fault_of(path)
    fewer = "".join(json.dumps(proof) + "\n" for proof in proofs[1:]).encode()
    path = forged(bundle, tmp_path / "fewer.zip", private=private, proofs=fewer)
    assert "has no proof" in fault_of(path)


def test_a_timeline_with_another_time_than_the_audit_is_found(
    desk: DeskForTests, bundle: dict[str, bytes], tmp_path: Path
) -> None:
    private = (desk.services.settings.data_dir / "secrets" / "audit").read_text().strip()
    record = json.loads(bundle["record.json"])
    record["timeline"][0]["at"] = "2026-11-23T01:00:00Z"
    path = forged(bundle, tmp_path / "late.zip", private=private, record=json.dumps(record).encode())
    assert check_bundle(path).elsewhen == (1,)
    assert verify_bundle.main([str(path)]) == 3


def test_the_same_members_are_the_same_bytes(tmp_path: Path) -> None:
    private = new_signing_key()
    written = []
    for name in ("one", "two"):
        with (tmp_path / name).open("wb+") as file:
            write_bundle(
                file,
                members=[member_of("a.txt", text="家长"), member_of("b/c.txt", text="")],
                about={"subject": "x"},
                key=public_key_of(private),
                seal=lambda message: seal(private, message=message),
            )
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]


# ---- without masks it takes two people -------------------------------------------------------------------


def asked(browser: Browser, talk: str) -> dict[str, Any]:
    client, headers = browser
    url = f"/api/console/conversations/{talk}/export-approvals"
    answer = client.post(url, json={"purpose": "court", "reason": REASON}, headers=headers)
    assert answer.status_code == 200
    return dict(answer.json)


def decided(browser: Browser, approval_id: str, *, approve: bool = True) -> tuple[int, Any]:
    client, headers = browser
    answer = client.post(
        f"/api/console/export-approvals/{approval_id}/decision", json={"approve": approve}, headers=headers
    )
    return answer.status_code, answer.json.get("code") or answer.json["standing"]


@pytest.fixture
def second(desk: DeskForTests) -> Browser:
    return browser_of(desk, "second", role="security")


def test_with_a_second_persons_yes_nothing_is_masked_and_the_files_are_inside(
    desk: DeskForTests, boss: Browser, second: Browser, talk: str, tmp_path: Path
) -> None:
    approval = asked(boss, talk)
    assert [one["reason"] for one in second[0].get("/api/console/export-approvals").json["approvals"]] == [REASON]
    assert decided(second, approval["id"]) == (200, "approved")
    path = tmp_path / "bundle.zip"
    path.write_bytes(taken(boss, talk, approval=approval["id"]))
    inside = contents(path.read_bytes())
    record = inside["record.json"].decode()
    assert PHONE in record and ADDRESS in record and "王小明" in record
    assert [content for name, content in inside.items() if name.startswith("pictures/")] == [small_picture()]
    assert "未脱敏，经 客服second 第二人批准" in inside["index.html"].decode()
    assert check_bundle(path).manifest["allowed_by"] == "客服second"
    url = f"/api/console/conversations/{talk}/export.json"
    assert PHONE in boss[0].get(url, query_string={"approval": approval["id"]}).text
    assert PHONE not in boss[0].get(url).text
    deeds = [one for one in entries_of(desk) if one.record == f"export_approval:{approval['id']}"]
    assert [one.deed for one in deeds] == ["export.asked", "export.approved", "export.unmasked", "export.unmasked"]
    assert REASON not in repr(deeds)


def test_nobody_allows_their_own_and_nothing_leaves_on_any_other_word(
    desk: DeskForTests, boss: Browser, second: Browser, talk: str
) -> None:
    approval = asked(boss, talk)["id"]
    url = f"/api/console/conversations/{talk}/export.json"

    def refused(browser: Browser = boss, *, by: str = approval) -> str:
        return str(browser[0].get(url, query_string={"approval": by}).json["code"])

    assert decided(boss, approval) == (403, "export.own_approval")
    assert refused() == refused(by=new_id()) == "export.not_approved"
    assert decided(second, new_id()) == (404, "export.approval_not_found")
    assert decided(second, approval, approve=False) == (200, "refused")
    assert decided(browser_of(desk, "third"), approval) == (409, "export.approval_over")
    assert refused() == "export.not_approved"
    again = asked(boss, talk)["id"]
    assert decided(second, again) == (200, "approved")
    assert refused(browser_of(desk, "fourth"), by=again) == "export.not_approved"


def test_a_yes_to_one_purpose_is_none_to_another(boss: Browser, second: Browser, talk: str) -> None:
    approval = asked(boss, talk)
    decided(second, approval["id"])
    url = f"/api/console/conversations/{talk}/evidence.zip"
    for purpose in {"complaint", "dispute", "court", "regulator", "quality"} - {approval["purpose"]}:
        answer = boss[0].get(url, query_string={"purpose": purpose, "approval": approval["id"]})
        assert answer.json["code"] == "export.not_approved", purpose
    assert b"manifest.json" in taken(boss, talk, purpose=approval["purpose"], approval=approval["id"])


def test_a_request_and_a_yes_live_for_a_short_time(
    desk: DeskForTests, boss: Browser, second: Browser, talk: str
) -> None:
    url = f"/api/console/conversations/{talk}"
    late = asked(boss, talk)["id"]
    desk.clock.advance(minutes=60)
    assert decided(second, late) == (409, "export.approval_over")
    approval = asked(boss, talk)["id"]
    assert decided(second, approval) == (200, "approved")
    desk.clock.advance(minutes=30)
    answer = boss[0].get(f"{url}/evidence.zip", query_string={"purpose": "court", "approval": approval})
    assert answer.json["code"] == "export.not_approved"
    shown = boss[0].get(f"{url}/export-approvals").json["approvals"]
    assert [one["standing"] for one in shown] == ["expired", "expired"]


def test_an_export_that_is_not_asked_for_rightly_is_refused(boss: Browser, talk: str) -> None:
    client, headers = boss
    url = f"/api/console/conversations/{talk}/export-approvals"
    for body in ({"purpose": "fun", "reason": "x"}, {"purpose": "court", "reason": ""}, {"purpose": "court"}):
        assert client.post(url, json=body, headers=headers).status_code == 422
    assert client.get(f"/api/console/conversations/{talk}/evidence.zip").status_code == 422
    assert client.get(f"/api/console/conversations/{new_id()}/evidence.zip?purpose=court").status_code == 404


def test_where_the_audit_is_not_whole_nothing_is_sealed(desk: DeskForTests, boss: Browser, talk: str) -> None:
    remove_entry(desk, number=2)
    answer = boss[0].get(f"/api/console/conversations/{talk}/evidence.zip?purpose=court")
    assert (answer.status_code, answer.json["code"]) == (409, "export.audit_broken")


def remove_entry(desk: DeskForTests, *, number: int) -> None:
    with desk.services.store.writing() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER audit_entry_no_delete"))
        else:
            session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        session.execute(text(f"DELETE FROM audit_entry WHERE number = {number}"))
        session.commit()


# ---- the checker's own Ed25519 ---------------------------------------------------------------------------


def test_the_checkers_signatures_are_those_of_everybody_else() -> None:
    private = new_signing_key()
    public = public_key_of(private)
    for message in (b"", b"x", bytes(range(256)) * 5):
        signature = seal(private, message=message)
        assert verify_bundle.is_signed(message, signature=signature, public=public)
        assert not verify_bundle.is_signed(message + b".", signature=signature, public=public)
        assert not verify_bundle.is_signed(message, signature=signature, public=public_key_of(new_signing_key()))
    for wrong in ("", "?", "AAAA", "A" * 86 + "==", seal(private, message=b"other")):
        assert not verify_bundle.is_signed(b"x", signature=wrong, public=public)
    assert not verify_bundle.is_signed(b"x", signature=seal(private, message=b"x"), public="AAAA")
