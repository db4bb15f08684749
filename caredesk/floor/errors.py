"""Expected errors of the floor."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound


class ReasonNeeded(BadInput):
    """Whoever acts on somebody else's work or hours says why."""

    code = "floor.reason_needed"


class EndNotPossible(BadInput):
    """Hours set by hand end later than now and within a week."""

    code = "floor.end_not_possible"


class NothingByHand(NotFound):
    """The queue follows its schedule: there is nothing to take back."""

    code = "floor.nothing_by_hand"


class AlertNotFound(NotFound):
    """No such alert, or none that concerns the person."""

    code = "floor.alert_not_found"


class NoticeNotFound(NotFound):
    """No such notice, or it is for others."""

    code = "floor.notice_not_found"


class NotServed(Conflict):
    """Nobody serves the conversation, so there is no agent to whisper to or to stand beside."""

    code = "floor.not_served"


class NothingToMove(Conflict):
    """The conversation waits for nobody and is with nobody, or it is there already."""

    code = "floor.nothing_to_move"


class StateNotPossible(Conflict):
    """Somebody without any live screen cannot be made ready."""

    code = "floor.state_not_possible"


class WebhookNotSet(Conflict):
    """No address for the webhook is set."""

    code = "floor.webhook_not_set"


class JobNotDead(NotFound):
    """There is no such job that was given up."""

    code = "floor.job_not_dead"


class DeliveryNotFound(NotFound):
    """No such delivery that could be sent again."""

    code = "floor.delivery_not_found"
