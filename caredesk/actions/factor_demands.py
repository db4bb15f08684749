"""Which roles must have a second factor: the security officer says so."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from caredesk.accounts import factor_queries
from caredesk.accounts.models import FactorDemand
from caredesk.accounts.rules import Role
from caredesk.accounts.schemas import DemandFactor, FactorDemands, FactorDemandView
from caredesk.core.deed import Deed
from caredesk.core.work import Work


def demands_page(session: Session) -> FactorDemands:
    """Return every role with what is demanded of it."""
    known = {one.role: one for one in factor_queries.list_demands(session)}
    return FactorDemands(roles=[_view(role, demand=known.get(role)) for role in Role])


def demand_factors(work: Work, *, demands: Iterable[DemandFactor]) -> None:
    """Replace which roles must have a second factor. Whoever must already keeps the day from which it counts."""
    wanted = {one.role.value: one.grace_days for one in demands}
    known = {one.role: one.grace_days for one in factor_queries.list_demands(work.session)}
    factor_queries.drop_demands(work.session, roles=known.keys() - wanted.keys())
    for role in sorted(known.keys() - wanted.keys()):
        work.attest(Deed("factor.let_go", why=role))
    for role, days in sorted(wanted.items()):
        if known.get(role) != days:
            factor_queries.put_demand(work.session, role=role, grace_days=days, now=work.now)
            work.attest(Deed("factor.demanded", why=role))


def _view(role: Role, *, demand: FactorDemand | None) -> FactorDemandView:
    return FactorDemandView(
        role=role, grace_days=demand.grace_days if demand else None, since=demand.since if demand else None
    )
