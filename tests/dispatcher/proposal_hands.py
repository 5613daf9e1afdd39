"""The proposal page in a test's hands: its addresses, its words, and what its forms would send."""

import re
from datetime import timedelta

from django.test import Client
from django.urls import reverse

from tests.browser import enter
from tests.dispatcher.scene import OPENS

VERBS = [
    "view_dispatchschedule",
    "optimise_dispatchschedule",
    "publish_dispatchschedule",
    "cancel_optimizationrun",
    "pin_assignment",
    "add_operationdemand",
    "change_dispatchcenter",
]
DEEDS = ("plan", "cancel", "publish", "drop", "relax")


def browser_of(user) -> Client:
    client = Client()
    enter(client, user)
    return client


def address(schedule, deed="", row=None):
    if row is not None:
        return reverse(f"dispatch:proposal-{deed}", args=[schedule.pk, row.pk])
    return reverse(f"dispatch:proposal-{deed}" if deed else "dispatch:proposal", args=[schedule.pk])


def text_of(answer) -> str:
    words = re.sub(r"<[^>]+>", " ", answer.content.decode())
    words = " ".join(words.replace("&#x27;", "'").replace("&amp;", "&").split())
    return re.sub(r" (?=[,;:.])", "", words)


def hidden(answer, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found, name
    return found.group(1)


def confirmed(browser, schedule, **more):
    """What the second step of publishing sends, as the first step's page has it."""
    page = browser.get(address(schedule, "publish"))
    return {name: hidden(page, name) for name in ("revision", "seen")} | more


def left_behind_by_its_window(desk, now):
    """An hour is asked for within half an hour: nobody can, but for half an hour more."""
    operation = desk.wanted(now, km_east=5, deadline_at=OPENS + timedelta(minutes=40), minutes=30)
    return operation, desk.optimised(now)


def proposed(desk, now):
    desk.wanted(now, km_east=5)
    return desk.optimised(now)
