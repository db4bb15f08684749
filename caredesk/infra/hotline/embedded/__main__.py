"""`python -m caredesk.infra.hotline.embedded`: what `caredesk hotline` becomes; it watches over `worker.py`.

The parent carries none of the engine's libraries: it has nothing to do but to start the worker again.
"""

from __future__ import annotations

import sys

from caredesk.infra.hotline.embedded.supervisor import Supervisor
from caredesk.infra.logs import set_up_logs
from caredesk.settings import Settings

WORKER = "caredesk.infra.hotline.embedded.worker"


def main() -> int:
    """Watch over a worker; return the exit status."""
    set_up_logs(level=Settings().log_level)
    return Supervisor([sys.executable, "-m", WORKER]).run()


if __name__ == "__main__":
    sys.exit(main())
