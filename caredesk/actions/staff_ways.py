"""Where a member of staff is reached and how other systems call them: set by whoever runs the desk."""

from __future__ import annotations

from dataclasses import dataclass

from caredesk.accounts import queries
from caredesk.accounts.errors import BadWay, WeComTaken
from caredesk.accounts.models import Staff
from caredesk.accounts.rules import normal_login
from caredesk.assistance.call_up_rules import read_number
from caredesk.core.work import Work

LONGEST = {"doctor_id": 60, "department_id": 60, "phone": 30, "wechat_id": 80, "wecom_id": 64}


@dataclass(frozen=True)
class Ways:
    """What is to be set; what is none stays as it is, what is empty is taken away."""

    doctor_id: str | None = None
    department_id: str | None = None
    phone: str | None = None
    wechat_id: str | None = None
    wecom_id: str | None = None


def set_ways(work: Work, *, login: str, ways: Ways) -> Staff:
    """Set how somebody is reached and called."""
    staff = queries.get_staff_by_login(work.session, login=normal_login(login))
    for name, longest in LONGEST.items():
        if len(getattr(ways, name) or "") > longest:
            raise BadWay(way=name)
    if ways.phone and not read_number(ways.phone).is_mobile:
        raise BadWay(way="phone")
    if ways.wecom_id:
        other = queries.find_staff_by_wecom(work.session, wecom_id=ways.wecom_id)
        if other is not None and other.id != staff.id:
            raise WeComTaken
    for name in ("department_id", "phone", "wechat_id"):
        value = getattr(ways, name)
        if value is not None:
            setattr(staff, name, value)
    if ways.doctor_id is not None:
        staff.doctor_id = ways.doctor_id or None
    if ways.wecom_id is not None:
        staff.wecom_id = ways.wecom_id or None
    return staff
