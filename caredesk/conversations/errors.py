"""Expected errors of conversations."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound, TooLarge


class ConversationNotFound(NotFound):
    """It does not exist, or it is not theirs to see."""

    code = "conversation.not_found"


class ConversationClosed(Conflict):
    """Nothing more can be said in it."""

    code = "conversation.closed"


class NotYours(Conflict):
    """Somebody else has the conversation, or nobody yet."""

    code = "conversation.not_yours"


class StaleView(Conflict):
    """The visitor has written since the reply was begun; `head` is the number to catch up to (B26)."""

    code = "conversation.stale_view"


class QueueOpen(Conflict):
    """A message is left only while the queue is closed; now somebody can be asked for."""

    code = "queue.open"


class MessageEmpty(BadInput):
    """No visible character."""

    code = "message.empty"


class MessageTooLong(TooLarge):
    """Longer than `limit` characters."""

    code = "message.too_long"


class ClientKeyTaken(Conflict):
    """The same client key was used for something else."""

    code = "message.key_taken"


class MessageNotFound(NotFound):
    """No such message for this visitor."""

    code = "message.not_found"


class PictureNotFound(NotFound):
    """No such picture, or not theirs."""

    code = "picture.not_found"


class PictureRefused(BadInput):
    """Not a picture the desk accepts; `reason` is `type`, `size`, `pixels`, `broken` or `malware`."""

    code = "picture.refused"


class PictureWaiting(Conflict):
    """The malware scanner has not seen it yet; until then it is shown to nobody."""

    code = "picture.waiting"


class PictureUnsafe(Conflict):
    """The malware scanner has found something in it; it is shown to nobody."""

    code = "picture.unsafe"


class NotRatable(Conflict):
    """Only a closed conversation can be rated."""

    code = "rating.not_possible"


class ChoiceUnknown(BadInput):
    """A category, outcome or reason that the hospital's lists do not have."""

    code = "choice.unknown"


class PhoneUnreadable(BadInput):
    """Not a telephone number."""

    code = "phone.unreadable"
