"""Expected errors of queues and offers."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound


class OfferGone(Conflict):
    """The offer was answered, withdrawn or timed out before."""

    code = "offer.gone"


class AgentNotAvailable(Conflict):
    """The colleague is not ready, not connected, not skilled, or full."""

    code = "agent.not_available"


class QueueNotFound(NotFound):
    """No such queue."""

    code = "queue.not_found"


class StateNotChosen(BadInput):
    """A break needs one of the hospital's reasons."""

    code = "presence.reason_needed"


class PolicyInvalid(BadInput):
    """The rules of a policy contradict themselves or name what is not there; `problems` says each by its place."""

    code = "policy.invalid"


class PolicyUnknown(NotFound):
    """There is no such version of the policy."""

    code = "policy.unknown"


class PolicyMoved(Conflict):
    """Another version became active since this one was looked at; `active` says which."""

    code = "policy.moved"


class DecisionUnknown(NotFound):
    """There is no such decision, or it was kept before decisions could be made again."""

    code = "policy.decision_unknown"


class ClaimRefused(Conflict):
    """Taking work out of its order is not allowed by the policy, or the work is no longer there to be taken."""

    code = "claim.refused"


class ClaimReasonNeeded(BadInput):
    """Whoever takes work out of its order says why."""

    code = "claim.reason_needed"
