"""`python -m caredesk.infra.hotline.embedded`: what `caredesk hotline` becomes, without the desk's libraries.

Without arguments it watches over a worker; with `--worker` it is the worker. Settings come from CAREDESK_*.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from caredesk.core.clock import ShiftedClock, SystemClock
from caredesk.infra.hotline.embedded.engine import Engine, EngineSetup, allow_many_files
from caredesk.infra.hotline.embedded.sip import PortTaken
from caredesk.infra.hotline.embedded.supervisor import FATAL, Supervisor, end_with_parent
from caredesk.infra.hotline.embedded.trunk import Trunk, read_addresses
from caredesk.infra.logs import set_up_logs
from caredesk.infra.secrets import secret_from
from caredesk.settings import Settings

log = logging.getLogger(__name__)


def main(arguments: list[str]) -> int:
    """Watch over a worker, or be it; return the exit status."""
    settings = Settings()
    set_up_logs(level=settings.log_level)
    # It tells every connection; registrations are told already.
    logging.getLogger("websockets").setLevel(logging.WARNING)
    if "--worker" not in arguments:
        return Supervisor([sys.executable, "-m", "caredesk.infra.hotline.embedded", "--worker"]).run()
    end_with_parent()
    allow_many_files()
    try:
        # In a drill the desk's clock is shifted: what is told must not lie in its past.
        clock = ShiftedClock(settings.clock_file) if settings.clock_file else SystemClock()
        status = Engine(setup_from(settings), clock=clock).run()
        logging.shutdown()
        # A thread of sippy's browser server waits for its queue for ever, and Python would wait for that thread.
        os._exit(status)
    except PortTaken:
        log.critical("SIP port is in use", extra={"port": settings.hotline_sip_port})
    except OSError as fault:
        log.critical("hotline cannot start", extra={"fault": fault.strerror or type(fault).__name__})
    return FATAL


def setup_from(settings: Settings) -> EngineSetup:
    """Return what the settings say; raise OSError for a carrier's name that nobody knows."""
    user, password = settings.hotline_trunk_user, settings.hotline_trunk_password.get_secret_value()
    first, last = (int(port) for port in settings.hotline_rtp_ports.split("-"))
    return EngineSetup(
        folder=(settings.data_dir / "hotline").resolve(),
        desk_url=settings.hotline_desk,
        secret=settings.hotline_secret.get_secret_value() or secret_from(settings.data_dir, name="hotline"),
        host=settings.hotline_sip_host,
        port=settings.hotline_sip_port,
        wss_port=settings.hotline_wss_port,
        public=settings.hotline_public_address,
        trunk=Trunk(read_addresses(settings.hotline_trunk_addresses), (user, password) if user else None),
        registers_at_trunk=settings.hotline_trunk_register,
        most_calls=settings.hotline_calls,
        rtp_ports=(first, last),
        certificate=_absolute(settings.hotline_certificate),
        key=_absolute(settings.hotline_certificate_key),
    )


def _absolute(path: Path | None) -> Path | None:
    return path.resolve() if path else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
