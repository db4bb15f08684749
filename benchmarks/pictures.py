"""Draw every plot of docs/performance.md again: run `python -m benchmarks.pictures [--quick] [NAME ...]`.

One benchmark after the other draws its own picture into `docs/pictures`; without names all of them, which takes an hour
and a half on two quiet cores. Each picture says under which load it was drawn: do it where nothing else runs.
`--quick` tries the way with small sizes, and draws into a folder of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
DRAWN: dict[str, tuple[str, ...]] = {
    "crowds": ("crowds",),
    "crowds-postgres": ("crowds", "--postgres"),
    "matcher-growth": ("matcher",),
    "faq-growth": ("faq",),
    "growth": ("growth",),
    "growth-postgres": ("growth", "--postgres"),
}
"""The benchmark and its options, by the picture's name."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, and return how many benchmarks could not be drawn or missed a target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, into a temporary folder")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(DRAWN)}")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(DRAWN):
        parser.error(f"no picture is named {', '.join(sorted(unknown))}")
    folder = Path(tempfile.mkdtemp(prefix="caredesk-pictures-")) if options.quick else PICTURES
    missed = 0
    for name in options.names or DRAWN:
        benchmark, *more = DRAWN[name]
        size = ["--quick"] if options.quick else []
        file = folder / f"{name}.svg"
        command = [sys.executable, "-m", f"benchmarks.{benchmark}", *more, *size, "--plot", str(file)]
        print(f"{file}:", flush=True)
        missed += subprocess.run(command, check=False).returncode != 0
    return missed


if __name__ == "__main__":
    raise SystemExit(main())
