"""Sealing values, fingerprints, and the keys as the settings read them."""

import os
import string
from base64 import b64encode

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from common.encryption import (
    BLOCK,
    SealBroken,
    Sealed,
    blind_index,
    prefix_of,
    seal,
    unseal,
)
from common.redaction import MARK, redact_event, withhold, withholding
from config.settings.environment import sealing_keys

ONE, OTHER = bytes(range(32)), bytes(range(32, 64))
PLACE = "app.model.field:row"


@pytest.fixture(autouse=True)
def keys(settings):
    settings.FIELD_ENCRYPTION_KEYS = (("k1", ONE),)


@given(st.binary(max_size=300))
def test_what_is_closed_opens_again_in_its_place_and_shows_nothing(plain):
    closed = seal(plain, place=PLACE)

    assert unseal(closed, place=PLACE) == plain
    assert len(plain) < 8 or plain not in closed.data
    assert repr(closed) == str(closed) == "<sealed>"


@given(st.text(max_size=200), st.data())
def test_a_value_altered_in_any_byte_does_not_open(text, data):
    closed = seal(text.encode(), place=PLACE).data
    position = data.draw(st.integers(0, len(closed) - 1))
    changed = bytearray(closed)
    changed[position] ^= data.draw(st.integers(1, 255))

    with pytest.raises(SealBroken) as broken:
        unseal(Sealed(bytes(changed)), place=PLACE)

    assert len(text) < 8 or text not in str(broken.value)


@given(st.integers(0, 200))
def test_a_value_cut_short_does_not_open(length):
    closed = seal(b"x" * 100, place=PLACE).data

    with pytest.raises(SealBroken):
        unseal(Sealed(closed[: min(length, len(closed) - 1)]), place=PLACE)


@pytest.mark.parametrize(
    "place", ["app.model.field:other", "app.model.other:row", "app.other.field:row"]
)
def test_a_value_moved_to_another_row_field_or_model_does_not_open(place):
    with pytest.raises(SealBroken):
        unseal(seal(b"Example", place=PLACE), place=place)


def test_a_key_that_is_missing_or_another_of_the_same_name_does_not_open(settings):
    closed = seal(b"Example", place=PLACE)

    settings.FIELD_ENCRYPTION_KEYS = (("k2", OTHER),)
    with pytest.raises(SealBroken, match="'k1' is not in FIELD_ENCRYPTION_KEYS"):
        unseal(closed, place=PLACE)
    settings.FIELD_ENCRYPTION_KEYS = (("k1", OTHER),)
    with pytest.raises(SealBroken, match="closed with another key"):
        unseal(closed, place=PLACE)


def test_the_first_key_closes_and_all_open(settings):
    old = seal(b"Example", place=PLACE)
    settings.FIELD_ENCRYPTION_KEYS = (("k2", OTHER), ("k1", ONE))

    new = seal(b"Example", place=PLACE)

    assert (old.key_id, new.key_id) == ("k1", "k2")
    assert new.data.startswith(prefix_of("k2"))
    assert unseal(old, place=PLACE) == unseal(new, place=PLACE) == b"Example"


def test_equal_values_are_closed_differently_and_short_ones_are_equally_long():
    closed = [seal(word, place=PLACE).data for word in (b"male", b"male", b"", b"unknown")]

    assert len(set(closed)) == 4
    assert len({len(data) for data in closed}) == 1
    assert len(seal(b"x" * BLOCK, place=PLACE).data) == len(closed[0]) + BLOCK


def test_fingerprints_are_equal_for_equal_texts_of_one_column_under_one_key(settings):
    settings.FIELD_ENCRYPTION_KEYS = (("k1", ONE), ("k2", OTHER))
    first = blind_index("MRN417", about="a.b", key_id="k1")

    assert first == blind_index("MRN417", about="a.b", key_id="k1")
    others = {
        blind_index("MRN418", about="a.b", key_id="k1"),
        blind_index("MRN417", about="a.c", key_id="k1"),
        blind_index("MRN417", about="a.b", key_id="k2"),
    }
    assert len({first, *others}) == 4
    assert len(first) <= 96


def encoded(key: bytes) -> str:
    return b64encode(key).decode()


def test_keys_are_read_in_order_with_or_without_padding():
    text = f"k2:{encoded(OTHER).rstrip('=')}, k1:{encoded(ONE)}"

    assert sealing_keys(text) == (("k2", OTHER), ("k1", ONE))


@pytest.mark.parametrize(
    "text",
    [
        "k1",
        "k1:",
        f":{encoded(ONE)}",
        f"k1:{encoded(ONE)},",
        f"k1:{encoded(ONE)},k1:{encoded(OTHER)}",
        f"k1:{encoded(ONE[:16])}",
        f"K1:{encoded(ONE)}",
        f"k1:{encoded(ONE)}!",
        "k1:not base64 at all",
        f"{'k' * 17}:{encoded(ONE)}",
    ],
)
def test_keys_that_are_none_stop_the_start_without_showing_them(text):
    with pytest.raises(ImproperlyConfigured) as refusal:
        sealing_keys(text)

    assert "FIELD_ENCRYPTION_KEYS" in str(refusal.value)
    assert encoded(ONE)[:20] not in str(refusal.value)


def test_a_random_key_as_the_scripts_make_it_is_read():
    key = os.urandom(32)

    assert sealing_keys(f"k1:{encoded(key).rstrip('=')}") == (("k1", key),)


def test_what_a_request_saw_is_blotted_out_of_its_log_lines_and_of_no_other_ones():
    name = "Quillfeather-Öztürk"
    with withholding():
        withhold(name)
        line = redact_event(
            None,
            "error",
            {
                "event": f"failed on {name!r}",
                "exception": f"ValueError: {name!a} and QUILLFEATHER",
                "details": {"names": [name], "count": 3},
            },
        )

    assert line == {
        "event": f"failed on '{MARK}'",
        "exception": f"ValueError: '{MARK}' and QUILLFEATHER",
        "details": {"names": [MARK], "count": 3},
    }
    # The next request has seen nothing yet.
    with withholding():
        assert redact_event(None, "info", {"event": name}) == {"event": name}


def test_two_letters_are_no_name_to_blot_out():
    with withholding():
        withhold("Li")

        assert redact_event(None, "info", {"event": string.ascii_letters}) == {
            "event": string.ascii_letters
        }
