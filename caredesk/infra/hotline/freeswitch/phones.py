"""Phones at FreeSWITCH: the directory that they may register by, and who is registered now."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from caredesk.infra.hotline.freeswitch import words
from caredesk.infra.hotline.freeswitch.event_socket import Event, Switch

LONGEST_SECONDS = 86_400


class Phones:
    """Who may register, and who is. `told` gets the facts of the wire."""

    def __init__(self, folder: Path, *, told: Callable[..., None], now: Callable[[], datetime]) -> None:
        """Write the directory into this folder, which FreeSWITCH includes."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path, self._told, self._now = folder / "phones.xml", told, now
        self._kinds: dict[str, str] = {}

    def learn(self, shape: Mapping[str, Any], *, switch: Switch) -> None:
        """Write the directory anew and have FreeSWITCH read it."""
        phones = list(shape["phones"])
        self._kinds = {str(phone["user"]): str(phone["kind"]) for phone in phones}
        written = words.directory(phones, realm=str(shape.get("realm", "")))
        fresh = self._path.with_suffix(".new")
        # What proves a password opens a phone: for FreeSWITCH's group at most.
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o640), "w") as file:
            file.write(written)
        fresh.replace(self._path)
        switch.api("reloadxml")

    def hear(self, event: Event) -> str:
        """Take an event of a registration; return the user whose phone has gone, or nothing."""
        user = event.get("from-user") or event.get("user")
        if not words.USER.fullmatch(user):
            return ""
        if event.name == "sofia::register":
            self._registered(user, seconds=event.get("expires"))
            return ""
        reason = "expired" if event.name == "sofia::expire" else "unregistered"
        self._told("phone.unregistered", user=user, kind=self._kind(user), reason=reason)
        return user

    def _registered(self, user: str, *, seconds: str) -> None:
        lasting = min(int(seconds), LONGEST_SECONDS) if seconds.isdecimal() else 60
        self._told("phone.registered", user=user, kind=self._kind(user), expires_at=self._at(seconds=lasting))

    def _kind(self, user: str) -> str:
        return self._kinds.get(user, "browser" if user.startswith("w") else "desk")

    def _at(self, *, seconds: float) -> str:
        return (self._now() + timedelta(seconds=seconds)).isoformat(timespec="seconds")

    def tell_all(self, switch: Switch) -> None:
        """Tell who is registered, after a time in which nobody listened."""
        for user, until in _registrations(switch.api("show registrations as json")):
            expires_at = until.isoformat(timespec="seconds")
            self._told("phone.registered", user=user, kind=self._kind(user), expires_at=expires_at)


def _registrations(answer: str) -> Iterator[tuple[str, datetime]]:
    for row in rows_of(answer):
        user, expires = str(row.get("reg_user", "")), str(row.get("expires", ""))
        if words.USER.fullmatch(user) and expires.isdecimal():
            yield user, datetime.fromtimestamp(int(expires), UTC)


def rows_of(answer: str) -> list[Mapping[str, Any]]:
    """Return the rows of a `show … as json`; FreeSWITCH leaves them out when there are none."""
    try:
        told = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return []
    rows = told.get("rows", []) if isinstance(told, dict) else []
    return [row for row in rows if isinstance(row, dict)]
