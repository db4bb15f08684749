"""The chain: how an entry is written as bytes, how it follows the one before, and where a chain is broken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

import orjson

from caredesk.core.deed import Deed

FORMAT = "caredesk.audit.1"
NOTHING = "0" * 64
"""What the first entry follows."""

TEXTS = ("actor_kind", "actor_id", "deed", "subject", "why", "record", "way", "view", "request_id", "address")
"""The columns of text in the order in which they are hashed."""

Texts = tuple[str, str, str, str, str, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Origin:
    """Who did it and by which way: an HTTP view, a socket request, a job or a command."""

    actor_kind: str
    actor_id: str
    way: str = ""
    view: str = ""
    request_id: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as its follower knows it."""

    number: int = 0
    hash: str = NOTHING


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the chain, as it is stored."""

    number: int
    at: datetime
    actor_kind: str
    actor_id: str
    deed: str
    subject: str
    why: str
    record: str
    way: str
    view: str
    request_id: str
    address: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """A signature over the chain up to an entry; `signature` is Ed25519 in base64."""

    number: int
    hash: str
    at: datetime
    key_id: str
    signature: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A signed word on how the chain begins and what of it is empty; `signature` is Ed25519 in base64.

    Entries up to `number` are gone; the next follows `hash`. Of those behind it, up to `emptied_until`, some have lost
    their words and kept number and hash: `kept` is the sum of those that have not.
    """

    number: int
    hash: str
    emptied_until: int
    kept: str
    at: datetime
    key_id: str
    signature: str


@dataclass(frozen=True, slots=True)
class Place:
    """How an entry stands in its chain: whether it is as it was written, and whether its neighbours agree.

    `followed` is None for the last entry. `signed` is the first anchor that covers it, None while there is none.
    """

    intact: bool
    follows: bool
    followed: bool | None
    signed: Anchor | None


# ---- writing ---------------------------------------------------------------------------------------------


def written_time(at: datetime) -> str:
    """Return a time as it is hashed and exported: UTC with six digits after the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(*, number: int, at: datetime, texts: Sequence[str], previous: str) -> bytes:
    """Return what is hashed of an entry: a JSON array without blanks in UTF-8, in the order of docs/audit.md."""
    return _hashed(number, written_time(at), texts, previous)


def _hashed(number: int, at: str, texts: Sequence[str], previous: str) -> bytes:
    return orjson.dumps([FORMAT, number, at, *texts, previous])


def entry_line(entry: Entry) -> str:
    """Return an entry as a line of JSON, as it is exported."""
    return json.dumps({**asdict(entry), "at": written_time(entry.at)}, ensure_ascii=False)


def anchor_line(anchor: Anchor) -> str:
    """Return an anchor as a line of JSON, as it is exported and kept outside of the database."""
    at = written_time(anchor.at)
    values = {"number": anchor.number, "hash": anchor.hash, "at": at, "key_id": anchor.key_id}
    return json.dumps({**values, "signature": anchor.signature})


def chain(deeds: Iterable[Deed], *, origin: Origin, at: datetime, after: Link) -> list[Entry]:
    """Return the entries of a transaction's deeds, each following the one before. Too long texts are cut."""
    entries: list[Entry] = []
    written, number, previous = written_time(at), after.number, after.hash
    for deed in deeds:
        number, texts = number + 1, _texts(deed, origin=origin)
        digest = hashlib.sha256(_hashed(number, written, texts, previous)).hexdigest()
        entries.append(Entry(number, at, *texts, previous, digest))
        previous = digest
    return entries


def _texts(deed: Deed, *, origin: Origin) -> Texts:
    named = (origin.actor_kind, origin.actor_id[:60], deed.name[:60], deed.subject[:80], deed.why[:60])
    return (*named, deed.record[:80], origin.way, origin.view[:100], origin.request_id[:36], origin.address[:60])


def anchor_message(link: Link, *, at: datetime) -> bytes:
    """Return what an anchor signs."""
    return f"{FORMAT}.anchor\n{link.number}\n{link.hash}\n{written_time(at)}\n".encode()


def cut_message(cut: Cut) -> bytes:
    """Return what is signed of a cut; its signature does not matter yet."""
    values = (cut.number, cut.hash, cut.emptied_until, cut.kept, written_time(cut.at))
    return "\n".join([f"{FORMAT}.cut", *map(str, values), ""]).encode()


def cut_line(cut: Cut) -> str:
    """Return a cut as a line of JSON, as it is exported and kept outside of the database."""
    return json.dumps({**asdict(cut), "at": written_time(cut.at)})


def is_emptied(entry: Entry, *, cut: Cut | None) -> bool:
    """Tell whether an entry has lost its words, and a cut says that some up to here have."""
    return entry.deed == "" and cut is not None and entry.number <= cut.emptied_until


def sum_of_kept(entries: Iterable[Entry]) -> str:
    """Return the sum of the entries that have their words, as a cut signs it."""
    digest = hashlib.sha256()
    for entry in entries:
        if entry.deed:
            digest.update(kept_line(entry))
    return digest.hexdigest()


def kept_line(entry: Entry) -> bytes:
    """Return what of an entry goes into the sum."""
    return f"{entry.number}:{entry.hash}\n".encode()


# ---- checking --------------------------------------------------------------------------------------------

Fault = Literal["missing", "changed", "unlinked", "rewritten", "cut", "head", "signature", "emptied"]
"""What is wrong with the first broken entry.

`missing`: another number stands in its place. `changed`: its columns do not give its hash. `unlinked`: it does not
follow the entry before, so one of the two is not what it was. `rewritten`: an anchor signed another hash for it.
`cut`: the head or an anchor knows it, and it is gone. `head`: the head is not the last entry. `signature`: an anchor
or a cut is not signed by the desk's key. `emptied`: up to here another entry has lost its words than the cut says.
"""


@dataclass(frozen=True)
class Break:
    """The first entry that is not as it was written."""

    number: int
    fault: Fault


@dataclass(frozen=True)
class Outcome:
    """How far a chain was read, and where it is broken; None when it is whole."""

    checked: int
    last: Link
    broken: Break | None


def first_break(
    entries: Iterable[Entry],
    *,
    after: Link,
    anchors: Mapping[int, str],
    head: Link | None,
    cut: Cut | None = None,
) -> Outcome:
    """Read a chain in the order of its numbers and return the first break.

    `after` is the link that the first entry must follow, `anchors` the signed hashes by number. Entries are taken one
    by one and not kept, so that a chain of any length fits. What a cut says of emptied entries is compared when the
    reading begins where the chain does.
    """
    last, kept = after, hashlib.sha256()
    summed = cut if cut is not None and after.number == cut.number < cut.emptied_until else None
    for entry in entries:
        fault = _fault(entry, after=last, signed=anchors.get(entry.number), emptied=is_emptied(entry, cut=cut))
        if summed is not None and entry.number <= summed.emptied_until and entry.deed:
            kept.update(kept_line(entry))
        if fault is None and summed is not None and entry.number == summed.emptied_until:
            fault = None if kept.hexdigest() == summed.kept else "emptied"
        if fault is not None:
            number = last.number + 1 if fault == "missing" else entry.number
            return Outcome(last.number - after.number, last, Break(number, fault))
        last = Link(entry.number, entry.hash)
    return Outcome(last.number - after.number, last, _break_at_end(last, anchors=anchors, head=head))


def place_of(
    entry: Entry, *, before: Link | None, after: Entry | None, signed: Anchor | None, emptied: bool = False
) -> Place:
    """Return how an entry stands between its neighbours; `before` is None when the entry before it is gone."""
    return Place(
        intact=emptied or _digest_of(entry) == entry.hash,
        follows=before == Link(entry.number - 1, entry.previous),
        followed=after.previous == entry.hash if after else None,
        signed=signed,
    )


def _fault(entry: Entry, *, after: Link, signed: str | None, emptied: bool) -> Fault | None:
    if entry.number != after.number + 1:
        return "missing"
    if not emptied and _digest_of(entry) != entry.hash:
        return "changed"
    if entry.previous != after.hash:
        return "unlinked"
    return "rewritten" if signed is not None and signed != entry.hash else None


def _digest_of(entry: Entry) -> str:
    texts = [getattr(entry, name) for name in TEXTS]
    written = canonical(number=entry.number, at=entry.at, texts=texts, previous=entry.previous)
    return hashlib.sha256(written).hexdigest()


def _break_at_end(last: Link, *, anchors: Mapping[int, str], head: Link | None) -> Break | None:
    known = max([*anchors, head.number if head else 0])
    if known > last.number:
        return Break(last.number + 1, "cut")
    # No head, or an older one, would let the next entry take a number that is taken.
    if (head or Link()) != last:
        return Break(last.number, "head")
    return None
