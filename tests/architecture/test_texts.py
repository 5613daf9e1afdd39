"""Every text that people from outside see has words in every language, and good ones."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import translation
from django.utils.translation import gettext, ngettext, pgettext

from common.catalogs import (
    CONTEXT_MARK,
    Entry,
    compiled,
    read_po,
    texts_of_module,
    texts_of_template,
)
from tests.architecture import texts

OTHERS = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
# The same word in both, or nothing but what fills it.
SAME = {
    "es": {"Normal", "Portal", "Total", "{number}: {status}"},
    "de": {
        "Budget", "Budget in %(currency)s", "Code", "Film", "Normal", "Portal", "Start", "live",
        "{number}: {status}",
    },
}  # fmt: skip


def catalog(language: str) -> dict[str, Entry]:
    """All entries of a language, of all apps; no text has two kinds of words."""
    found: dict[str, Entry] = {}
    for folder in settings.LOCALE_PATHS:
        path = Path(folder) / language / "LC_MESSAGES" / "django.po"
        for entry in read_po(path)[1:]:
            assert entry.text not in found, f"{path}: {entry.text} is in two catalogs"
            found[entry.text] = entry
    return found


@pytest.fixture(scope="module")
def marked():
    found = texts.sources()
    return {text for of_app in found.values() for text in of_app}


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_has_words(language, marked):
    known = catalog(language)

    assert len(marked) > 400
    assert {text for text, _ in marked if text not in known} == set()
    assert {text for text, plural in marked if known[text].plural != plural} == set()
    # Nothing is kept that nobody says any more.
    assert set(known) - {text for text, _ in marked} == set()


@pytest.mark.parametrize("language", OTHERS)
def test_no_words_are_guessed_empty_or_filled_with_something_else(language):
    wrong = {e.text: e.faults for e in catalog(language).values() if e.faults}

    assert wrong == {}


@pytest.mark.parametrize("language", OTHERS)
def test_no_words_are_the_english_ones(language):
    left = {e.text for e in catalog(language).values() if e.text in e.words}

    assert left == SAME[language]


@pytest.mark.parametrize("language", OTHERS)
def test_pages_say_these_words_and_not_the_frameworks_own(language):
    with translation.override(language):
        for entry in catalog(language).values():
            context, _, text = entry.text.rpartition(CONTEXT_MARK)
            if entry.plural:
                said = tuple(ngettext(text, entry.plural, number) for number in (1, 2))
            else:
                said = (pgettext(context, text) if context else gettext(text),)
            assert said == entry.words


def test_spanish_says_usted():
    """Forms that speak to somebody as tú are not there."""
    spoken = " ".join(words for e in catalog("es").values() for words in e.words).lower()

    assert not {f" {word} " for word in ("tu", "tus", "tú", "puedes", "haz", "pulsa", "elige")} & {
        f" {word} " for word in spoken.replace(".", " ").replace(",", " ").split()
    }
    assert "usted" in spoken


def test_what_is_compiled_is_what_the_sources_say(tmp_path, settings):
    call_command("texts", "--check")
    folder = tmp_path / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = Path(settings.LOCALE_PATHS[0]) / "es" / "LC_MESSAGES" / "django.po"
    (folder / "django.po").write_text(source.read_text())
    settings.LOCALE_PATHS = [str(tmp_path)]
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match="Out of date"):
        call_command("texts", "--check")
    call_command("texts")
    call_command("texts", "--check")
    assert (folder / "django.mo").read_bytes() == source.with_suffix(".mo").read_bytes()


def test_a_catalog_with_a_fault_is_told(tmp_path):
    path = tmp_path / "django.po"
    path.write_text('msgid ""\nmsgstr ""\n\nmsgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n')
    with pytest.raises(ValueError, match="there twice"):
        read_po(path)
    path.write_text('msgid "a"\nwords "b"\n')
    with pytest.raises(ValueError, match="not a line"):
        read_po(path)
    assert Entry("a {b}", "", ("c",)).faults == ["must name ['b']"]
    assert Entry("a", "", ("c %(d)s",)).faults == ["must name []"]
    assert Entry("a", "", ("",)).faults == ["has no words"]
    assert Entry("a", "", ("b",), is_fuzzy=True).faults == ["is only a guess (fuzzy)"]
    assert Entry("%(n)s a", "%(n)s as", ("uno", "%(n)s b")).faults == []


def test_texts_are_found_in_modules_and_templates():
    module = (
        "from django.utils.translation import gettext_lazy as _, ngettext, pgettext\n"
        "_('one ' 'text'); ngettext('a', 'b', 2); pgettext('c', 'd'); gettext('not marked')\n"
    )
    page = (
        "{% load i18n %}{% translate 'e' %}{% translate 'f' context 'g' %}"
        "{% if x %}{% blocktranslate count n=x %}{{ n }} h{% plural %}{{ n }} hs"
        "{% endblocktranslate %}{% endif %}"
    )
    assert set(texts_of_module(module)) == {("one text", ""), ("a", "b"), ("c\x04d", "")}
    assert set(texts_of_template(page)) == {
        ("e", ""), ("g\x04f", ""), ("%(n)s h", "%(n)s hs")
    }  # fmt: skip
    assert compiled([Entry("", "", ("x",))])[:4] == b"\xde\x12\x04\x95"
