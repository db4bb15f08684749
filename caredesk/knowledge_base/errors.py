"""What can go wrong with the knowledge base, each with its code."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound


class EntryNotServed(NotFound):
    """The entry is unknown, not published, or outside its validity."""

    code = "knowledge.not_served"


class UnreadableTable(BadInput):
    """The file is no table that can be read; `reason` says why, in English, for the person at the command line."""

    code = "knowledge.file_unreadable"


class MissingColumns(BadInput):
    """The table lacks required columns."""

    code = "knowledge.columns_missing"


class EntryUnknown(NotFound):
    """There is no such entry, or no such version of it."""

    code = "knowledge.unknown"


class EntryChanged(Conflict):
    """Somebody else has saved the entry since; `version` is the newest, `by` who saved it."""

    code = "knowledge.changed"


class EntryRefused(BadInput):
    """The content cannot enter the base; `problems` says why."""

    code = "knowledge.refused"


class EntryTaken(Conflict):
    """Another entry has this id."""

    code = "knowledge.id_taken"


class NothingToPublish(Conflict):
    """No change of the chosen entries waits to be published."""

    code = "knowledge.nothing_to_publish"


class SecondPersonNeeded(Conflict):
    """Only whoever wrote these `entries` has approved them."""

    code = "knowledge.second_person_needed"


class NotUndoable(Conflict):
    """The publication was not served, was undone already, or all of its entries have changed since."""

    code = "knowledge.not_undoable"


class NeverPublished(Conflict):
    """Only what was published once can be rolled back to or retired."""

    code = "knowledge.never_published"


class PublicationRunning(Conflict):
    """Another publication is being checked."""

    code = "knowledge.publication_running"


class PublicationUnknown(NotFound):
    """There is no such publication."""

    code = "knowledge.publication_unknown"


class PublicationDecided(Conflict):
    """The publication waits for nobody any more; `state` says what became of it."""

    code = "knowledge.publication_decided"


class PlanChanged(Conflict):
    """The base has changed since the difference was shown."""

    code = "knowledge.plan_changed"


class FileRefused(BadInput):
    """The file is no picture and no PDF, or too large; `reason` says which."""

    code = "knowledge.file_refused"


class FileUnknown(NotFound):
    """There is no such file."""

    code = "knowledge.file_unknown"


class NodeNotFound(NotFound):
    """There is no such node in the knowledge graph."""

    code = "graph.node_unknown"


class EdgeNotFound(NotFound):
    """There is no such relation in the knowledge graph."""

    code = "graph.edge_unknown"


class NodeKnown(Conflict):
    """Another node has this id."""

    code = "graph.node_known"


class GraphRefused(BadInput):
    """A node or relation does not fit into the graph; `reason` is why, as a code."""

    code = "graph.refused"


class GraphFileUnreadable(BadInput):
    """The file is no graph that can be read; `reason` says why, in English, for the person at the command line."""

    code = "graph.file_unreadable"
