"""Reading and pressing what stands at the top of a record's page."""

import re
from html import unescape
from typing import Any

from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from tests.browser import enter
from tests.users.factories import UserFactory, grant

# What each page may ask the database, the rest of the page included.
MOST_STATEMENTS = 20


def signed_in(*permissions: str) -> Client:
    """The browser of somebody with these grants and no others."""
    person, client = UserFactory(), Client()
    grant(person, *permissions)
    enter(client, person)
    return client


def page_address(row: Any) -> str:
    """The address of a record's page."""
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def step_address(row: Any, key: str) -> str:
    """The address of one step of a record."""
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_step", args=[row.pk, key])


def standing_of(client: Client, row: Any) -> Any:
    """What the page of a record says of it."""
    page = client.get(page_address(row))
    assert page.status_code == 200
    return page.context["desk"]["standing"]


def offered(client: Client, row: Any) -> dict[str, str]:
    """The steps on a record's page, with why one is not possible now."""
    offers = client.get(page_address(row)).context["desk"]["offers"]
    return {offer.step.key: offer.blocked for offer in offers}


def facts(standing: Any, title: str) -> dict[str, Any]:
    """The facts under one heading, by their label."""
    group = next(group for group in standing.groups if group.title == title)
    return {fact.label: fact for fact in group.facts}


def mark_of(client: Client, row: Any, key: str) -> str:
    """The mark of what a step's page shows, to be sent with its form."""
    page = client.get(step_address(row, key))
    return str(page.context["form"]["seen"].value()) if page.status_code == 200 else ""


def press(client: Client, row: Any, key: str, **said: str) -> Any:
    """Send a step's form as a person would fill it who has just opened it."""
    given = {"once": "a-form-of-its-own-1", "seen": mark_of(client, row, key), **said}
    return client.post(step_address(row, key), given)


def said(answer: Any) -> list[str]:
    """The messages that an answer leaves for the next page."""
    return [str(message) for message in get_messages(answer.wsgi_request)]


def text_of(answer: Any) -> str:
    """What the head of a page says, without its tags."""
    section = re.search(r'<section class="desk.*?</section>', answer.content.decode(), re.DOTALL)
    assert section, "the page has no desk"
    words = re.sub(r"<[^>]+>", " ", section[0])
    return re.sub(r"\s+", " ", unescape(words))
