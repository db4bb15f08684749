"""Whatever stands in a file or a message from outside: it is read, or refused with a code. Nothing crashes or swells.

Real files are bent byte by byte, so that what comes is nearly right: that is what gets deep into a reader.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from docx import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from caredesk.actions.call_intake import read_fact
from caredesk.channels import fhir_shapes
from caredesk.channels.receipt_routes import _wechat_receipt
from caredesk.clinic.sheet import read_sheet
from caredesk.core.errors import CareDeskError
from caredesk.infra.parcels import protocol
from caredesk.knowledge_base.evaluation_rules import read_labels
from caredesk.knowledge_base.files import table_of
from caredesk.knowledge_base.manuals import manual_table
from tests.fixtures.scene import A_SLOT, a_bundle

few = settings(max_examples=60, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def a_workbook() -> bytes:
    book = Workbook()
    for row in (["id", "question", "answer"], ["a", "怎么退号", datetime(2026, 11, 23, 8)], [1.5, True, None]):  # noqa: DTZ001
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def a_manual() -> bytes:
    document = Document()
    document.add_heading("退号", level=1)
    document.add_paragraph("点退号。")
    kept = io.BytesIO()
    document.save(kept)
    return kept.getvalue()


WORKBOOK, MANUAL = a_workbook(), a_manual()
TABLE = "id,question,answer\na,怎么退号,点退号\n".encode()
PAGE = "<h1>退号</h1><p>点退号</p><script>x</script>".encode()
PUSH = "<xml><Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event><MsgID>1</MsgID><Status><![CDATA[success]]></Status></xml>"


@st.composite
def bent(draw: st.DrawFn, whole: bytes) -> bytes:
    """Change, cut out and put in a few bytes of something whole."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        new = draw(st.binary(max_size=4))
        content[at : at + draw(st.integers(0, 4))] = new
    return bytes(content[: draw(st.integers(0, len(content)))] if draw(st.integers(0, 9)) == 0 else content)


def repacked(whole: bytes, bend: Callable[[str, bytes], bytes]) -> bytes:
    """Bend what is inside a zip, so that its sums are right and the reader goes on."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(kept, "w") as new:
        for name in old.namelist():
            new.writestr(name, bend(name, old.read(name)))
    return kept.getvalue()


@st.composite
def bent_inside(draw: st.DrawFn, whole: bytes) -> bytes:
    names = zipfile.ZipFile(io.BytesIO(whole)).namelist()
    chosen = draw(st.sampled_from(names))
    return repacked(whole, lambda name, content: draw(bent(content)) if name == chosen else content)


def is_read_or_refused(read: Callable[[], object]) -> None:
    try:
        read()
    except CareDeskError as refused:
        told = refused.code
    else:
        told = "read"
    assert told


@few
@given(st.one_of(bent(WORKBOOK), bent_inside(WORKBOOK)))
def test_a_bent_workbook_is_read_or_refused(content: bytes) -> None:
    is_read_or_refused(lambda: table_of(content, name="a.xlsx"))
    is_read_or_refused(lambda: read_sheet(content, required=["id"]))


@few
@given(st.one_of(bent(MANUAL), bent_inside(MANUAL), bent(PAGE)))
def test_a_bent_manual_is_read_or_refused(content: bytes) -> None:
    is_read_or_refused(lambda: manual_table(content, name="a.docx"))
    is_read_or_refused(lambda: manual_table(content, name="a.html"))


@few
@given(st.one_of(bent(TABLE), st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-16"))))
def test_a_bent_table_is_read_or_refused(content: bytes) -> None:
    is_read_or_refused(lambda: table_of(content, name="a.csv"))
    is_read_or_refused(lambda: table_of(content, name="a.json"))
    is_read_or_refused(lambda: read_sheet(content, required=["id"]))
    is_read_or_refused(lambda: read_labels(content.decode("utf-8", "replace")))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=10), below, max_size=4),
    max_leaves=20,
)


@st.composite
def swapped(draw: st.DrawFn, whole: Any) -> Any:
    """Put something else in the place of a part of a message."""
    if isinstance(whole, dict) and whole and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(whole)))
        return {**whole, name: draw(swapped(whole[name]))}
    if isinstance(whole, list) and whole and draw(st.booleans()):
        return [draw(swapped(whole[0])), *whole[1:]]
    return draw(JSON)


@few
@given(swapped(a_bundle(A_SLOT)))
def test_a_bent_fhir_bundle_is_read_or_refused(sent: Any) -> None:
    def read() -> None:
        bundle = fhir_shapes.read_resource(sent if isinstance(sent, dict) else {"": sent}, kind="Bundle")
        fhir_shapes.sessions_of(bundle)  # type: ignore[arg-type]

    is_read_or_refused(read)


@few
@given(st.dictionaries(st.sampled_from(["id", "type", "call_id", "at", "caller", "digit"]), JSON) | st.just({}))
def test_a_bent_fact_of_a_telephone_engine_is_read_or_let_be(data: dict[str, Any]) -> None:
    told = read_fact(data)
    assert told is None or told.id == data["id"]


@few
@given(st.one_of(JSON.map(json.dumps), st.text(max_size=100)))
def test_a_bent_push_of_the_parcel_service_is_read_or_refused(param: str) -> None:
    sign = protocol.signature(param, "a-salt-of-theirs")
    is_read_or_refused(lambda: protocol.read_push(param=param, sign=sign, salt="a-salt-of-theirs"))
    protocol.read_answer(param.encode("utf-8", "replace"), carrier_code="ems", number="1")


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{"&" + chr(97 + n) + ";"}{"&" + chr(97 + n) + ";"}">' for n in range(20)
)


@few
@given(bent(PUSH.encode()))
def test_a_bent_push_of_wechat_is_read_or_let_be(content: bytes) -> None:
    for text in (content.decode("utf-8", "replace"), f"{ENTITIES}]>{PUSH.replace('>1<', '>&u;<')}"):
        receipt = _wechat_receipt(text)
        assert receipt is None or len(receipt.provider_id) <= 60


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "[Content_Types].xml"])
def test_entities_that_swell_are_refused(name: str) -> None:
    swollen = f'<?xml version="1.0"?>{ENTITIES}]><x>&u;&u;</x>'.encode()
    content = repacked(WORKBOOK, lambda part, old: swollen if part == name else old)
    is_read_or_refused(lambda: table_of(content, name="a.xlsx"))
    is_read_or_refused(lambda: read_sheet(content, required=["id"]))


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_before_it_is() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 30_000_000)
    for read in (
        lambda: table_of(kept.getvalue(), name="a.xlsx"),
        lambda: read_sheet(kept.getvalue(), required=["id"]),
    ):
        with pytest.raises(CareDeskError):
            read()
