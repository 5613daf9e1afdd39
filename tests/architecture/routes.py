"""The routes of the URL conf, as people write them: `rpas/aircraft/{registration}/retire/`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import URLResolver

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Route:
    """One method of one address below `/api/`."""

    path: str
    method: str

    def __str__(self) -> str:
        return f"{self.path} {self.method}"

    @property
    def kind(self) -> str:
        """What the address is about, such as `rpas/aircraft`."""
        return "/".join(self.path.split("/")[:2])

    @property
    def is_of_one_row(self) -> bool:
        return "{" in self.path

    @property
    def is_list(self) -> bool:
        return self.method == "GET" and self.path.count("/") == 2

    @property
    def inner_kind(self) -> str:
        """What the second key of an address is of, such as `client-management/threads/files`."""
        parts = self.path.split("/")
        keys = [number for number, part in enumerate(parts) if part.startswith("{")]
        return "/".join((*parts[:2], parts[keys[1] - 1])) if len(keys) == 2 else ""

    def address(self, key: Any, inner: Any = None) -> str:
        """Below `/api/`, with its keys; the first stands for what is not given."""
        keys = iter((key, key if inner is None else inner))
        return "/api/" + re.sub(r"\{\w+\}", lambda _: str(next(keys, key)), self.path)


def api_routes() -> list[Route]:
    """Every method of every route of the API that the URL conf has."""
    return [
        Route(readable(text.removeprefix("api/")), method.upper())
        for text, pattern in walk(get_resolver())
        if text.startswith("api/")
        for method in _methods(pattern.callback)
    ]


def public_addresses() -> set[tuple[str, str]]:
    """Address, with `{}` for its keys, and method of what asks nobody who they are."""
    return {
        (re.sub(r"\{\w+\}", "{}", "/api/" + readable(text.removeprefix("api/"))), method)
        for text, pattern in walk(get_resolver())
        if text.startswith("api/") and not _authenticates(pattern.callback)
        for method in _methods(pattern.callback)
    }


def other_paths() -> set[str]:
    """What the URL conf serves beside the API and the admin."""
    found = {text for text, _ in walk(get_resolver())}
    return {text for text in found if not text.startswith(("api/", "admin/"))}


def walk(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every address of the URL conf as it is written there, with its pattern."""
    for each in resolver.url_patterns:
        text = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from walk(each, text)
        else:
            yield text, each


def _authenticates(callback: Any) -> bool:
    view = getattr(callback, "cls", None) or callback.view_class
    own = getattr(callback, "initkwargs", {}).get("authentication_classes")
    return bool(view.authentication_classes if own is None else own)


def readable(text: str) -> str:
    text = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", text)
    text = re.sub(r"<\w+:(\w+)>", r"{\1}", text)
    return text.replace("^", "").replace("$", "")


def _methods(callback: Any) -> list[str]:
    actions = getattr(callback, "actions", None)
    if actions is not None:
        # Called once, a viewset answers HEAD as well.
        return [method for method in METHODS if method in actions]
    view = getattr(callback, "cls", None) or callback.view_class
    return [method for method in METHODS if hasattr(view, method)]
