"""The pages for users and operators name screens, buttons, commands and files that exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import get_commands

from common.desk.screen import DeskAdmin
from common.diagnosis import examinations
from config.settings.admin import UNFOLD

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = ["USER_DOCUMENTATION.md", "RUNBOOK.md", "TECHNICAL_DOCUMENTATION.md", "GLOSSARY.md"]
# Headings and words of stress, which are no buttons.
NO_BUTTONS = {
    "Drone work", "Air ambulance and charter", "Remote pilot", "Pilot of a crewed aircraft",
    "bold", "Next",
}  # fmt: skip
AROUND_THE_PROPOSAL = {
    "admin/schedules.py": ["Open the proposal"],
    "static/dispatcher/board/plan.js": ["Plan"],
    "static/dispatcher/board/undo.js": ["Undo"],
    "views/proposal/reasons.py": ["Client agrees"],
}


def text_of(page: str) -> str:
    """The page with wrapped lines joined, so that a name may be broken at the edge."""
    return re.sub(r"\s+", " ", (DOCS / page).read_text())


def screens() -> set[str]:
    menu = {item["title"] for group in UNFOLD["SIDEBAR"]["navigation"] for item in group["items"]}
    lists = {str(model._meta.verbose_name_plural).capitalize() for model in _registered()}
    return menu | lists


def buttons() -> set[str]:
    return {*_actions(), *_steps(), *_portal_words(), *_proposal_words()}


def _registered() -> dict[Any, Any]:
    # The admin has no public way to what it knows.
    return admin.site._registry  # noqa: SLF001


def _actions() -> Iterator[str]:
    for screen in _registered().values():
        for name in screen.actions or []:
            action = getattr(screen, name) if isinstance(name, str) else name
            yield str(action.short_description)


def _steps() -> Iterator[str]:
    for screen in _registered().values():
        if isinstance(screen, DeskAdmin):
            yield from (step.label for step in screen.desk.steps)


def _portal_words() -> Iterator[str]:
    for path in (ROOT / "client_management" / "templates" / "portal").glob("*.html"):
        yield from re.findall(r'translate "([^"]+)"', path.read_text())


def _proposal_words() -> Iterator[str]:
    """Links and buttons of the proposal page, and of the board and the record that lead to it."""
    for name, words in AROUND_THE_PROPOSAL.items():
        yield from (each for each in words if each in (ROOT / "dispatcher" / name).read_text())
    for path in (ROOT / "dispatcher" / "templates" / "dispatcher" / "proposal").glob("*.html"):
        text = re.sub(r"\{%.*?%\}", "\n", path.read_text())
        for shown in re.findall(r"<(?:button|a|summary)\b[^>]*>([^<]+)", text):
            yield from (line.strip().rstrip("…") for line in shown.splitlines())


def test_every_screen_that_is_named_exists():
    text = re.sub(r"\*\*.+?\*\*", "", text_of("USER_DOCUMENTATION.md"))
    named = set(re.findall(r"(?<![*\w])\*([^*]+)\*(?!\*)", text)) - {"italics"}

    assert len(named) > 30
    assert named - screens() == set()


def test_every_button_that_is_named_exists():
    named = set(re.findall(r"\*\*(.+?)\*\*", text_of("USER_DOCUMENTATION.md"))) - NO_BUTTONS

    assert len(named) > 40
    assert named - buttons() == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_page_that_is_named_exists(page):
    text = text_of(page)
    commands = set(re.findall(r"script/manage ([a-z_]+)", text))
    linked = set(re.findall(r"\]\(([^)#:]+)\)", text))

    assert commands - set(get_commands()) == set()
    assert {name for name in linked if not (DOCS / name).exists()} == set()


def test_the_runbook_says_what_to_do_about_every_finding_of_the_doctor():
    text = text_of("RUNBOOK.md")

    assert {each.key for each in examinations() if f"`{each.key}`" not in text} == set()
