"""`python -m caredesk.infra.hotline.embedded.worker`: the process that answers; `__main__.py` watches over it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from caredesk.core.clock import clock_of
from caredesk.infra.hotline.embedded.engine import Engine, EngineSetup, allow_many_files
from caredesk.infra.hotline.embedded.sip import PortTaken
from caredesk.infra.hotline.embedded.supervisor import FATAL, end_with_parent
from caredesk.infra.hotline.embedded.trunk import Trunk, read_addresses
from caredesk.infra.logs import set_up_logs
from caredesk.infra.secrets import secret_from
from caredesk.settings import Settings

log = logging.getLogger(__name__)


def main() -> int:
    """Answer the telephone until told to stop; return the exit status."""
    settings = Settings()
    set_up_logs(level=settings.log_level)
    # It tells every connection; registrations are told already.
    logging.getLogger("websockets").setLevel(logging.WARNING)
    end_with_parent()
    allow_many_files()
    try:
        return Engine(setup_from(settings), clock=clock_of(settings.clock_file)).run()
    except PortTaken as fault:
        log.critical("port is in use", extra={"port": fault.port})
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
    status = main()
    logging.shutdown()
    # A thread of sippy's browser server waits for its queue for ever, and Python would wait for that thread.
    os._exit(status)
