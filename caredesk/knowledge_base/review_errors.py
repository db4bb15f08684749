"""What can go wrong in the review and in evaluations."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound


class ClusterNotFound(NotFound):
    """There is no such group of questions (any more): a collection may have regrouped them."""

    code = "review.cluster_not_found"


class ClusterClosed(Conflict):
    """Somebody has dealt with the group already."""

    code = "review.cluster_closed"


class NothingChosen(BadInput):
    """None of the chosen questions is an open one of the group."""

    code = "review.nothing_chosen"


class EntryMissing(NotFound):
    """The entry that was named does not exist or is retired."""

    code = "review.entry_missing"


class JudgedNotFound(NotFound):
    """There is no such judged question."""

    code = "review.judged_not_found"


class EvaluationNotFound(NotFound):
    """There is no such evaluation."""

    code = "evaluation.not_found"


class LabelsInvalid(BadInput):
    """A file of labelled questions cannot be used; `reason` and `row` tell why."""

    code = "evaluation.labels_invalid"


class EvaluationRunning(Conflict):
    """Another evaluation has been asked for and is not done."""

    code = "evaluation.running"


class DaysUnclear(BadInput):
    """The days of a report end before they begin, or are too many."""

    code = "report.days_unclear"
