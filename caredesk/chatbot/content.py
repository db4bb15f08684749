"""Reads the chatbot's own data files: word lists, guards and replies, which the hospital may edit."""

from importlib.resources import files
from typing import Any

import yaml


def read_yaml(name: str) -> Any:  # noqa: ANN401 (each reader knows the shape of its own file)
    """Return the parsed YAML file of that name in `chatbot/data`."""
    return yaml.safe_load(read_text(name))


def read_text(name: str) -> str:
    """Return the text of the file of that name in `chatbot/data`."""
    return (files("caredesk.chatbot") / "data" / name).read_text(encoding="utf-8")


def read_bytes(name: str) -> bytes:
    """Return the bytes of the file of that name in `chatbot/data`."""
    return (files("caredesk.chatbot") / "data" / name).read_bytes()


def read_lines(name: str) -> list[str]:
    """Return the file's lines without blanks and comments."""
    lines = (line.strip() for line in read_text(name).splitlines())
    return [line for line in lines if line and not line.startswith("#")]
