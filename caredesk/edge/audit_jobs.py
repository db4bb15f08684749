"""Signing the audit's chain: outside of a transaction, because the signature is written to a file as well."""

from __future__ import annotations

from typing import Any

from caredesk.audit import queries
from caredesk.audit.rules import Anchor
from caredesk.edge.services import Services
from caredesk.edge.transactions import read


def sign_head(services: Services, _payload: dict[str, Any]) -> Anchor | None:
    """Return a signature of the chain as it stands; None when nothing was added since the last one."""
    if services.anchors is None:
        return None
    with read(services) as session:
        head = queries.find_head(session)
        last = queries.find_last_anchor(session)
    if head is None or head.number == (last.number if last else 0):
        return None
    # What is in the file and was not committed is good all the same: an entry never changes its hash.
    return services.anchors.sign(head, at=services.clock.now())
