"""Rows of the addresses that the hospital's systems have named for our post; apart from the floor's own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id
from caredesk.core.sealed import HoldsPersonal, SealedText


class WebhookSubscription(HoldsPersonal, Base):
    """A system that wants to hear of some kinds of news. `old_secret` signs beside the new one until `old_until`.

    The address is sealed with the secrets: many a receiver has its own token in it.
    """

    __tablename__ = "webhook_subscription"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    url: Mapped[str] = mapped_column(SealedText("webhook_subscription.url"))
    kinds: Mapped[list[str]]
    secret: Mapped[str] = mapped_column(SealedText("webhook_subscription.secret"))
    old_secret: Mapped[str] = mapped_column(SealedText("webhook_subscription.old_secret"), default="")
    old_until: Mapped[datetime | None]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(60))

    def key_holder(self) -> str:
        return "webhooks"
