"""What each role may do. The table is written out, so that a change of rights is a change of this file."""

from __future__ import annotations

import pytest

from caredesk.accounts.rules import Permission, Role, permissions_of

AGENT = {"signed_in", "work", "search_records", "reveal", "read_knowledge", "play_recordings"}
MAY: dict[str, set[str]] = {
    "agent": AGENT,
    "assistant": AGENT,
    "supervisor": AGENT
    | {"see_floor", "export_records", "see_metrics", "edit_knowledge", "publish_knowledge", "override_regression"}
    | {"set_up_hotline", "approve_exports", "erase_families", "allow_erasures"},
    "editor": {"signed_in", "read_knowledge", "edit_knowledge", "publish_knowledge"},
    "admin": {"signed_in", "see_metrics", "read_knowledge", "edit_knowledge", "edit_request_types", "set_up_hotline"}
    | {"see_accounts", "manage_accounts", "connect_systems"},
    "doctor": {"signed_in", "see_doctor_desk"},
    "nurse": {"signed_in", "see_doctor_desk"},
    "pharmacist": {"signed_in", "see_doctor_desk", "see_pharmacy"},
    "security": {"signed_in", "see_accounts", "give_roles", "approve_exports", "allow_erasures"},
    "auditor": {"signed_in", "read_audit", "see_accounts"},
}


def test_every_role_is_in_the_table() -> None:
    assert set(MAY) == set(Role)


@pytest.mark.parametrize("role", list(MAY))
def test_a_role_may_do_what_the_table_says_and_nothing_else(role: str) -> None:
    assert permissions_of([role]) == {Permission(name) for name in MAY[role]}


def test_two_roles_add_up() -> None:
    assert permissions_of(["editor", "doctor"]) == {Permission(name) for name in MAY["editor"] | MAY["doctor"]}


@pytest.mark.parametrize("roles", [[], ["root"], ["AGENT"], ["", "agent "]])
def test_no_role_or_an_unknown_one_may_nothing(roles: list[str]) -> None:
    assert permissions_of(roles) == frozenset()


def test_no_permission_is_out_of_everyones_reach() -> None:
    assert permissions_of(Role) == set(Permission)
