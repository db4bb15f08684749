"""FreeSWITCH's own words: why a channel ended, how a phone is named in a command, how its directory is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

REASONS: Mapping[str, str] = {
    "NO_ANSWER": "timeout",
    "NO_USER_RESPONSE": "timeout",
    "ALLOTTED_TIMEOUT": "timeout",
    "PROGRESS_TIMEOUT": "timeout",
    "USER_BUSY": "busy",
    "CALL_REJECTED": "declined",
    "USER_NOT_REGISTERED": "not_registered",
    "SUBSCRIBER_ABSENT": "not_registered",
    "ORIGINATOR_CANCEL": "cancelled",
    "UNALLOCATED_NUMBER": "unreachable",
    "NO_ROUTE_DESTINATION": "unreachable",
    "NETWORK_OUT_OF_ORDER": "unreachable",
    "DESTINATION_OUT_OF_ORDER": "unreachable",
    "RECOVERY_ON_TIMER_EXPIRE": "unreachable",
    "GATEWAY_DOWN": "unreachable",
    "NORMAL_TEMPORARY_FAILURE": "unreachable",
}
"""What a leg that was not answered failed of, in the desk's words; everything else is an error."""
WITHOUT_A_WORD = frozenset({"MEDIA_TIMEOUT", "RECOVERY_ON_TIMER_EXPIRE", "DESTINATION_OUT_OF_ORDER"})
"""An answered phone that ended so is gone; nobody hung up."""
CAUSE_OF_CODE: Mapping[int, str] = {
    404: "UNALLOCATED_NUMBER",
    480: "NO_USER_RESPONSE",
    486: "USER_BUSY",
    503: "NORMAL_TEMPORARY_FAILURE",
    603: "CALL_REJECTED",
}
FROM_THERE = frozenset({"recv_bye", "recv_cancel", "recv_refuse"})
"""`sip_hangup_disposition` when the other side ended it. The order of events does not tell who did."""

NUMBER = re.compile(r"\+?[0-9*#]{1,32}", re.ASCII)
USER = re.compile(r"[A-Za-z0-9._-]{1,40}", re.ASCII)
ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
DIGITS = re.compile(r"[0-9*#A-D]{1,32}", re.ASCII)
NAME = re.compile(r"[A-Za-z0-9_.-]{1,80}", re.ASCII)


class BadCommand(Exception):
    """A command of the desk makes no sense here; it is told in the log and counts as done."""


def checked(pattern: re.Pattern[str], value: object) -> str:
    """Return a value that may stand in a command, or raise BadCommand: nothing else gets into one."""
    text = str(value)
    if not pattern.fullmatch(text):
        raise BadCommand(pattern.pattern)
    return text


def originate(target: str, *, channel: str, seconds: int, shown: str, call_id: str) -> str:
    """Return the command that rings a phone and parks it when it answers."""
    variables = {
        "origination_uuid": channel,
        "originate_timeout": str(seconds),
        "ignore_early_media": "true",
        "origination_caller_id_number": shown,
        "origination_caller_id_name": shown,
        # Who is left alone by a bridge waits for what the desk says next.
        "park_after_bridge": "true",
        "hangup_after_bridge": "false",
        "playback_terminators": "none",
        "caredesk_leg": "true",
        "caredesk_call": call_id,
    }
    written = ",".join(f"{name}={value}" for name, value in variables.items())
    return f"originate {{{written}}}{target} &park()"


def phone_target(user: object, *, domain: str) -> str:
    """Return the dial string of a registered phone."""
    return f"user/{checked(USER, user)}@{domain}"


def number_target(number: object, *, gateway: str) -> str:
    """Return the dial string of an outside number."""
    return f"sofia/gateway/{checked(USER, gateway)}/{checked(NUMBER, number)}"


def played(paths: Iterable[str]) -> str:
    """Return several sounds as one."""
    return "file_string://" + "!".join(paths)


def directory(phones: Iterable[Mapping[str, Any]], *, realm: str) -> str:
    """Return the directory's users, whose passwords are known by HA1 only."""
    users = [_user(phone) for phone in phones if USER.fullmatch(str(phone.get("user", "")))]
    return "\n".join(["<include>", f"  <!-- realm: {realm}; written by caredesk -->", *users, "</include>", ""])


def _user(phone: Mapping[str, Any]) -> str:
    user, ha1, kind = str(phone["user"]), str(phone.get("ha1", "")), str(phone.get("kind", "desk"))
    params = f'<params><param name="a1-hash" value={quoteattr(ha1)}/></params>'
    variables = f'<variables><variable name="caredesk_kind" value={quoteattr(kind)}/></variables>'
    return f"  <user id={quoteattr(user)}>{params}{variables}</user>"
