"""Proves backups on a demo desk: the commands make, verify, drill and restore one, and the audit of both is whole."""

import os
import re
import sys
import tempfile
import time
from pathlib import Path

from click.testing import CliRunner

from caredesk.cli.main import main as caredesk

SECRET = re.compile(r"AGE-SECRET-KEY-1\w+")


def main() -> None:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        desk, clean = folder / "desk", folder / "clean"
        run("demo", "load", data=desk)
        secret = folder / "secret.txt"
        found = SECRET.search(run("backup", "key", data=desk))
        if found is None:
            sys.exit("`caredesk backup key` has printed no secret key.")
        secret.write_text(found.group())
        run("backup", "create", data=desk)
        for command in ("verify", "drill"):
            print(run("backup", command, "--secret-file", secret, data=desk), end="")
        run("backup", "restore", "--secret-file", secret, "--from", desk / "backups", data=clean)
        for data in (desk, clean):
            print(run("audit", "verify", data=data), end="")
    print(f"Backups hold ({time.monotonic() - started:.0f} s).")


def run(*arguments: str | Path, data: Path) -> str:
    """Run a command on the desk of a data folder and return what it prints; one that fails ends it all."""
    # None takes a variable away: settings of whoever runs this must not lead to a real desk.
    environment: dict[str, str | None] = dict.fromkeys(name for name in os.environ if name.startswith("CAREDESK_"))
    environment["CAREDESK_DATA_DIR"] = os.fspath(data)
    done = CliRunner(env=environment).invoke(caredesk, [os.fspath(argument) for argument in arguments])
    if done.exit_code != 0:
        sys.exit(f"caredesk {' '.join(map(str, arguments))} has failed:\n{done.output}{done.exception or ''}")
    return done.stdout


if __name__ == "__main__":
    main()
