"""The same document made twice at once, and a draft published by two."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Event

import pytest
from django.db import IntegrityError

from documents.models import Document, DocumentTemplate
from documents.rendering import Rendered
from documents.services import generation, packs, reissues, templates
from documents.services.generation import generate
from documents.services.reissues import mark_for_reissue
from tests.common.concurrency import at_once, kinds
from tests.contacts.factories import ContactFactory
from tests.documents.factories import CONTACT
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Pages are not what these stories are about."""
    page = Rendered(b"%PDF-1.7 stand-in", 1)
    monkeypatch.setattr(generation, "render_pdf", lambda html, *, identifier: page)


def meeting(real, gate):
    """What two do that both came this far before either went on."""

    def wait(*args, **kwargs):
        with suppress(BrokenBarrierError):
            gate.wait(timeout=2)
        return real(*args, **kwargs)

    return wait


def test_of_many_who_make_a_document_at_once_all_get_the_one(contact, now):
    made = at_once(*[lambda: generate("letter", contact.pk, actor=None, at=now)] * 5)

    assert len({document.pk for document in made}) == 1
    assert Document.objects.count() == 1
    assert DocumentTemplate.objects.count() == 1


def test_without_the_turn_the_database_is_the_last_word(contact, now, monkeypatch):
    # Another letter first: what ships becomes an edition, which has a turn of its own.
    generate("letter", ContactFactory().pk, actor=None, at=now)
    monkeypatch.setattr(generation, "take_turn", lambda name: None)
    monkeypatch.setattr(generation, "_made", meeting(generation._made, Barrier(2)))  # noqa: SLF001

    made = at_once(*[lambda: generate("letter", contact.pk, actor=None, at=now)] * 2)

    assert kinds(made) == ["Document", "IntegrityError"]
    assert Document.objects.filter(subject_id=contact.pk).count() == 1


def test_two_editions_are_numbered_one_after_the_other(now):
    editor = UserFactory()

    def draft(kind):
        return lambda: templates.draft_template(
            kind=kind, text="<p>{{ name }}</p>", actor=editor, at=now
        )

    made = at_once(*[draft("letter")] * 3, draft("memo"))

    assert kinds(made) == ["DocumentTemplate", "DocumentTemplate", "DraftExists", "DraftExists"]


def test_without_the_turn_one_of_two_drafts_is_refused_by_the_database(now, monkeypatch):
    editor = UserFactory()
    monkeypatch.setattr(templates, "take_turn", lambda name: None)
    next_edition = meeting(templates._next_edition, Barrier(2))  # noqa: SLF001
    monkeypatch.setattr(templates, "_next_edition", next_edition)

    made = at_once(
        *[
            lambda: templates.draft_template(
                kind="letter", text="<p>{{ name }}</p>", actor=editor, at=now
            )
        ]
        * 2
    )

    assert sorted(type(each) for each in made if isinstance(each, Exception)) == [IntegrityError]


def test_a_double_click_asks_for_one_pack(contact, clerk, now):
    made = at_once(*[lambda: packs.request_pack(CONTACT, contact.pk, actor=clerk, at=now)] * 4)

    assert len({pack.pk for pack in made}) == 1


def test_a_pack_is_made_by_one_worker(contact, clerk, now):
    pack = packs.request_pack(CONTACT, contact.pk, actor=clerk, at=now)

    at_once(*[lambda: packs.make_pack(pack, clock=lambda: now)] * 3)

    pack.refresh_from_db()
    assert (pack.status, pack.documents.count(), Document.objects.count()) == ("done", 3, 3)


def marked_while_it_is_made(contact, now, monkeypatch):
    """A letter is made while what it says changes; how many were marked, and the letter."""
    gathered, marked = Event(), Event()
    real = generation._made  # noqa: SLF001 - after the data was read, before the letter is there

    def slow(*args):
        gathered.set()
        marked.wait(timeout=1)
        return real(*args)

    def mark():
        gathered.wait(timeout=10)
        count = mark_for_reissue(CONTACT, contact.pk, at=now)
        marked.set()
        return count

    monkeypatch.setattr(generation, "_made", slow)
    _, count = at_once(lambda: generate("letter", contact.pk, actor=None, at=now), mark)
    return count, Document.objects.get(subject_id=contact.pk, is_current=True)


@pytest.mark.parametrize("is_first", [True, False])
def test_what_changes_while_a_document_is_made_marks_the_one_that_is_made(
    contact, now, monkeypatch, said, is_first
):
    if not is_first:
        generate("letter", contact.pk, actor=None, at=now)
        said.data = {"note": "Changed once"}

    count, letter = marked_while_it_is_made(contact, now, monkeypatch)

    assert (count, letter.is_reissue_due, letter.issue) == (1, True, 1 if is_first else 2)


def test_without_the_turn_the_mark_is_lost(contact, now, monkeypatch):
    monkeypatch.setattr(reissues, "take_turn", lambda name: None)

    count, letter = marked_while_it_is_made(contact, now, monkeypatch)

    assert (count, letter.is_reissue_due) == (0, False)
