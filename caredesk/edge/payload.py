"""Reads what a view declares (`path`, `query`, `body`, `form`) from the request, after its guard has let it in.

flask-openapi3 would validate before the guard; then strangers could probe routes, and read 422 where 401 belongs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from inspect import unwrap
from types import SimpleNamespace
from typing import Any, get_origin, get_type_hints

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import FileStorage, MultiDict

from caredesk.core.errors import TooLarge
from caredesk.edge.errors import MalformedPayload, MediaTypeRefused, malformed

Parts = dict[str, type[BaseModel]]

_PARTS = ("path", "query", "form", "body")

# PostgreSQL stores no NUL character, so none enters. An even number of backslashes before it makes it plain text.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def declared_parts(view: Callable[..., Any]) -> Parts:
    """Return the shapes that a view asks for, by the names of its arguments."""
    hints = get_type_hints(SimpleNamespace(__annotations__=annotations_of_parts(view)), unwrap(view).__globals__)
    return {part: shape for part, shape in hints.items() if _is_shape(shape)}


def annotations_of_parts(view: Callable[..., Any]) -> dict[str, Any]:
    """Return a view's annotations without that of its answer, whose names exist for type checkers only."""
    return {name: view.__annotations__[name] for name in _PARTS if name in view.__annotations__}


def read_parts(parts: Parts, *, path_values: Mapping[str, object]) -> dict[str, object]:
    """Return the arguments of a view: each declared shape, or the plain values of the path when it declares none."""
    _refuse_nul(path_values.values())
    arguments: dict[str, object] = {} if "path" in parts else dict(path_values)
    for part, shape in parts.items():
        try:
            arguments[part] = _read(part, shape=shape, path_values=path_values)
        except ValidationError as error:
            raise malformed(error, part=part) from None
    return arguments


def _read(part: str, *, shape: type[BaseModel], path_values: Mapping[str, object]) -> BaseModel:
    if part == "path":
        return shape.model_validate(dict(path_values))
    if part == "query":
        return shape.model_validate(_flat(request.args, shape=shape))
    if part == "form":
        return shape.model_validate(_form_values(shape))
    return _read_json(shape)


def _form_values(shape: type[BaseModel]) -> dict[str, object]:
    # The framework's file type takes anything; words in the place of a file are a missing file.
    words = {key: value for key, value in _flat(request.form, shape=shape).items() if not _is_file(shape, key)}
    return {**words, **request.files.to_dict()}


def _read_json(shape: type[BaseModel]) -> BaseModel:
    if not request.is_json:
        raise MediaTypeRefused
    raw = request.get_data(cache=False)
    # A body without a length is cut off at the limit instead of being refused by the framework.
    most = request.max_content_length
    if not request.content_length and most is not None and len(raw) >= most:
        raise TooLarge
    if _NUL.search(raw):
        raise MalformedPayload(body="nul_character")
    # pydantic's own parser refuses endless nesting, lone surrogates and broken UTF-8, which Python's lets through.
    return shape.model_validate_json(raw)


def _flat(values: MultiDict[str, str], *, shape: type[BaseModel]) -> dict[str, object]:
    _refuse_nul(values.values())
    return {key: found if _is_list(shape, key) else found[0] for key, found in values.lists()}


def _is_list(shape: type[BaseModel], key: str) -> bool:
    field = shape.model_fields.get(key)
    return field is not None and get_origin(field.annotation) is list


def _is_file(shape: type[BaseModel], key: str) -> bool:
    field = shape.model_fields.get(key)
    kind = field.annotation if field is not None else None
    return isinstance(kind, type) and issubclass(kind, FileStorage)


def _is_shape(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseModel)


def _refuse_nul(values: object) -> None:
    if any(isinstance(value, str) and "\x00" in value for value in values):  # type: ignore[attr-defined]
        raise MalformedPayload(address="nul_character")
