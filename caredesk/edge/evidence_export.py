"""Sealing evidence: on the record, with the audit signed over it, and then one file that proves itself."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from caredesk.actions.auditing import keep_signed, keep_tree
from caredesk.actions.evidence import Evidence, audit_of, gather_evidence, names_of_deeds
from caredesk.actions.replies import AsStaff
from caredesk.audit import queries
from caredesk.audit.rules import Anchor, Entry, anchor_line, entry_line, written_time
from caredesk.audit.signing import key_id_of
from caredesk.audit.tree import Tree, levels_of, proof_line, tree_line
from caredesk.core.work import SYSTEM, Actor
from caredesk.edge.audit_jobs import sign_head, sign_stretch
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write
from caredesk.evidence import verify_bundle
from caredesk.evidence.bundle import Member, member_of, write_bundle
from caredesk.evidence.errors import EvidenceUnsigned
from caredesk.evidence.rules import Purpose

CHECKER = Path(verify_bundle.__file__)
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}


@dataclass(frozen=True)
class Wanted:
    """What is to be sealed, for whom and what for; `approval_id` is a second person's yes, or empty."""

    conversation_id: str
    who: AsStaff
    purpose: Purpose
    approval_id: str = ""


@dataclass(frozen=True)
class Proven:
    """The audit's entries about a conversation, and what proves that each stood in it."""

    entries: Sequence[Entry]
    names: dict[str, str]
    trees: Sequence[Tree]
    anchors: Sequence[Anchor]
    proofs: Sequence[str]


@dataclass(frozen=True)
class Sealed:
    """A bundle ready to be read, and how its file is called."""

    name: str
    file: IO[bytes]


Pages = Callable[[Evidence, Proven], Sequence[tuple[str, str]]]
"""Writes what people read: names of pages and their HTML."""


def seal_evidence(services: Services, *, actor: Actor, wanted: Wanted, pages: Pages) -> Sealed:
    """Return the bundle of a conversation. That it was made stands in its timeline, in the audit, and in the bundle.

    Three steps: the deed is committed, then the audit is signed over it, then all is written. Bytes of pictures and
    recordings go through memory in pieces.
    """
    anchors = services.anchors
    if anchors is None:
        raise EvidenceUnsigned
    with write(services, actor=actor) as work:
        evidence = gather_evidence(
            work,
            conversation_id=wanted.conversation_id,
            who=wanted.who,
            purpose=wanted.purpose,
            approval_id=wanted.approval_id,
        )
    proven = _prove(services, evidence=evidence)
    members = [*_written(evidence, proven=proven, pages=pages), *_files(services, evidence=evidence)]
    file = tempfile.TemporaryFile()  # noqa: SIM115 (whoever reads it closes it)
    about = _about(evidence, key_id=key_id_of(anchors.public_key))
    write_bundle(file, members=members, about=about, key=anchors.public_key, seal=anchors.seal)
    file.seek(0)
    return Sealed(f"caredesk-evidence-{evidence.record.conversation.number}.zip", file)


# ---- what proves the audit's entries ---------------------------------------------------------------------


def _prove(services: Services, *, evidence: Evidence) -> Proven:
    signed = sign_head(services, {})
    if signed is not None:
        with write(services, actor=SYSTEM) as work:
            keep_signed(work, signed=signed)
    with read(services) as session:
        entries = audit_of(session, evidence=evidence)
        names = names_of_deeds(session, entries=entries)
    trees = list(_trees_over(services, entries=entries))
    proofs = [line for tree in trees for line in _proofs(services, tree=tree, entries=entries)]
    with read(services) as session:
        found = [queries.find_anchor_over(session, number=tree.number) for tree in trees]
    return Proven(entries, names, trees, [anchor for anchor in found if anchor is not None], proofs)


def _trees_over(services: Services, *, entries: Sequence[Entry]) -> Iterator[Tree]:
    """Yield the signed trees in which these entries stand, each once; what was signed without one gets it now."""
    covered = 0
    for entry in entries:
        if entry.number <= covered:
            continue
        with read(services) as session:
            tree = queries.find_tree_over(session, number=entry.number)
        tree = tree or _late_tree(services, number=entry.number)
        if tree is None:
            raise EvidenceUnsigned
        yield tree
        covered = tree.number


def _late_tree(services: Services, *, number: int) -> Tree | None:
    """Sign the stretch of an anchor from before there were trees; None where the chain is not whole there."""
    with read(services) as session:
        anchor = queries.find_anchor_over(session, number=number)
        first = queries.find_anchor_before(session, number=number) + 1
    tree = sign_stretch(services, first=first, last=anchor.number) if anchor else None
    if tree is not None:
        with write(services, actor=SYSTEM) as work:
            keep_tree(work, tree=tree)
    return tree


def _proofs(services: Services, *, tree: Tree, entries: Sequence[Entry]) -> Iterator[str]:
    with read(services) as session:
        hashes = queries.list_hashes(session, first=tree.first, last=tree.number)
    if len(hashes) != tree.number - tree.first + 1:
        raise EvidenceUnsigned
    levels = levels_of(hashes)
    for entry in entries:
        if tree.first <= entry.number <= tree.number:
            yield proof_line(levels, number=entry.number, tree=tree)


# ---- what is written -------------------------------------------------------------------------------------


def _about(evidence: Evidence, *, key_id: str) -> dict[str, Any]:
    record = evidence.record
    return {
        "subject": f"conversation {record.conversation.number}",
        "hospital": record.hospital,
        "purpose": evidence.context.purpose,
        "made_at": written_time(record.exported_at),
        "made_by": record.exported_by,
        "masked": record.masked,
        "allowed_by": record.allowed_by,
        "key_id": key_id,
    }


def _written(evidence: Evidence, *, proven: Proven, pages: Pages) -> Iterator[Member]:
    for name, html in pages(evidence, proven):
        yield member_of(name, text=html)
    yield member_of("record.json", text=evidence.record.model_dump_json(indent=1))
    yield member_of("about.json", text=evidence.context.model_dump_json(indent=1))
    lines = {
        "entries": map(entry_line, proven.entries),
        "proofs": proven.proofs,
        "trees": map(tree_line, proven.trees),
        "anchors": map(anchor_line, proven.anchors),
    }
    for name, told in lines.items():
        yield member_of(f"audit/{name}.jsonl", text="".join(f"{line}\n" for line in told))
    yield member_of(CHECKER.name, text=CHECKER.read_text("utf-8"))


def _files(services: Services, *, evidence: Evidence) -> Iterator[Member]:
    """Yield the bytes of pictures and recordings; nobody can mask a voice or a photograph, so masked ones have none."""
    if evidence.record.masked:
        return
    for picture in evidence.record.pictures:
        ending = _ENDINGS.get(picture.media_type, "bin")
        yield Member(f"pictures/{picture.id}.{ending}", partial(_picture, services, picture.id))
    for recording in evidence.context.recordings if evidence.heard else ():
        if recording.deleted_at is None:
            sound = partial(services.recordings.read, recording.id, start=0, stop=recording.size)
            yield Member(f"recordings/{recording.id}.{_sound(services, recording.id)}", sound)


def _picture(services: Services, picture_id: str) -> list[bytes]:
    return [services.files.get(picture_id)]


def _sound(services: Services, recording_id: str) -> str:
    # What engines hand over are WAV files; a cloud call centre may have kept MP3.
    head = b"".join(services.recordings.read(recording_id, start=0, stop=4))
    return "wav" if head == b"RIFF" else "mp3"
