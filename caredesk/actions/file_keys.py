"""The keys of kept files: each has its own, wrapped by the master key; a walk brings all under the newest one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from caredesk.core.work import Work

Folder = Literal["files", "recordings"]
FOLDERS: tuple[Folder, ...] = ("files", "recordings")
"""What is sealed file by file, in the order in which the walk goes: pictures first, there are most of them."""


@dataclass(frozen=True)
class Step:
    """Where the walk is: one of 256 shelves of a folder."""

    folder: Folder
    shelf: int


def begin_sealing(work: Work) -> None:
    """Have every kept file brought under the master key in force; a walk that is on its way begins anew."""
    seal_on(work, following=Step(folder=FOLDERS[0], shelf=0))


def seal_on(work: Work, *, following: Step | None) -> None:
    """Go on with the walk, when it has not come to its end."""
    if following is not None:
        work.enqueue("seal_files", asdict(following), key="seal_files")
