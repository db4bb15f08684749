"""Programs of Debian that tests and the hotline use: installed where that is allowed, else named."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass

from devtools.programs import quietly


@dataclass(frozen=True)
class Programs:
    """Some programs, the packages that bring them, and what happens without them."""

    any_of: tuple[str, ...]
    """One of these names is enough."""
    packages: tuple[str, ...]
    without: str


CHROMIUM = Programs(
    ("chromium", "chromium-browser", "google-chrome"),
    ("chromium", "fonts-noto-cjk"),
    "No Chromium here: the browser tests will be skipped.",
)
TRUNK = Programs(("sipp",), ("sip-tester",), "No sipp here: the hotline's tests will be skipped.")
PHONES = Programs(("baresip",), ("baresip-core",), "No baresip here: the hotline's tests will be skipped.")
SPEECH = Programs(("espeak-ng",), ("espeak-ng",), "No espeak-ng here: the hotline's prompts will be tones.")


def install(*wanted: Programs) -> None:
    """Install what is missing; without the right to do so, say what will not work and how to mend it."""
    missing = [one for one in wanted if not any(shutil.which(name) for name in one.any_of)]
    if not missing:
        return
    packages = [package for one in missing for package in one.packages]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        for one in missing:
            print(f"      {one.without}")
        print(f"      On Debian, as root: apt-get install {' '.join(packages)}")
        return
    advice = f"{' '.join(packages)} could not be installed. Check the network and apt's sources, or install by hand."
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for words in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        quietly(["apt-get", *words], advice=advice, environment=environment)
