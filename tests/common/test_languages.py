"""Refusals in the words of a page's language."""

from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from common.exceptions import DomainError
from common.languages import told


class Late(DomainError):
    message = "It was good until {until}, for {day}."


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "It was good until 15 Mar 2026 09:30Z, for 1 Mar 2026."),
        ("de", "It was good until 15. März 2026 09:30Z, for 1. März 2026."),
    ],
)
def test_a_page_says_moments_of_a_refusal_in_its_own_words(language, words):
    refusal = Late(until=datetime(2026, 3, 15, 9, 30, tzinfo=UTC), day=date(2026, 3, 1))

    with translation.override(language):
        assert told(refusal) == words
