"""Expected errors of going on in trouble."""

from __future__ import annotations

from caredesk.core.errors import CareDeskError


class StandbyMissing(CareDeskError):
    """Nothing was kept that could be shown, or it is too old to be relied on."""

    code = "standby.missing"
    status = 503
