#!/usr/bin/env python3
"""Runs, tests, checks and builds caredesk on a machine that has nothing but Python 3.11 or newer.

python3 dev.py run    start the desk with its demo hospital (options of `caredesk run` may follow);
                      with --hotline also the telephone hotline, on this machine only
python3 dev.py test   run every test (options of pytest may follow)
python3 dev.py check  run linters, type checks and the quick tests (not those with --without-tests)
python3 dev.py build  make the wheel in dist/, and its bill of materials
"""

import sys

if sys.version_info < (3, 11):
    sys.exit("caredesk needs Python 3.11 or newer; this is Python %d.%d. Try: python3.12 dev.py" % sys.version_info[:2])

import errno
import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

from devtools import debian
from devtools.programs import ROOT, Command, StepFailed, exit_code, quietly, read_json, succeeds
from devtools.side_by_side import run_both
from devtools.steps import Counts, Results, Steps

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
INSTALLED = VENV / "caredesk-installed.json"

RUN_EXTRAS = ["web"]
BUILD_EXTRAS = ["web", "build"]
TEST_EXTRAS = ["web", "build", "test", "scaled", "bench"]
CHECK_EXTRAS = [*TEST_EXTRAS, "dev"]
SOURCE_BUILD_TOOLS = ["setuptools"]  # jieba comes as source, which a bare virtual environment cannot build
# The tests whose meaning depends on the database; they run on both.
STORE_TESTS = ["tests/actions", "tests/surfaces", "tests/live"]
QUICK = "not browser and not faults and not nightly and not telephony"
# The longest of them. What it sends is refused before any statement, or stored like all else: once is enough.
ON_ONE_STORE = "tests/surfaces/test_hostile.py"
# Page tests share one desk and keep an event loop open in their thread, so they run apart from the rest.
PAGE_TESTS = "tests/browser"
PARALLEL = ["-n", "2", "--dist", "loadgroup"]
# Telephones mostly wait for sound, so the process that has them leaves half a core to a third one.
PARALLEL_WITH_TELEPHONES = ["-n", "3", "--dist", "loadgroup"]
NO_TESTS_COLLECTED = 5


def main(arguments: list[str]) -> int:
    """Carry out the wanted command; an expected failure ends in a sentence, never in a traceback."""
    commands = {"run": run, "test": test, "check": check, "build": build}
    if not arguments or arguments[0] not in commands:
        print(__doc__)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    os.chdir(ROOT)
    try:
        return commands[arguments[0]](arguments[1:])
    except StepFailed as failure:
        print(f"\nStopped: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130


# --- The four commands ------------------------------------------------------------------------------------------------


def run(options: list[str]) -> int:
    """Install, build and start the desk with its demo hospital; with `--hotline` the hotline beside it."""
    rings, options = "--hotline" in options, [option for option in options if option != "--hotline"]
    steps = Steps(5 if rings else 4)
    if not {"-h", "--help"} & set(options):
        require_free_port(options)
    prepare(steps, RUN_EXTRAS)
    if rings:
        with steps.next("Voice of the hotline"):
            debian.install(debian.SPEECH)
    with steps.next("Front end"):
        build_front_end()
    steps.announce("Starting the desk (Ctrl-C stops it)")
    if not rings:
        # The desk takes the place of this process, so that Ctrl-C and signals reach it alone.
        os.execv(PYTHON, [str(PYTHON), "-m", "caredesk", "run", "--demo", *options])
    host, port = address_of(options)
    return run_both(PYTHON, options=options, host=host, port=port)


def test(options: list[str]) -> int:
    """Run every test: the browser side, Python on SQLite, real pages in Chromium, Python on PostgreSQL."""
    steps = Steps(8)
    results = Results()
    prepare(steps, TEST_EXTRAS)
    with steps.next("Browser and telephones for the tests"):
        debian.install(debian.CHROMIUM, debian.TRUNK, debian.PHONES)
    with steps.next("Front end"):
        build_front_end()
    with steps.next("Browser-side tests (Vitest)"):
        results.add("size of the parent's page", web_script("size"))
        results.add("vitest", *vitest())
    portions = {
        "Python tests on SQLite": (["tests"], [*PARALLEL_WITH_TELEPHONES, f"--ignore={PAGE_TESTS}"]),
        "Page tests in Chromium": ([PAGE_TESTS], []),
        "Python tests on PostgreSQL": (STORE_TESTS, [*PARALLEL, "--store", "postgres", f"--ignore={ON_ONE_STORE}"]),
    }
    for name, (folders, settings) in portions.items():
        with steps.next(name):
            results.add(name, *pytest_portion(options, folders=folders, settings=settings))
    return results.report()


def check(options: list[str]) -> int:
    """Run everything that finds mistakes within a minute or two, and leave a complete .venv."""
    tested = "--without-tests" not in options
    steps, results = Steps(9 if tested else 7), Results(wants_tests=tested)
    prepare(steps, CHECK_EXTRAS)
    with steps.next("Front end"):
        build_front_end()
    checks: dict[str, Callable[[], bool]] = {
        "Ruff": lambda: tool("ruff", "check", ".") & tool("ruff", "format", "--check", "."),
        "Types (mypy)": lambda: tool("mypy"),
        "Import contracts": lambda: tool("lint-imports", "--no-logo"),
        "ESLint, types and size of the front end": lambda: all([*map(web_script, ("lint", "typecheck", "size"))]),
    }
    for name, passes in checks.items():
        with steps.next(name):
            results.add(name, passes())
    if tested:
        with steps.next("Browser-side tests (Vitest)"):
            results.add("vitest", *vitest())
        with steps.next("Python tests without browser, telephones and faults"):
            results.add("pytest", *pytest("-m", QUICK, *PARALLEL, *options))
    return results.report()


def build(options: list[str]) -> int:
    """Make the wheel, with the front end in it, and beside it the bill of the parts of others."""
    steps = Steps(5)
    prepare(steps, BUILD_EXTRAS)
    with steps.next("Front end"):
        build_front_end()
    with steps.next("Wheel"):
        shutil.rmtree(ROOT / "dist", ignore_errors=True)
        pip: Command = [PYTHON, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
        quietly([*pip, "-w", "dist", ".", *options], advice="The lines above say what is wrong.")
        for wheel in (ROOT / "dist").glob("*.whl"):
            print(f"      {wheel.relative_to(ROOT)}, {wheel.stat().st_size / 1e6:.1f} MB")
    with steps.next("Bill of materials"):
        quietly([PYTHON, "-m", "devtools.sbom", "dist/caredesk.cdx.json"], advice="The lines above say what is wrong.")
    return 0


# --- Steps that several commands share --------------------------------------------------------------------------------


def prepare(steps: "Steps", extras: list[str]) -> None:
    """Make the virtual environment and install the pinned packages."""
    if os.name != "posix":
        raise StepFailed("caredesk runs on Linux and macOS. On Windows use WSL.")
    with steps.next("Python environment in .venv"):
        make_environment()
    with steps.next(f"Pinned packages ({', '.join(extras)})"):
        install_packages(extras)


def make_environment() -> None:
    """Make .venv, or mend one whose Python has gone or that was left half-made."""
    works: Command = [PYTHON, "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    if PYTHON.exists() and subprocess.run(works, capture_output=True, check=False).returncode == 0:
        return
    quietly(
        [sys.executable, "-m", "venv", "--clear", VENV],
        advice="Python's venv module seems incomplete. On Debian or Ubuntu: apt-get install python3-venv; then run "
        "this again.",
    )


def install_packages(extras: list[str]) -> None:
    """Install the package in editable form with pinned dependencies, unless that has been done already."""
    pins = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + (ROOT / "constraints.txt").read_bytes()).hexdigest()
    done = read_json(INSTALLED)
    known = set(done.get("extras", []))
    if done.get("pins") == pins and known >= set(extras):
        return
    everything = sorted(known | set(extras))
    pip: Command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-c", "constraints.txt"]
    advice = (
        "If packages could not be fetched, check the network, or pip's index and proxy (`pip config list`), and run "
        "this again: what is already here stays."
    )
    build_tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    quietly([*pip, *SOURCE_BUILD_TOOLS, *build_tools], advice=advice)
    quietly([*pip, "--no-build-isolation", "-e", f".[{','.join(everything)}]"], advice=advice)
    INSTALLED.write_text(json.dumps({"pins": pins, "extras": everything}), encoding="utf-8")


def build_front_end() -> None:
    """Build the pages if their sources have changed."""
    quietly(
        [PYTHON, "-m", "caredesk.webbuild"],
        advice="The lines above say what is wrong. CAREDESK_SKIP_WEB=1 leaves the front end as it is.",
    )


def require_free_port(options: list[str]) -> None:
    """Say at once, not after minutes of installing, that the port is taken."""
    host, port = address_of(options)
    if not port.isdigit() or int(port) == 0:
        return
    try:
        with socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except OSError as error:
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"can't be listened on ({error.strerror})"
        raise StepFailed(f"{host}:{port} {reason}. Choose another port: python3 dev.py run --port 5001") from None


def address_of(options: list[str]) -> tuple[str, str]:
    """Return where the desk will listen."""
    host = option_value(options, "--host") or os.environ.get("CAREDESK_HOST", "127.0.0.1")
    return host, option_value(options, "--port") or os.environ.get("CAREDESK_PORT", "5000")


def option_value(options: list[str], name: str) -> str | None:
    """Read `--port 5001` or `--port=5001`."""
    for number, option in enumerate(options, start=1):
        if option == name:
            return options[number] if number < len(options) else ""
        if option.startswith(f"{name}="):
            return option.partition("=")[2]
    return None


def web_script(name: str, *arguments: str) -> bool:
    """Run a script of web/package.json with the project's own Node."""
    return succeeds([PYTHON, "-m", "caredesk.webbuild", name, *arguments])


def tool(name: str, *arguments: str) -> bool:
    """Run a tool of the virtual environment."""
    return succeeds([VENV / "bin" / name, *arguments])


def vitest() -> "tuple[bool, Counts]":
    """Run the browser-side unit tests."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "vitest.json")
        reporters = ["--reporter=default", "--reporter=json", f"--outputFile.json={report}"]
        good = web_script("test", *reporters)
        found = read_json(report)
    skipped = found.get("numPendingTests", 0) + found.get("numTodoTests", 0)
    return good, Counts(found.get("numPassedTests", 0), found.get("numFailedTests", 0), skipped)


def pytest(*options: str) -> "tuple[bool, Counts]":
    """Run pytest once and count what it did."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "pytest.xml")
        code = exit_code([PYTHON, "-m", "pytest", f"--junitxml={report}", *options])
        counts = Counts.from_junit(report)
    # With someone's -k or path, one of the two runs may rightly find nothing; Results notices if both did.
    return code in (0, NO_TESTS_COLLECTED), counts


def pytest_portion(options: list[str], *, folders: list[str], settings: list[str]) -> "tuple[bool, Counts]":
    """Run the tests of some folders or, if a person named paths, those of them that lie in these folders."""
    named = [option for option in options if Path(option.partition("::")[0]).exists()]
    others = [option for option in options if option not in named]
    chosen = [path for path in named or folders if path.startswith(tuple(folders)) and (named or Path(path).is_dir())]
    return pytest(*settings, *others, *chosen) if chosen else (True, Counts())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
