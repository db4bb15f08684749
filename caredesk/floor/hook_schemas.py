"""Wire shapes of the post to the hospital's systems: who hears of what, and how the last post went."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from caredesk.events.shapes import Shape
from caredesk.floor.hook_rules import KINDS, NewsKind
from caredesk.floor.schemas import DeliveryView


class SubscriptionView(Shape):
    """A system that hears of news. The address is shown without its question, the key never."""

    id: str
    name: str
    url: str
    kinds: list[NewsKind]
    made_at: datetime
    made_by: str
    old_key_until: datetime | None
    """Until when the key before the last change signs, too."""
    waiting: int
    dead: int
    delivered_at: datetime | None
    """When the last post was taken."""


class LetterView(DeliveryView):
    """One piece of post, and to whom it goes; empty for the address in the settings."""

    subscription_id: str


class WebhooksPage(Shape):
    """Everything the page shows: systems, what they can ask for, and the newest post."""

    subscriptions: list[SubscriptionView]
    kinds: list[NewsKind]
    letters: list[LetterView]


class GivenKey(Shape):
    """A new key, told once."""

    subscription_id: str
    key: str


class WebhookTried(Shape):
    """How a try went: an empty text, or the code of what was wrong."""

    error: str


class WantedSubscription(BaseModel):
    """A system as an administrator enters it."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    url: Annotated[str, Field(min_length=1, max_length=500)]
    kinds: Annotated[list[NewsKind], Field(min_length=1, max_length=len(KINDS))]
