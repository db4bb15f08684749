"""What requests for exports without masks, and bundles, send and receive."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from caredesk.events.shapes import Shape
from caredesk.evidence.rules import REASON_CHARACTERS, Purpose, Standing


class AskForApproval(Shape):
    """A request to take a conversation out without masks: what for, and why in words."""

    purpose: Purpose
    reason: str = Field(min_length=1, max_length=REASON_CHARACTERS)


class DecideApproval(Shape):
    """The second person's word."""

    approve: bool


class ApprovalPath(BaseModel):
    approval_id: str = Field(max_length=36)


class ExportQuery(BaseModel):
    """By whose yes an export has no masks; empty for a masked one."""

    approval: str = Field(default="", max_length=36)


class BundleQuery(ExportQuery):
    """What a bundle is for."""

    purpose: Purpose


class ApprovalView(Shape):
    """A request as both people see it; `until` is when it ends. `own` tells whether whoever looks has asked for it."""

    id: str
    conversation_id: str
    number: str
    purpose: Purpose
    reason: str
    asked_by: str
    asked_at: datetime
    standing: Standing
    decided_by: str
    until: datetime
    own: bool


class Approvals(Shape):
    """Some requests."""

    approvals: list[ApprovalView]
