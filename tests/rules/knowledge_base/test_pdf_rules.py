"""A PDF that a family is handed can be read and does nothing else."""

from __future__ import annotations

import zlib

import pytest

from caredesk.knowledge_base import pdf_rules
from caredesk.knowledge_base.pdf_rules import is_passive


def pdf(*objects: bytes) -> bytes:
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, one) for number, one in enumerate(objects, 1))
    return b"%PDF-1.7\n" + body + b"trailer <</Root 1 0 R>>\n%%EOF"


def stream(content: bytes, *, about: bytes = b"/Type /ObjStm") -> bytes:
    packed = zlib.compress(content)
    return b"<<%s /Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream" % (about, len(packed), packed)


PAGE = b"<</Type /Catalog /Pages 2 0 R /OpenAction [3 0 R /Fit]>>"
LINK = b"<</Type /Annot /Subtype /Link /A <</S /URI /URI (https://hospital.example)>>>>"


def test_words_pictures_jumps_and_links_to_pages_pass() -> None:
    assert is_passive(pdf(PAGE, LINK, stream(b"BT /F1 12 Tf (Launch the JavaScript) Tj ET", about=b"")))
    assert is_passive(pdf(PAGE, stream(b"10 0 <</Type /Font>>")))


def test_a_picture_whose_bytes_happen_to_spell_a_name_passes() -> None:
    assert is_passive(pdf(PAGE, b"<</Subtype /Image /Filter /DCTDecode>>\nstream\n\xff\xd8 /JS /AA \xff\nendstream"))


ACTS = {
    "a script": b"<</S /JavaScript /JS (app.alert(1))>>",
    "a script in a name with numbers": b"<</S /J#61vaScr#69pt>>",
    "a program": b"<</S /Launch /F (cmd.exe)>>",
    "what happens when a page is opened": b"<</Type /Page /AA <</O 4 0 R>>>>",
    "a file within": b"<</Names <</EmbeddedFiles 5 0 R>>>>",
    "a form that is sent": b"<</S /SubmitForm /F (https://elsewhere.example)>>",
    "a form of another kind": b"<</AcroForm <</XFA 6 0 R>>>>",
    "a film": b"<</Subtype /RichMedia>>",
    "what nobody can look into": b"<</Encrypt 7 0 R>>",
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_what_acts_is_seen_in_plain_and_in_compressed_objects(act: bytes) -> None:
    assert not is_passive(pdf(PAGE, act))
    assert not is_passive(pdf(PAGE, stream(b"10 0 11 20 " + act)))


def test_what_hides_in_a_streams_bytes_or_in_another_packing_is_refused() -> None:
    hidden = b"<</Length 60>>\nstream\n9 0 obj <</S /JavaScript>> endobj\nendstream"
    assert not is_passive(pdf(PAGE, hidden))
    assert not is_passive(pdf(PAGE, b"<</Type /ObjStm /Filter /ASCIIHexDecode>>\nstream\n2f4a53\nendstream"))


def test_a_pdf_that_swells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_rules, "MOST_BYTES", 100_000)
    assert is_passive(pdf(PAGE, stream(bytes(50_000))))
    assert not is_passive(pdf(PAGE, stream(bytes(90_000)), stream(bytes(90_000))))
