"""
Which scopes a user belongs to, as text such as `rpas_operator:3`.

Lower apps store the scope of what they record; higher apps register who belongs to which.
"""

from collections.abc import Callable, Iterable
from typing import Any

Source = Callable[[Any], Iterable[str]]

_sources: list[Source] = []


def scope_source(source: Source) -> Source:
    """Register a function that names the scopes a user belongs to."""
    if source not in _sources:
        _sources.append(source)
    return source


def scopes_of(user: Any) -> set[str]:
    """Collect every scope the user belongs to, from all registered sources."""
    if not getattr(user, "is_authenticated", False):
        return set()
    return {scope for source in _sources for scope in source(user)}
