"""The texts of the API's documents that follow from views, models and addresses."""

import re
from inspect import cleandoc
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

BODY = "JSON; a field that is not described is refused."
IDEMPOTENCY_KEY = (
    "1 to 128 visible ASCII characters that name this request. The same key and body again get the"
    " first answer again, with `Idempotent-Replay: true`; another body is a 422."
)
IF_MATCH = "The `ETag` that was read. A row that was changed since is a 412."
PAGING = {
    "page": "Page number, from 1.",
    "page_size": "Rows per page, at most 200.",
    "cursor": "Where to go on: taken from `next` or `previous`.",
    "limit": "Rows at most.",
}
KEYS = {
    "token": "The secret of the link; whoever holds it needs no account.",
    "secret": "The secret of the address; whoever holds it needs no account.",
    "organization": "Number of the client, such as `CLI-2026-0005`.",
    "file": "Key of the file, as the message lists it.",
    "about": "What the thread is about: `account`, or the number of a request, quote or job.",
    "ident": "Code of the {noun}, such as `YSCB`.",
    "tail_number": "Registration of the {noun}, such as `VH-ZQK`.",
    "registration": "Registration of the {noun}, such as `RPA-1042`.",
    "number": "Number of the {noun}, as its list shows it.",
    "code": "Code of the {noun}, as its list shows it.",
    "id": "Key of the {noun}, as its list shows it.",
}
EXAMPLE_KEYS: dict[str, Any] = {
    "token": "8Qm2v7KXr4Tn",
    "secret": "8Qm2v7KXr4Tn",
    "organization": "CLI-2026-0005",
    "about": "account",
    "ident": "YSCB",
    "tail_number": "VH-ZQK",
    "registration": "RPA-1042",
    "number": "FO-2026-0042",
    "id": 1042,
}
LOOKUPS = {
    "exact": "Only those with this {label}.",
    "iexact": "Only those with this {label}, in capitals or not.",
    "icontains": "Only those with this text in the {label}.",
    "in": "Only those with one of these values of {label}.",
    "gte": "Only those whose {label} is this or later, or more.",
    "gt": "Only those whose {label} is later, or more, than this.",
    "lte": "Only those whose {label} is this or earlier, or less.",
    "lt": "Only those whose {label} is earlier, or less, than this.",
}


def filter_text(name: str, each: Any, filterset: Any, model: type[Model]) -> str:
    """What a filter of a list does, in a sentence."""
    if each.extra.get("help_text"):
        return str(each.extra["help_text"])
    method = getattr(filterset, str(each.method), each.method) if each.method else None
    if method is not None and method.__doc__:
        return _paragraph(method.__doc__)
    label = _label(model, each.field_name or name)
    if each.lookup_expr == "isnull":
        without, with_it = ("false", "true") if each.exclude else ("true", "false")
        return f"`{without}`: only those without {label}; `{with_it}`: only those with it."
    if label.startswith(("is ", "has ", "can ")):
        return f"`true` or `false`: whether it {label}."
    return LOOKUPS.get(each.lookup_expr, LOOKUPS["exact"]).format(label=label)


def key_text(path: str, name: str) -> str:
    """What a key in an address names."""
    return KEYS.get(name, KEYS["id"]).format(noun=_noun(path, name))


def list_summary(view: Any) -> str:
    return f"List {plural_of(view.queryset.model)}"


def read_summary(view: Any) -> str:
    name = str(view.queryset.model._meta.verbose_name)
    article = "an" if re.match(r"(?i)[aeio]|un|f\d|fbo|rpas", name) else "a"
    return f"Read {article} {name}"


def list_text(view: Any, paging: str) -> str:
    """What a list holds, in which order, and how to ask for less of it."""
    model = view.queryset.model
    lines = ["Only what the caller may see is listed and counted."]
    ordered = _ordering(model, view.queryset.query.order_by)
    if ordered:
        lines.append(f"Ordered by {ordered}.")
    if getattr(view, "ordering_fields", None):
        lines.append(f"`ordering` takes {_ticked(view.ordering_fields)}.")
    if getattr(view, "search_fields", None):
        lines.append(f"`search` looks in {_search(model, view.search_fields)}.")
    lines.append(paging)
    lines.append("A query parameter that is not described is a 400.")
    return " ".join(lines)


def read_text(view: Any, has_etag: bool) -> str:
    """How one row is named, and what comes with it."""
    lines = ["What does not exist and what the caller may not see are both a 404."]
    if has_etag:
        lines.append("The `ETag` of the answer is what a change names in `If-Match`.")
    return " ".join(lines)


def plural_of(model: type[Model]) -> str:
    """The rows of a model in words: `journal entries`, where Django would add an s."""
    one, many = str(model._meta.verbose_name), str(model._meta.verbose_name_plural)
    if many == f"{one}s" and re.search(r"[^aeiou]y$", one):
        return f"{one[:-1]}ies"
    if many == f"{one}s" and one.endswith("ss"):
        return f"{one}es"
    return many


def _noun(path: str, name: str) -> str:
    """The row that a key names: the word before it in the address, singular."""
    before = path.partition("{" + name + "}")[0].rstrip("/").rsplit("/", 1)[-1]
    words = before.replace("-", " ")
    for ending, singular in (("batteries", "battery"), ("ies", "y"), ("sses", "ss"), ("s", "")):
        if words.endswith(ending) and words not in ("maintenance", "weather", "evidence"):
            return words.removesuffix(ending) + singular
    return words


def _label(model: type[Model], way: str) -> str:
    """`aircraft__registration` as "aircraft (registration)"."""
    names: list[str] = []
    at: Any = model
    for step in way.split("__"):
        column = _column(at, step)
        names.append(_words(getattr(column, "verbose_name", "") or step))
        at = getattr(column, "related_model", None)
    return names[0] if len(names) == 1 else f"{' '.join(names[:-1])} ({names[-1]})"


def _column(model: Any, step: str) -> Any:
    try:
        return model._meta.get_field(step) if model else None
    except FieldDoesNotExist:
        return None


def _words(text: Any) -> str:
    return re.sub(r" (at|on)$", "", str(text).replace("_", " "))


def _ordering(model: type[Model], order: Any) -> str:
    terms = [term for term in order if isinstance(term, str)]
    shown = [
        f"{_label(model, term.lstrip('-'))}{', descending' if term.startswith('-') else ''}"
        for term in terms
        if term.lstrip("-") not in ("pk", "id")
    ]
    if shown:
        return "; then ".join(shown)
    return "when they were made, newest first" if any(t in ("-pk", "-id") for t in terms) else ""


def _search(model: type[Model], fields: Any) -> str:
    return ", ".join(_label(model, field.lstrip("^=@$")) for field in fields)


def _ticked(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _paragraph(text: str) -> str:
    return " ".join(cleandoc(text).split("\n\n")[0].split())
