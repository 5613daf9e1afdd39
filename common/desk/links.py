"""Addresses of records and lists, for who may open them."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse


def page_of(record: Any, user: Any) -> str:
    """The address of a record's own page, for who may look at that kind; else nothing."""
    return page_at(type(record), record.pk, user)


def page_at(model: Any, pk: int | None, user: Any) -> str:
    """The same of a record by its key, without reading it."""
    meta = model._meta
    if pk is None or not user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
        return ""
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[pk])


def list_of(model: Any, user: Any, **filters: Any) -> str:
    """The address of a list of records with filters, for who may look at them; else nothing."""
    meta = model._meta
    if not user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
        return ""
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address
