"""The layouts that ship with the apps, and those of these tests, read as somebody's template is."""

import pytest

from documents.kinds import kinds
from documents.queries.layouts import edited_layout, placeholders_of, shipped_text
from tests.documents.factories import Said, letter_kind

# Taken here, before a test knows only its own.
EVERY = [*kinds(), letter_kind(Said())]


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.key)
def test_a_layout_that_ships_is_in_the_language_and_can_be_begun_from(kind):
    text = shipped_text(kind).partition("-->")[2]

    assert edited_layout(kind, text).body


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.key)
def test_every_placeholder_says_what_it_is(kind):
    words = placeholders_of(kind).words

    assert words
    assert [path for path, meaning in words.items() if not meaning] == []
