"""No file above 400 lines, no function above 40: what does not fit is two things."""

from __future__ import annotations

import ast

from tests.conventions.source import ROOT, Module, module_of, modules

FILE_LINES = 400
FUNCTION_LINES = 40


def long_functions(module: Module) -> list[str]:
    """Return the functions of a module that are too long, signature and docstring included."""
    functions = [node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = [(node.name, (node.end_lineno or 0) - node.lineno + 1) for node in functions]
    return [f"{module.name} {name}: {lines}" for name, lines in lengths if lines > FUNCTION_LINES]


def checked_modules() -> tuple[Module, ...]:
    """Return the package's modules, and the scripts that stand beside it.

    A migration is a list of tables that nobody edits once it has run somewhere.
    """
    scripts = [ROOT / "dev.py", ROOT / "hatch_build.py", *sorted((ROOT / "devtools").glob("*.py"))]
    package = [module for module in modules() if not module.name.startswith("migrations/versions/")]
    return (*package, *(module_of(path.read_text("utf-8"), name=f"../{path.name}") for path in scripts))


def test_no_file_is_too_long() -> None:
    long = [f"{m.name}: {len(m.text.splitlines())}" for m in checked_modules() if len(m.text.splitlines()) > FILE_LINES]
    assert long == []


def test_no_function_is_too_long() -> None:
    assert [fault for module in checked_modules() for fault in long_functions(module)] == []


def test_the_rule_sees_a_function_one_line_too_long() -> None:
    body = "\n".join("    pass" for _ in range(FUNCTION_LINES))
    assert long_functions(module_of(f"def long():\n{body}"))
    assert long_functions(module_of(f"async def long():\n{body}"))
    assert long_functions(module_of(f"def fits():\n{body.removesuffix('    pass')}")) == []
