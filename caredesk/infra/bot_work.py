"""The bot's slow work, each piece one function that `aside.py` runs in a process of its own.

Only the engine is imported here and nothing of the desk, which would cost each helper 100 MB and a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from caredesk.chatbot.bot import Bot
from caredesk.chatbot.entries import Entries
from caredesk.chatbot.index import build_index
from caredesk.infra.aside import Tell
from caredesk.infra.index_folder import keep_index, learned_index, path_of, read_index

# So many questions are asked between two words on the progress.
AT_ONCE = 50


def learn(entries: Entries, version: str, folder: Path, before: Path | None, *, tell: Tell) -> Path:
    """Learn the index over these entries and return where it is kept.

    With an index that served before, tell first of one that carries on from it: what is new is found at once.
    """
    served = read_index(before) if before is not None else None
    if served is not None:
        carried = f"{version}-learning"
        path = path_of(entries, version=carried, folder=folder)
        keep_index(build_index(entries, version=carried, before=served), path=path)
        tell(path)
    learned_index(entries, version=version, folder=folder)
    return path_of(entries, version=version, folder=folder)


def lead(
    before: tuple[Entries, str],
    after: tuple[Entries, str],
    texts: Sequence[str],
    folder: Path,
    precision: float,
    *,
    tell: Tell,
) -> tuple[list[str], list[str]]:
    """Return where each question leads before and after a publication; tell how many were asked."""
    bots = []
    for entries, version in (before, after):
        index = learned_index(entries, version=version, folder=folder)
        bots.append(Bot(index, index.thresholds(precision=precision)))
    led: tuple[list[str], list[str]] = ([], [])
    for start in range(0, len(texts), AT_ONCE):
        for bot, places in zip(bots, led, strict=True):
            places.extend(bot.leads_to(text) for text in texts[start : start + AT_ONCE])
        tell(len(led[1]))
    return led
