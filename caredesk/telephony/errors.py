"""Expected errors of calls and phones."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound


class CallNotFound(NotFound):
    """No such call, or not theirs to see."""

    code = "call.not_found"


class CallMoved(Conflict):
    """The call is in another state by now; what was wished is not possible there."""

    code = "call.moved"


class CallStillOn(Conflict):
    """The call has not ended: it is moved and ended by the phone's own commands."""

    code = "call.still_on"


class AnswerByPhone(Conflict):
    """A call is taken by answering the phone that rings."""

    code = "call.answer_by_phone"


class CallNotCapable(Conflict):
    """The engine cannot do this."""

    code = "call.not_capable"


class HotlineDown(Conflict):
    """No engine has been heard lately, so nothing can ring."""

    code = "call.hotline_down"


class NoPhone(Conflict):
    """No phone of this person is registered."""

    code = "call.no_phone"


class NumberRefused(BadInput):
    """The number cannot be called; `why` is `unreadable`, `wrong` (somebody said so) or `not_allowed` (no consent)."""

    code = "call.number_refused"


class NobodyToCall(BadInput):
    """Nobody was named who could be called."""

    code = "call.nobody_named"


class CallerCertain(Conflict):
    """Who calls is settled already: the number is one family's alone, or somebody has just said who it is."""

    code = "call.caller_certain"


class CallerNoChoice(BadInput):
    """The caller's number is not this family's."""

    code = "call.caller_no_choice"


class CallerNotTied(Conflict):
    """Nobody has said who calls, so there is nothing to take back."""

    code = "call.caller_not_tied"


class CallBackGone(Conflict):
    """The call-back is not owed any more."""

    code = "call.call_back_gone"


class DigitsUnreadable(BadInput):
    """Only digits, star and hash can be sent as tones."""

    code = "call.digits_unreadable"
