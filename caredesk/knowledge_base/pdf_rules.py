"""Whether a PDF may be handed to families: one that can run, open, send or carry something along may not.

Pure, on bytes, in time that grows with them and no faster. Names are looked for in the objects that stand in plain and
in those of object streams (ISO 32000-2, 7.5.7). Pictures and pages are skipped, because among millions of random bytes
any short name is found. What is encrypted, or packed in a way that is not looked through here, is refused.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

ACTIVE = frozenset(
    {
        b"AA", b"EmbeddedFile", b"EmbeddedFiles", b"Encrypt", b"ImportData", b"JS", b"JavaScript", b"Launch", b"Movie",
        b"Rendition", b"RichMedia", b"SubmitForm", b"XFA",
    }
)  # fmt: skip
"""Names of what acts or carries; a link to a web page (`URI`) and a jump within the document (`GoTo`) are none."""

MOST_BYTES = 64_000_000
"""So much is inflated at most; a PDF of five megabytes that holds more is made to swell."""

LONGEST_ABOUT = 1000
"""So many bytes before a stream are taken for the words about it."""

_NAME = re.compile(rb"/([A-Za-z0-9#]{2,40})")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_OBJECT = re.compile(rb"\d\s{1,4}\d{1,5}\s{1,4}obj\b")
_OTHER_PACKINGS = frozenset({b"ASCIIHexDecode", b"ASCII85Decode", b"LZWDecode", b"RunLengthDecode", b"Crypt"})


def is_passive(pdf: bytes) -> bool:
    """Tell whether nothing in a PDF acts, asks or carries something along."""
    left, plain_from, outside = MOST_BYTES, 0, []
    for begin, end in _streams(pdf):
        about, body = pdf[plain_from:begin], pdf[begin:end]
        outside.append(about)
        plain_from = end
        # An object that stands within a stream's bytes is reached by its address, past whoever skips the stream.
        if _OBJECT.search(body):
            return False
        names = set(_names(about[-LONGEST_ABOUT:]))
        if b"ObjStm" not in names:
            continue
        plain = _inflated(body, most=left)
        left -= len(plain)
        if left <= 0 or names & _OTHER_PACKINGS or not ACTIVE.isdisjoint(_names(plain)):
            return False
    return ACTIVE.isdisjoint(_names(b" ".join([*outside, pdf[plain_from:]])))


def _streams(pdf: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each stream's bytes begin and end, in one pass whatever the bytes are."""
    at = 0
    while (found := pdf.find(b"stream", at)) >= 0:
        begin = found + len(b"stream")
        end = pdf.find(b"endstream", begin)
        if end < 0:
            return
        yield begin + len(pdf[begin : begin + 2]) - len(pdf[begin : begin + 2].lstrip(b"\r\n")), end
        at = end + len(b"endstream")


def _names(content: bytes) -> Iterator[bytes]:
    # A name may be written with some of its letters as numbers: `/J#61vaScript`.
    return (_ESCAPED.sub(lambda one: bytes([int(one[1], 16)]), name) for name in _NAME.findall(content))


def _inflated(content: bytes, *, most: int) -> bytes:
    """Return what an object stream holds, `most` bytes of it; as it stands when it is not deflated."""
    try:
        return zlib.decompressobj().decompress(content, most)
    except zlib.error:
        return content
