"""
What an operation can refuse with, read from the code that it runs.

The names a view's method uses are followed through the project's own functions and methods to the
refusals (`DomainError`) among them. A service that is picked at run time is not found; what only
such a one refuses with is named by `documented(refusals=...)`, and schemathesis holds the document
against real answers.
"""

import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework.exceptions import NotFound

from common.api.etags import expected_version, with_etag
from common.api.idempotency import KeyMissing, KeyReused
from common.exceptions import DomainError, StaleVersion

NOT_FOUND: tuple[Any, ...] = (Http404, NotFound, get_object_or_404)
NOT_REQUIRED = ("is_required",)
ALWAYS = (400, 406, 429, 503)
NOT_PUBLIC = (401, 403)
WRITES = (409, 413, 415)
# Of any operation, and named where all refusals are described.
COMMON = ("invalid", "stale_version")
ENTRIES = ("initial", "get_queryset")
MARKED: tuple[type, ...] = (DomainError, Http404, NotFound)


class Handler:
    """One method of a view as its documents describe it."""

    def __init__(self, view: Any, method: str, path: str) -> None:
        self.view: Any = type(view)
        self.method, self.path = method.lower(), path
        self.name = str(getattr(view, "action", None) or self.method)
        self.function = getattr(self.view, self.name, None)
        self.is_public = not view.authentication_classes
        further = (*getattr(view, "further_errors", ()), *self._marked("further_errors", ()))
        self.further = set(further)

    def _marked(self, mark: str, default: Any = False) -> Any:
        return getattr(self.function, mark, default)

    @property
    def errors(self) -> list[type[DomainError]]:
        return domain_errors(self.view, self.name)

    @property
    def requires_version(self) -> bool:
        return requires_version(self.view, self.name)

    @property
    def reads_version(self) -> bool:
        return reads_version(self.view, self.name)

    @property
    def gives_etag(self) -> bool:
        return with_etag in reached(self.view, self.name)

    @property
    def requires_key(self) -> bool:
        return bool(self._marked("requires_key")) or KeyMissing in self.errors

    @property
    def is_idempotent(self) -> bool:
        return self.requires_key or bool(self._marked("is_idempotent"))

    def refusals(self, *, is_paged: bool) -> dict[int, list[str]]:
        """Each status this may refuse with, and the codes of the trade that come with it."""
        found: dict[int, list[str]] = {status: [] for status in self._statuses(is_paged)}
        for error in self._errors_of_its_own():
            found.setdefault(error.status, []).append(error.code)
        return dict(sorted(found.items()))

    def _errors_of_its_own(self) -> list[type[DomainError]]:
        errors = [each for each in self.errors if each.code not in COMMON]
        if self.is_idempotent and KeyReused not in errors:
            errors.append(KeyReused)
        if self.requires_key and KeyMissing not in errors:
            errors.append(KeyMissing)
        return errors

    def _statuses(self, is_paged: bool) -> set[int]:
        found = {*ALWAYS, *self.further}
        if not self.is_public:
            found |= set(NOT_PUBLIC)
        if "{" in self.path or is_paged or may_find_nothing(self.view, self.name):
            found.add(404)
        if self.method == "delete":
            found.add(409)
        elif self.method != "get":
            found |= set(WRITES)
        if self.reads_version:
            found.add(StaleVersion.status)
        if self.requires_version:
            found.add(428)
        return found


@cache
def reached(view: Any, name: str) -> frozenset[Any]:
    """Everything of ours that a method of a view may run or raise."""
    seen: set[Any] = set()
    left: list[Any] = [(view, each) for each in (name, *ENTRIES) if hasattr(view, each)]
    while left:
        node = left.pop()
        if node not in seen:
            seen.add(node)
            left.extend(_direct(node))
    return frozenset(seen)


def domain_errors(view: type, name: str) -> list[type[DomainError]]:
    """The refusals of the trade that a method may raise, by code."""
    found = {
        node.code: node
        for node in reached(view, name)
        if inspect.isclass(node) and issubclass(node, DomainError) and node is not DomainError
    }
    return [found[code] for code in sorted(found)]


def may_find_nothing(view: type, name: str) -> bool:
    """Whether a method looks something up that may not be there, the address apart."""
    return any(node in NOT_FOUND for node in reached(view, name))


def reads_version(view: type, name: str) -> bool:
    """Whether a method compares the row version that If-Match names."""
    return expected_version in reached(view, name)


def requires_version(view: type, name: str) -> bool:
    """Whether a method refuses a request without If-Match."""
    callers = [node for node in reached(view, name) if _names_version(node)]
    return any(NOT_REQUIRED not in _constants(node) for node in callers)


def _names_version(node: Any) -> bool:
    is_method = isinstance(node, tuple) and node[1] != "expected_version"
    return is_method and "expected_version" in _names(node)


def _function(node: Any) -> Any:
    found = getattr(*node) if isinstance(node, tuple) else node
    return inspect.unwrap(found)


@cache
def _names(node: Any) -> frozenset[str]:
    return frozenset(name for code in _codes(node) for name in code.co_names)


def _constants(node: Any) -> set[Any]:
    return {each for code in _codes(node) for each in code.co_consts if isinstance(each, tuple)}


def _codes(node: Any) -> Iterator[CodeType]:
    left = [getattr(_function(node), "__code__", None)]
    while left:
        code = left.pop()
        if code is not None:
            yield code
            left.extend(each for each in code.co_consts if isinstance(each, CodeType))


@cache
def _direct(node: Any) -> frozenset[Any]:
    """What a function or method names: functions and refusals of ours, and methods of its view."""
    if inspect.isclass(node):
        return frozenset()
    names, known = _names(node), getattr(_function(node), "__globals__", {})
    values = [known[name] for name in names if name in known]
    modules = [each for each in values if isinstance(each, ModuleType) and _is_ours(each.__name__)]
    values += [getattr(module, name, None) for module in modules for name in names]
    found = {each for each in values if _is_followed(each)}
    if isinstance(node, tuple):
        found |= {(node[0], name) for name in names if _is_method(node[0], name)}
    return frozenset(found)


def _is_followed(value: Any) -> bool:
    if inspect.isclass(value):
        return issubclass(value, MARKED)
    return inspect.isfunction(value) and (_is_ours(value.__module__) or value in NOT_FOUND)


def _is_method(view: type, name: str) -> bool:
    value = inspect.getattr_static(view, name, None)
    return inspect.isfunction(value) and _is_ours(value.__module__)


@cache
def _is_ours(module: str) -> bool:
    return (Path(settings.BASE_DIR) / module.split(".", 1)[0]).is_dir()
