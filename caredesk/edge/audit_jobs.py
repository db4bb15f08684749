"""Signing and reading the audit's chain: outside of a transaction, for a signature goes to a file as well."""

from __future__ import annotations

import logging
from typing import Any

from caredesk.actions.audit_checks import Checked, Keys, check_chain
from caredesk.actions.auditing import Signed
from caredesk.audit import queries
from caredesk.audit.tree import Tree, stretch_of
from caredesk.edge.services import Services
from caredesk.edge.transactions import read

log = logging.getLogger(__name__)


def own_keys(services: Services) -> Keys:
    """Return by what the desk checks its own chain: its public key, and the anchors in its file."""
    book = services.anchors
    return Keys(book.public_key if book else "", anchors=book.written() if book else [])


def read_chain(services: Services, _payload: dict[str, Any]) -> Checked:
    """Read the whole chain and say what was found; a broken one is also for whoever watches the log."""
    with read(services) as session:
        checked = check_chain(session, keys=own_keys(services))
    broken = checked.outcome.broken
    if broken is not None:
        log.error("audit chain broken", extra={"number": broken.number, "fault": broken.fault})
    return checked


def sign_head(services: Services, _payload: dict[str, Any]) -> Signed | None:
    """Return a signature of the chain as it stands; None when nothing was added since the last one."""
    if services.anchors is None:
        return None
    with read(services) as session:
        head = queries.find_head(session)
        last = queries.find_last_anchor(session)
    if head is None or head.number == (last.number if last else 0):
        return None
    # What is in the file and was not committed is good all the same: an entry never changes its hash.
    anchor = services.anchors.sign(head, at=services.clock.now())
    return Signed(anchor, tree=sign_stretch(services, first=(last.number if last else 0) + 1, last=head.number))


def sign_stretch(services: Services, *, first: int, last: int) -> Tree | None:
    """Return the signed tree over a stretch of entries; None where one of them is missing."""
    with read(services) as session:
        hashes = queries.list_hashes(session, first=first, last=last)
    if services.anchors is None or not hashes or len(hashes) != last - first + 1:
        return None
    return services.anchors.sign_tree(stretch_of(hashes, first=first), at=services.clock.now())
