"""Where the master keys of people's data come from: the settings, else the data folder, which makes the first one."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from caredesk.core.sealing import MasterKey, PersonalSecrets
from caredesk.infra.secrets import secret_from
from caredesk.settings import Settings

NAME = "personal_data."
"""Files of secrets are `personal_data.0001` and so on; the highest number is in force."""


class FolderKeys:
    """Master keys of the data folder. A rotation adds a file, which every process that shares the folder finds."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._known: dict[str, MasterKey] = {}

    def newest(self) -> MasterKey:
        """Return the one in force; the first use makes it."""
        names = self._names()
        return self._read(names[-1] if names else f"{NAME}0001")

    def find(self, key_id: str) -> MasterKey | None:
        """Return the one of this id, if its file is still here."""
        # Looked for in the folder only when it is new: this is asked for every key of a person.
        known = list(self._known.values())
        return next((key for key in chain(known, map(self._read, self._names())) if key.id == key_id), None)

    def add(self) -> MasterKey:
        """Make a new one, which is in force from now on."""
        names = self._names()
        number = int(names[-1].removeprefix(NAME)) + 1 if names else 1
        return self._read(f"{NAME}{number:04}")

    def drop_older(self) -> list[str]:
        """Delete the files of all but the one in force; return the ids of what is gone."""
        gone = [(name, self._read(name).id) for name in self._names()[:-1]]
        for name, _ in gone:
            (self._data_dir / "secrets" / name).unlink(missing_ok=True)
            self._known.pop(name, None)
        return [key_id for _, key_id in gone]

    def _names(self) -> list[str]:
        return sorted(path.name for path in (self._data_dir / "secrets").glob(f"{NAME}[0-9][0-9][0-9][0-9]"))

    def _read(self, name: str) -> MasterKey:
        if name not in self._known:
            self._known[name] = MasterKey.of(secret_from(self._data_dir, name=name))
        return self._known[name]


class GivenKeys:
    """Master keys that the settings give, the one in force first."""

    def __init__(self, secrets: list[str]) -> None:
        self._keys = [MasterKey.of(secret) for secret in secrets]

    def newest(self) -> MasterKey:
        """Return the one in force."""
        return self._keys[0]

    def find(self, key_id: str) -> MasterKey | None:
        """Return the one of this id, if it is given."""
        return next((key for key in self._keys if key.id == key_id), None)


def master_keys(settings: Settings) -> FolderKeys | GivenKeys:
    """Return the master keys that the settings describe."""
    given = settings.personal_keys.get_secret_value().split()
    return GivenKeys(given) if given else FolderKeys(settings.data_dir)


def personal_secrets(settings: Settings) -> PersonalSecrets:
    """Return all that opens people's data."""
    index = settings.personal_index_secret.get_secret_value()
    return PersonalSecrets(master_keys(settings), index or secret_from(settings.data_dir, name="personal_index"))
