"""A carrier that answers on this machine, and a family with a parcel of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from caredesk.core.clock import FixedClock
from caredesk.edge.services import Services
from caredesk.infra.parcels.kuaidi100 import Kuaidi100
from caredesk.infra.parcels.loopback import CUSTOMER, Loopback
from caredesk.patients.models import Parcel
from tests.fixtures.desk import DeskForTests
from tests.fixtures.parcels import SALT
from tests.fixtures.records import add_family


@pytest.fixture
def carrier(clock: FixedClock) -> Iterator[Loopback]:
    found = Loopback(clock, key="a-key-that-only-tests-know")
    yield found
    found.stop()


@pytest.fixture
def services(services: Services, carrier: Loopback) -> Services:
    callback = "http://127.0.0.1:9/hooks"
    client = Kuaidi100(carrier.start(), CUSTOMER, carrier.key, SALT, callback_url=callback, seconds=2, reach="loopback")
    return replace(services, parcels=client)


@pytest.fixture
def guardian_id(desk: DeskForTests) -> str:
    """A family with a parcel of a carrier that can be asked."""
    guardian_id = add_family(desk)
    with desk.write() as work:
        parcel = work.session.scalars(select(Parcel)).one()
        parcel.number = parcel.number.upper()
        parcel.carrier, parcel.carrier_code, parcel.moved_at = "顺丰速运", "shunfeng", work.now
    return guardian_id
