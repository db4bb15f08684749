"""A clock that was set back leaves jobs behind in what is now the future; they are brought back.

Without it a desk whose clock had been an hour ahead would do nothing for an hour: its sweep waits there too.
"""

from __future__ import annotations

import logging

from caredesk.core.early_jobs import bring_back
from caredesk.core.work import SYSTEM
from caredesk.edge.services import Services
from caredesk.edge.transactions import write

log = logging.getLogger(__name__)


def bring_jobs_back(services: Services) -> None:
    """Bring jobs back while the machine's clock counts as set; a drill's clock is nobody's mistake and moves none."""
    if services.condition.problem_of("clock") != "jumped":
        return
    with write(services, actor=SYSTEM) as work:
        brought = bring_back(work.session, now=work.now)
    if brought:
        log.warning("jobs_brought_back", extra={"jobs": brought})
