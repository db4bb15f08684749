"""The kind of route that the desk's application has."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class LateRule(Rule):
    """A route that compiles what builds addresses from it only when one is built, as `url_for` does.

    The library compiles two functions for every route, which is most of what making an application costs: a third of
    a second for some 340 routes. The desk hands addresses out as they are written and builds none.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Builder:  # noqa: FBT001, FBT002 (the library's own)
        compiled = super()._compile_builder

        def build(rule: Rule, **values: object) -> tuple[str, str]:
            return compiled(append_unknown)(rule, **values)

        return build
