"""Filling and publishing the knowledge base. Feedback and the editor's single edits live elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.knowledge_base import queries
from caredesk.knowledge_base.models import KbEntry, KbRelease, KbVersion
from caredesk.knowledge_base.schemas import CheckedTable, EntryContent, ImportReport, RowOutcome, RowReport

# What an entry's row and its versions have in common.
CONTENT = ("category", "question", "similar", "answer", "source", "owner", "valid_from", "valid_until", "popular", "live")


def import_entries(work: Work, table: CheckedTable, *, replace: bool, publish: bool) -> ImportReport:
    """Bring the rows into the base, all or none of them, and report on each.

    `replace` makes the file the whole base: what it leaves out is retired with the next release. Without `publish`
    everything waits as a draft and what is served stays as it is.
    """
    if table.refused:
        return _refusal(table)
    known = queries.lock_entries(work.session)
    versions = queries.latest_versions(work.session)
    reports: list[RowReport] = []
    kept: set[str] = set()
    for row in table.rows:
        if row.content is not None:
            outcome = _bring_in(work, row.content, entry=known.get(row.entry_id), newest=versions.get(row.entry_id))
            reports.append(RowReport(row=row.number, id=row.entry_id, outcome=outcome))
            kept.add(row.entry_id)
    if replace:
        reports.extend(_retire_all_but(kept, entries=known.values()))
    work.session.flush()
    published = publish_all(work) if publish else None
    return ImportReport(imported=True, published=published, rows=reports, notices=list(table.notices))


def publish_all(work: Work) -> int:
    """Serve everything that waits, make it one release, and have every index rebuilt. Return the release's number."""
    entries = queries.lock_entries(work.session)
    waiting = {entry.id: entry for entry in entries.values() if entry.pending}
    versions = queries.latest_versions(work.session)
    for entry in waiting.values():
        if entry.pending == "retire":
            entry.state = "retired"
        else:
            _serve(entry, version=versions[entry.id], work=work)
        entry.pending = ""
        entry.updated_at = work.now
    number = queries.current_release(work.session) + 1
    served = sum(entry.state == "published" for entry in entries.values())
    release = KbRelease(number=number, published_at=work.now, published_by=work.actor.id, entries=served)
    work.session.add(release)
    work.session.flush()
    work.enqueue("rebuild_index", {"release": number}, key="rebuild_index")
    return number


def content_of(row: KbEntry | KbVersion) -> EntryContent:
    """Return what an editor wrote, from an entry's row or from one of its versions."""
    entry_id = row.id if isinstance(row, KbEntry) else row.entry_id
    return EntryContent(id=entry_id, **{name: getattr(row, name) for name in CONTENT})


def _refusal(table: CheckedTable) -> ImportReport:
    rows = [
        RowReport(row=row.number, id=row.entry_id, outcome="refused", reasons=list(row.problems))
        for row in table.refused
    ]
    return ImportReport(imported=False, published=None, rows=rows, notices=list(table.notices))


def _bring_in(work: Work, content: EntryContent, *, entry: KbEntry | None, newest: KbVersion | None) -> RowOutcome:
    if entry is None:
        _add_entry(work, content)
        return "added"
    if newest is not None and content_of(newest) == content and entry.state != "retired":
        # A retirement that waits is called off by a file that still has the entry.
        if entry.pending == "retire":
            entry.pending = "" if newest.version == entry.published_version else "update"
        return "unchanged"
    revived = entry.state == "retired"
    if revived:
        entry.state = "draft"
    entry.pending = "update"
    entry.updated_at = work.now
    if entry.published_version == 0 or revived:
        _copy_content(content, into=entry)
    _add_version(work, content, version=newest.version + 1 if newest else 1)
    return "added" if revived else "changed"


def _add_entry(work: Work, content: EntryContent) -> None:
    entry = KbEntry(
        id=content.id, state="draft", pending="update", published_version=0, created_at=work.now, updated_at=work.now
    )
    _copy_content(content, into=entry)
    work.session.add(entry)
    work.session.flush()
    _add_version(work, content, version=1)


def _add_version(work: Work, content: EntryContent, *, version: int) -> None:
    row = KbVersion(id=new_id(), entry_id=content.id, version=version, created_at=work.now, created_by=work.actor.id)
    _copy_content(content, into=row)
    work.session.add(row)


def _copy_content(content: EntryContent, *, into: KbEntry | KbVersion) -> None:
    for name in CONTENT:
        value = getattr(content, name)
        setattr(into, name, list(value) if name == "similar" else value)


def _retire_all_but(kept: set[str], *, entries: Iterable[KbEntry]) -> list[RowReport]:
    dropped = [entry for entry in entries if entry.id not in kept and entry.state != "retired"]
    for entry in dropped:
        entry.pending = "retire"
    return [RowReport(row=None, id=entry.id, outcome="retired") for entry in dropped]


def _serve(entry: KbEntry, *, version: KbVersion, work: Work) -> None:
    _copy_content(content_of(version), into=entry)
    entry.state = "published"
    entry.published_version = version.version
    version.published_at = work.now


def list_contents(entries: Sequence[KbEntry], *, drafts: Mapping[str, KbVersion]) -> list[EntryContent]:
    """Return the newest content of the entries, drafts included, for an export."""
    return [content_of(drafts.get(entry.id, entry)) for entry in entries]
