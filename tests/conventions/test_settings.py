"""Every setting is in `docs/settings.md` with its default and meaning, and every setting there exists."""

from __future__ import annotations

import re

from pydantic import SecretStr

from caredesk.settings import Settings
from tests.conventions.source import ROOT

ROW = re.compile(r"^\| `(CAREDESK_[A-Z0-9_]+)` \| (?:`(.*?)`)? *\| (.+) \|$", re.MULTILINE)


def documented() -> dict[str, tuple[str, str]]:
    return {name: (default, meaning) for name, default, meaning in ROW.findall((ROOT / "docs/settings.md").read_text())}


def declared() -> dict[str, tuple[str, str]]:
    return {
        f"CAREDESK_{name.upper()}": (as_written(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    }


def as_written(default: object) -> str:
    """Return a default as somebody would type it; empty when there is none."""
    value = default.get_secret_value() if isinstance(default, SecretStr) else default
    return "" if value is None else str(value)


def test_the_document_says_of_every_setting_what_the_code_says() -> None:
    assert documented() == declared()


def test_they_stand_in_the_same_order() -> None:
    assert list(documented()) == list(declared())


def test_a_default_is_never_a_secret() -> None:
    secrets = [field.default for field in Settings.model_fields.values() if isinstance(field.default, SecretStr)]
    assert secrets
    assert [secret for secret in secrets if secret.get_secret_value()] == []
