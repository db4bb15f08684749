"""What can go wrong with assist requests."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound


class RequestTypeInvalid(BadInput):
    """The data of a type contradict themselves; `problems` says each by its place."""

    code = "assist.type_invalid"


class RequestTypeChanged(Conflict):
    """Somebody changed the type while it was edited."""

    code = "assist.type_changed"


class RequestTypeUnknown(BadInput):
    """There is no such type, it is not in use, or not for who asks."""

    code = "assist.type_unknown"


class RequestFormInvalid(BadInput):
    """The form lacks something or says what it must not; `field` and `reason` say what."""

    code = "assist.form_invalid"


class PatientNotYours(NotFound):
    """The appointment does not exist, or it is another doctor's."""

    code = "assist.patient_not_yours"


class PatientMissing(BadInput):
    """The type is about a booked patient and none was named."""

    code = "assist.patient_missing"


class RequestNotFound(NotFound):
    """There is no such request, or it is not theirs to see."""

    code = "assist.not_found"


class RequestOver(Conflict):
    """The request has ended; nothing can be done with it any more."""

    code = "assist.over"


class RequestNotRatable(Conflict):
    """A request is rated once it has ended and somebody had taken it."""

    code = "assist.not_ratable"


class NotAnAssistant(NotFound):
    """For whoever serves no queue of assistants there is nobody to call."""

    code = "assist.not_assistant"


class NobodyAssists(Conflict):
    """No queue of assistants exists that could take a request."""

    code = "assist.nobody"


class TooManyPictures(BadInput):
    """More pictures came with a request than its type takes; `limit` says how many those are."""

    code = "assist.too_many_pictures"


class PushRefused(BadInput):
    """Nothing may be sent to where this browser wants to be woken; `reason` says why."""

    code = "assist.push_refused"
