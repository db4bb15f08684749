"""Proves the wheel in dist/: in a fresh environment without Node it starts a desk and serves its pages."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("/readyz", "/chat", "/console", "/doctor", "/widget.js")
LONGEST_START = 200.0


def main() -> None:
    started = time.monotonic()
    wheel = next((ROOT / "dist").glob("caredesk-*.whl"), None)
    if wheel is None:
        sys.exit("There is no wheel in dist/: run `python3 dev.py build` first.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        install(wheel, folder=folder)
        serve_and_look(folder)
    print(f"The wheel works by itself ({time.monotonic() - started:.0f} s).")


def install(wheel: Path, *, folder: Path) -> None:
    """Install the wheel and its pinned dependencies, none of the extras, into a new environment."""
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip: list[str | Path] = [
        folder / "venv" / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, "-c", ROOT / "constraints.txt", wheel], check=True)


def serve_and_look(folder: Path) -> None:
    """Start the desk far from the checkout and fetch its pages."""
    port = free_port()
    programs = folder / "venv" / "bin"
    # A PATH with nothing but the environment: whoever looks for Node finds none.
    environment = {
        "PATH": str(programs),
        "HOME": name_of(folder / "home"),
        "CAREDESK_DATA_DIR": name_of(folder / "data"),
    }
    log = folder / "desk.log"
    with log.open("wb") as output:
        desk = subprocess.Popen(
            [programs / "caredesk", "run", "--demo", "--port", str(port)],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        wait_until_ready(desk, port=port)
        for page in PAGES:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=10) as answer:
                print(f"{page}: {answer.status}, {len(answer.read())} bytes")
    except (OSError, RuntimeError) as error:
        sys.exit(f"The installed wheel does not work: {error}\n{log.read_text(errors='replace')[-4000:]}")
    finally:
        desk.terminate()
        desk.wait(timeout=30)


def wait_until_ready(desk: "subprocess.Popen[bytes]", *, port: int) -> None:
    deadline = time.monotonic() + LONGEST_START
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
        except (urllib.error.URLError, OSError):
            if desk.poll() is not None or time.monotonic() > deadline:
                message = f"not ready (exit code {desk.poll()})"
                raise RuntimeError(message) from None
            time.sleep(0.2)
        else:
            return


def name_of(folder: Path) -> str:
    folder.mkdir()
    return os.fspath(folder)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main()
