"""Every text of the pages and mails that people from outside see, by the app that holds it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from common.api.refusals import reached
from common.catalogs import texts_of_module, texts_of_template
from common.exceptions import DomainError
from common.mail.kinds import mail_kinds

ROOT = Path(settings.BASE_DIR)
APPS = tuple(Path(folder).parent.name for folder in settings.LOCALE_PATHS)
PAGES = ("portal", "signing", "paying")
TEMPLATES = (
    "client_management/templates/portal/*.html",
    "common/templates/common/mail/*.html",
    "documents/templates/documents/sign*.html",
    "finance/templates/finance/pay.html",
)
Texts = set[tuple[str, str]]


def templates() -> list[Path]:
    """The templates of those pages and mails."""
    pages = [path for pattern in TEMPLATES for path in sorted(ROOT.glob(pattern))]
    mails = [
        ROOT / kind.template.split("/")[0] / "templates" / f"{kind.template}{ending}"
        for kind in mail_kinds()
        if kind.is_translated
        for ending in (".txt", ".html")
    ]
    return pages + mails


def sources() -> dict[str, Texts]:
    """What each app marks for translation, and what its pages may refuse with."""
    found: dict[str, Texts] = {app: set() for app in APPS}
    for path in templates():
        found[path.relative_to(ROOT).parts[0]] |= set(texts_of_template(path.read_text()))
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            found[app] |= set(texts_of_module(path.read_text()))
    for refusal in refusals():
        app = refusal.__module__.split(".")[0]
        found[app if app in APPS else "client_management"].add((refusal.message, ""))
    for app in APPS:
        found[app] -= {("{reason}", "")}
    return found


def pages() -> dict[str, Any]:
    """The views of those pages, by name."""
    return {
        f"{namespace}:{pattern.name}": pattern.callback.view_class  # type: ignore[attr-defined]
        for namespace, pattern in _patterns(get_resolver(), "")
        if namespace in PAGES
    }


def refusals() -> set[type[DomainError]]:
    """Whatever one of those pages may refuse with."""
    return {
        node
        for view in pages().values()
        for name in ("get", "post", "answer")
        if hasattr(view, name)
        for node in reached(view, name)
        if isinstance(node, type) and issubclass(node, DomainError) and node is not DomainError
    }


def _patterns(resolver: URLResolver, namespace: str) -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from _patterns(each, each.namespace or namespace)
        else:
            yield namespace, each
