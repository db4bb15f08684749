"""How views reach the running desk and how they answer: plain data in, JSON out."""

from __future__ import annotations

from typing import cast

from flask import Flask, Response, current_app
from pydantic import BaseModel

from caredesk.edge.services import Services

_EXTENSION = "caredesk"


def attach_services(app: Flask, *, services: Services) -> None:
    """Give an application the desk that its views work for."""
    app.extensions[_EXTENSION] = services


def current_services() -> Services:
    """Return the desk behind the current request."""
    return cast(Services, current_app.extensions[_EXTENSION])


def answer(shape: BaseModel, *, status: int = 200) -> Response:
    """Answer with a wire shape as JSON."""
    return Response(shape.model_dump_json(), status=status, mimetype="application/json")


def no_content() -> Response:
    """Answer that it is done and there is nothing to say."""
    return Response(status=204)
