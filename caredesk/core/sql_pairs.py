"""Rows that have one of many pairs of texts, each looked up by index, on both stores.

`(a, b) IN (VALUES ...)` says the same in fewer words, but SQLite reads the whole table for it as soon as there are two
pairs, whatever index there is. So the pairs come as one parameter and are joined as a table of their own.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, Select, bindparam, column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Elements(FunctionElement[Any]):
    """The elements of a JSON array as the rows of a table."""

    name = "elements"
    inherit_cache = True


def having_pair_of(query: Select[Any], first: Column[Any], second: Column[Any], *, pairs: str) -> Select[Any]:
    """Return the query for those rows only whose two columns are among the pairs of the parameter named `pairs`."""
    pair = _Elements(bindparam(pairs, type_=JSON())).table_valued(column("value", JSON()), name="pair")
    one, other = pair.c.value[0].as_string(), pair.c.value[1].as_string()
    return query.select_from(pair).where(first == one, second == other)


@compiles(_Elements, "sqlite")
def _elements_sqlite(element: _Elements, compiler: SQLCompiler, **options: object) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Elements, "postgresql")
def _elements_postgres(element: _Elements, compiler: SQLCompiler, **options: object) -> str:
    return f"json_array_elements({compiler.process(element.clauses, **options)})"
