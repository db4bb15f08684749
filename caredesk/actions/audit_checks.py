"""Checking the audit's chain against its head, its anchors and those that were kept elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.audit import queries
from caredesk.audit.rules import Anchor, Break, Cut, Link, Outcome, first_break
from caredesk.audit.signing import is_cut_signed, is_signed


@dataclass(frozen=True)
class Keys:
    """By what a chain is checked: the public key in base64, and the anchors that are kept outside of the database."""

    public: str
    anchors: Sequence[Anchor]


@dataclass(frozen=True)
class Checked:
    """What was checked: from entry `first`, with how many anchors, and up to which entry they have signed."""

    first: int
    anchors: int
    signed_until: int
    outcome: Outcome


@dataclass(frozen=True)
class Span:
    """Entries that can be proven: those behind a signed one (or the beginning), up to a signed one (or the end)."""

    after: Link
    until: int | None
    anchors: Sequence[Anchor]
    cut: Cut | None
    """How the chain begins, if any of it was let go."""


def check_chain(session: Session, *, keys: Keys, since: datetime | None = None) -> Checked:
    """Read the chain from its beginning, or from the last anchor before `since`, and find the first break.

    The caller has used the session for nothing yet, so that all is read as it stands at one instant.
    """
    queries.hold_still(session)
    anchors = _all_anchors(session, keys=keys)
    signed_until = max((anchor.number for anchor in anchors), default=0)
    forged = next((one for one in anchors if not is_signed(one, public=keys.public)), None)
    if forged is not None:
        return Checked(1, len(anchors), signed_until, Outcome(0, Link(), Break(forged.number, "signature")))
    cut = queries.find_cut(session)
    if cut is not None and not is_cut_signed(cut, public=keys.public):
        return Checked(1, len(anchors), signed_until, Outcome(0, Link(), Break(cut.number, "signature")))
    after = _beginning(anchors, since=since, cut=cut)
    outcome = first_break(
        queries.stream_entries(session, after=after.number),
        after=after,
        anchors={anchor.number: anchor.hash for anchor in anchors},
        head=queries.find_head(session),
        cut=cut,
    )
    return Checked(after.number + 1, len(anchors), signed_until, outcome)


def span_of(session: Session, *, keys: Keys, since: datetime | None, until: datetime | None) -> Span:
    """Return which entries to take out so that signatures stand at both ends, with all anchors between them."""
    queries.hold_still(session)
    anchors = _all_anchors(session, keys=keys)
    cut = queries.find_cut(session)
    after = _beginning(anchors, since=since, cut=cut)
    last = next((one.number for one in anchors if until is not None and one.at >= until), None)
    within = [one for one in anchors if one.number >= after.number and (last is None or one.number <= last)]
    return Span(after, last, within, cut)


def _all_anchors(session: Session, *, keys: Keys) -> list[Anchor]:
    """Return the anchors of the database and those from elsewhere, each once, in order."""
    found = {*queries.list_anchors(session), *keys.anchors}
    return sorted(found, key=lambda one: (one.number, one.at))


def _beginning(anchors: Sequence[Anchor], *, since: datetime | None, cut: Cut | None) -> Link:
    """Return what the first entry follows: the last signed one before an instant, but none that was cut off."""
    after = _signed_before(anchors, since=since)
    return Link(cut.number, cut.hash) if cut is not None and after.number <= cut.number else after


def _signed_before(anchors: Sequence[Anchor], *, since: datetime | None) -> Link:
    """Return the last signed link before an instant; the beginning when there is none."""
    before = [one for one in anchors if since is not None and one.at < since]
    return Link(before[-1].number, before[-1].hash) if before else Link()
