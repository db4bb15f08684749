"""Hatch hook: a wheel carries the built front end, an editable install builds it when the desk first runs."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEndHook(BuildHookInterface[Any]):
    """Runs the front-end build before hatchling collects the files of a wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the front end unless the install only points at this checkout."""
        if version != "editable":
            webbuild_of(Path(self.root)).ensure_built()


def webbuild_of(root: Path) -> ModuleType:
    """Load caredesk/webbuild.py by its path: the build environment has none of the package's dependencies."""
    spec = importlib.util.spec_from_file_location("caredesk_webbuild", root / "caredesk" / "webbuild.py")
    if spec is None or spec.loader is None:
        message = "caredesk/webbuild.py is missing"
        raise FileNotFoundError(message)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
