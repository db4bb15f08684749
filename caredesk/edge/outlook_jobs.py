"""The slow part of looking ahead: learning from how visits went which families are hardly online when called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from caredesk.actions.outlooks import LEARNED_FROM, Learned, pasts_between
from caredesk.assistance.outlook_rules import LATER_SHARE, RULE, Past, Weights, error_of, is_enough, score, was_missing
from caredesk.edge.services import Services
from caredesk.edge.transactions import read

PARTS = tuple(RULE.of)


def minutes_ahead(services: Services, _payload: dict[str, Any]) -> int:
    """Return how far this desk looks ahead."""
    return services.settings.remind_minutes


def learn(services: Services, _payload: dict[str, Any]) -> Learned | None:
    """Learn from the desk's own outcomes; none while there are too few."""
    now = services.clock.now()
    with read(services) as session:
        pasts = pasts_between(session, since=now - LEARNED_FROM, now=now)
    return learned_from(pasts)


def learned_from(pasts: Sequence[Past]) -> Learned | None:
    """Fit the weights to the earlier outcomes and judge them by the later ones; none while there are too few."""
    # Who was reminded behaves otherwise than who was not: learning from them would foretell what reminding mends.
    judged = [(past.parts, was_missing(past)) for past in pasts if past.group != "reminded"]
    known = [(parts, missing) for parts, missing in judged if missing is not None]
    if not is_enough([missing for _, missing in known]):
        return None
    split = round(len(known) * (1 - LATER_SHARE))
    earlier, later = known[:split], known[split:]
    if len({missing for _, missing in earlier}) < 2:
        return None
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 (a fifth of a desk's start, used at night)

    fitted = LogisticRegression(max_iter=500).fit([_row(parts) for parts, _ in earlier], [m for _, m in earlier])
    base, parts = float(fitted.intercept_[0]), dict(zip(PARTS, map(float, fitted.coef_[0]), strict=True))
    weights = Weights("learned", base, parts)
    return Learned(
        base=base,
        parts=parts,
        outcomes=len(known),
        error=error_of([(score(found, weights=weights), missing) for found, missing in later]),
        error_of_rule=error_of([(score(found, weights=RULE), missing) for found, missing in later]),
    )


def _row(parts: Mapping[str, float]) -> list[float]:
    return [float(parts.get(name, 0.0)) for name in PARTS]
