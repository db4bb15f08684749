"""Errors of prompts: recordings that cannot be taken, names that are none."""

from __future__ import annotations

from caredesk.core.errors import BadInput, NotFound


class SoundRefused(BadInput):
    """An uploaded recording cannot be used; `reason` is size, type, format, broken, long or empty."""

    code = "hotline.sound_refused"


class PromptUnknown(NotFound):
    """No prompt has this name."""

    code = "hotline.prompt_unknown"
