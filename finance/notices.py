"""What is kept of an event, and how it is read again: our own facts, never the provider's body."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from finance.gateways.base import (
    CardFacts,
    DisputeState,
    MethodState,
    ObjectState,
    PaymentState,
    RefundState,
)

_SHAPES: Mapping[str, type] = {
    "payment": PaymentState,
    "refund": RefundState,
    "dispute": DisputeState,
    "method": MethodState,
}


def facts_of(state: ObjectState | None) -> dict[str, Any]:
    """The facts of a state as JSON; nothing of one that is about something else."""
    if state is None:
        return {}
    what = next(name for name, shape in _SHAPES.items() if isinstance(state, shape))
    facts = {name: _plain(value) for name, value in asdict(state).items()}
    return {"what": what, **facts}


def notice_from(facts: Mapping[str, Any]) -> ObjectState | None:
    """The state that `facts_of` wrote down."""
    if not facts:
        return None
    values = {name: value for name, value in facts.items() if name != "what"}
    for name in ("ids", "payment_ids"):
        if name in values:
            values[name] = tuple(values[name])
    for name in ("card", "method"):
        if values.get(name):
            values[name] = CardFacts(**values[name])
    if values.get("respond_by"):
        values["respond_by"] = datetime.fromisoformat(values["respond_by"])
    state: ObjectState = _SHAPES[facts["what"]](**values)
    return state


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
