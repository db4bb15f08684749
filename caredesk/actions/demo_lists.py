"""The demo's lists: the knowledge base, canned replies, and the choices of categories, outcomes and reasons."""

from __future__ import annotations

from collections.abc import Iterator

from caredesk.actions import graph, knowledge
from caredesk.actions.demo_files import DemoFileInvalid, DemoFolder
from caredesk.conversations import house_queries
from caredesk.conversations.models import CannedReply, DeskOption
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.knowledge_base import queries as knowledge_queries
from caredesk.knowledge_base.files import read_table
from caredesk.knowledge_base.graph_files import read_graph
from caredesk.knowledge_base.rules import check_table
from caredesk.knowledge_base.schemas import CheckedTable


def load_desk_lists(work: Work, files: DemoFolder) -> dict[str, int]:
    """Add the canned replies and choices that are not there yet."""
    return {"canned_replies": _load_canned_replies(work, files), "options": _load_options(work, files)}


def load_knowledge(work: Work, files: DemoFolder) -> int:
    """Bring in and publish the entries that are not there yet; what editors have changed stays theirs."""
    known = {entry.id for entry in knowledge_queries.list_entries(work.session)}
    added = 0
    for file in files.tables_in("knowledge_base"):
        table = check_table(read_table(file))
        new = CheckedTable(rows=tuple(row for row in table.rows if row.entry_id not in known), notices=())
        report = knowledge.import_entries(work, new, replace=False, publish=False)
        if not report.imported:
            refused = [f"{row.row}: {', '.join(row.reasons)}" for row in report.rows if row.reasons]
            raise DemoFileInvalid(file=file.name, rows=refused)
        added += len(new.rows)
    if added:
        knowledge.publish_all(work)
    return added


def load_graph(work: Work, files: DemoFolder) -> int:
    """Bring the knowledge graph in when there is none yet; what editors have made of it stays theirs."""
    if graph.read_graph(work.session).nodes:
        return 0
    report = graph.import_graph(work, read_graph(files.path / "knowledge_graph.yaml"), replace=True)
    if not report.imported:
        rows = [f"{problem.row} {problem.id}: {problem.reason}" for problem in report.refused]
        raise DemoFileInvalid(file="knowledge_graph.yaml", rows=rows)
    return report.nodes_added


def _load_canned_replies(work: Work, files: DemoFolder) -> int:
    known = {reply.code for reply in house_queries.list_canned_replies(work.session)}
    entries = list(enumerate(files.entries("canned_replies.yaml")))
    new = [
        CannedReply(id=new_id(), position=position, **entry)
        for position, entry in entries
        if entry["code"] not in known
    ]
    work.session.add_all(new)
    work.session.flush()
    return len(new)


def _load_options(work: Work, files: DemoFolder) -> int:
    new = [
        option
        for option in _options(files)
        if house_queries.find_option(work.session, kind=option.kind, key=option.key) is None
    ]
    work.session.add_all(new)
    work.session.flush()
    return len(new)


def _options(files: DemoFolder) -> Iterator[DeskOption]:
    for place, category in enumerate(files.entries("close_categories.yaml")):
        yield _option("close_category", category, position=place)
        for step, outcome in enumerate(category["outcomes"]):
            # Outcomes of two categories may share a word, but each is a choice of its own.
            key = f"{category['key']}.{outcome['key']}"
            yield _option("close_outcome", {**outcome, "key": key}, position=step, parent=category["key"])
    for kind in ("break_reason", "transfer_reason"):
        for place, entry in enumerate(files.entries(f"{kind}s.yaml")):
            yield _option(kind, entry, position=place)
    for place, entry in enumerate(files.entries("rating_reasons.yaml")):
        yield _option("rating_reason", entry, position=place, parent="good" if entry["good"] else "bad")


def _option(kind: str, entry: dict[str, str], *, position: int, parent: str = "") -> DeskOption:
    return DeskOption(kind=kind, key=entry["key"], parent=parent, zh=entry["zh"], en=entry["en"], position=position)
