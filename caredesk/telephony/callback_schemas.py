"""Shapes of call-backs on the wire."""

from __future__ import annotations

from datetime import datetime

from caredesk.telephony.menu_schemas import Shape


class CallBackView(Shape):
    """A call that the desk owes. `caller` is masked; `position` is the place in the line while it waits for its turn.

    After an attempt that reached nobody, `not_before` is when the next may be made, and `last_outcome` what happened.
    """

    conversation_id: str
    number: str
    caller: str
    queue_name: str
    queue_name_en: str
    status: str
    position: int | None
    asked_at: datetime
    attempts: int
    attempts_limit: int
    not_before: datetime | None
    last_outcome: str


class CallBackList(Shape):
    """Call-backs in the order in which their turn comes."""

    call_backs: list[CallBackView]
