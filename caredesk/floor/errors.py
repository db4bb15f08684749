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


class SubscriptionNotFound(NotFound):
    """No such system that post goes to."""

    code = "floor.subscription_not_found"


class TooManySubscriptions(Conflict):
    """As many systems as there may be hear of news already."""

    code = "floor.too_many_subscriptions"


class AddressRefused(BadInput):
    """Post may not go to this address: it is no HTTPS, or no complete address; `reason` says which."""

    code = "floor.address_refused"


class NameNeeded(BadInput):
    """A system needs a name that can be read."""

    code = "floor.name_needed"


class JobNotDead(NotFound):
    """There is no such job that was given up."""

    code = "floor.job_not_dead"


class DeliveryNotFound(NotFound):
    """No such delivery that could be sent again."""

    code = "floor.delivery_not_found"
