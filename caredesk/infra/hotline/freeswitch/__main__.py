"""`python -m caredesk.infra.hotline.freeswitch`: what `caredesk hotline --engine freeswitch` becomes."""

from __future__ import annotations

import sys

from caredesk.core.clock import clock_of
from caredesk.infra.hotline.freeswitch.engine import Engine, EngineSetup
from caredesk.infra.logs import set_up_logs
from caredesk.infra.secrets import secret_from
from caredesk.settings import Settings


def setup_from(settings: Settings) -> EngineSetup:
    """Return what the settings say."""
    host, _, port = settings.freeswitch_address.rpartition(":")
    return EngineSetup(
        folder=(settings.freeswitch_folder or settings.data_dir / "hotline" / "freeswitch").resolve(),
        desk_url=settings.hotline_desk,
        secret=settings.hotline_secret.get_secret_value() or secret_from(settings.data_dir, name="hotline"),
        host=host or "127.0.0.1",
        port=int(port),
        password=settings.freeswitch_password.get_secret_value(),
        domain=settings.freeswitch_domain,
        gateway=settings.freeswitch_gateway,
    )


if __name__ == "__main__":
    chosen = Settings()
    set_up_logs(level=chosen.log_level)
    sys.exit(Engine(setup_from(chosen), clock=clock_of(chosen.clock_file)).run())
