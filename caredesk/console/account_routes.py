"""Accounts and rights, for the officers: one opens and closes accounts, another says what they may do."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.passwords import hash_password, new_password
from caredesk.accounts.rules import Permission, sign_in_policy
from caredesk.accounts.schemas import (
    AccountsPage,
    DemandFactors,
    FactorDemands,
    GivenPassword,
    GiveRoles,
    OpenAccount,
    SetActive,
)
from caredesk.actions import factor_demands, officers
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write

TAG = Tag(name="accounts", description="Accounts and rights, for the officers. Writes carry X-CSRF-Token.")
api = APIBlueprint("accounts", __name__, url_prefix="/api/console/accounts", abp_tags=[TAG])


class AccountPath(BaseModel):
    staff_id: str = Field(max_length=60)


@api.get("", responses={200: AccountsPage})
@staff_guard(Permission.SEE_ACCOUNTS)
def get_accounts() -> ResponseReturnValue:
    """All accounts, and which role may do what."""
    services = current_services()
    idle, now = sign_in_policy(services.settings).session_idle, services.clock.now()
    with read(services) as session:
        page = officers.accounts_page(session, idle=idle, now=now)
    return answer(page)


@api.post("", responses={200: GivenPassword})
@staff_guard(Permission.MANAGE_ACCOUNTS)
@limited("password.change", by="staff")
def post_account(body: OpenAccount) -> ResponseReturnValue:
    """Open an account that may do nothing yet; its password is told once."""
    password = new_password()
    password_hash = hash_password(password)
    with write(current_services(), actor=current_actor()) as work:
        login = officers.open_account(work, new=body, password_hash=password_hash)
    return answer(GivenPassword(login=login, password=password))


@api.put("/<staff_id>/active", responses={204: None})
@staff_guard(Permission.MANAGE_ACCOUNTS)
def put_account_active(path: AccountPath, body: SetActive) -> ResponseReturnValue:
    """Close an account, ending its sessions, or open it again."""
    with write(current_services(), actor=current_actor()) as work:
        officers.set_active(work, staff_id=path.staff_id, active=body.active)
    return no_content()


@api.post("/<staff_id>/password", responses={200: GivenPassword})
@staff_guard(Permission.MANAGE_ACCOUNTS)
@limited("password.change", by="staff")
def post_account_password(path: AccountPath) -> ResponseReturnValue:
    """Give an account a new password, told once; its sessions end and a lock is lifted."""
    password = new_password()
    new_hash = hash_password(password)
    with write(current_services(), actor=current_actor()) as work:
        login = officers.reset_password(work, staff_id=path.staff_id, new_hash=new_hash)
    return answer(GivenPassword(login=login, password=password))


@api.post("/<staff_id>/sign-out", responses={204: None})
@staff_guard(Permission.MANAGE_ACCOUNTS)
def post_account_sign_out(path: AccountPath) -> ResponseReturnValue:
    """End all sessions of somebody; their screens close."""
    with write(current_services(), actor=current_actor()) as work:
        officers.sign_out_everywhere(work, staff_id=path.staff_id)
    return no_content()


@api.put("/<staff_id>/roles", responses={204: None})
@staff_guard(Permission.GIVE_ROLES)
def put_account_roles(path: AccountPath, body: GiveRoles) -> ResponseReturnValue:
    """Replace somebody's roles; they sign in anew."""
    with write(current_services(), actor=current_actor()) as work:
        officers.give_roles(work, staff_id=path.staff_id, roles=body.roles)
    return no_content()


@api.post("/<staff_id>/reset-factor", responses={204: None})
@staff_guard(Permission.MANAGE_ACCOUNTS)
def post_reset_factor(path: AccountPath) -> ResponseReturnValue:
    """Take away the second factor of somebody who has lost it."""
    with write(current_services(), actor=current_actor()) as work:
        officers.reset_factor(work, staff_id=path.staff_id)
    return no_content()


@api.get("/demands", responses={200: FactorDemands})
@staff_guard(Permission.SEE_ACCOUNTS)
def get_factor_demands() -> ResponseReturnValue:
    """Which roles must have a second factor."""
    with read(current_services()) as session:
        page = factor_demands.demands_page(session)
    return answer(page)


@api.put("/demands", responses={204: None})
@staff_guard(Permission.GIVE_ROLES)
def put_factor_demands(body: DemandFactors) -> ResponseReturnValue:
    """Say which roles must have a second factor, and with how many days of grace."""
    with write(current_services(), actor=current_actor()) as work:
        factor_demands.demand_factors(work, demands=body.demands)
    return no_content()
