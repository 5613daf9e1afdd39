import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from common.api.parsers import MAX_DEPTH, strict_loads


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"a": 1, "a": 2}', "same key twice"),
        (b'{"a": {"b": 1, "b": 2}}', "same key twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": 12345678901234567890}', "18 digits"),
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"\\u0000": 1}', "NUL"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b"[" * 40 + b"]" * 40, "nested"),
        (b"[" * 100_000, "JSON|nested"),
        (b"{", "Not JSON"),
        (b"", "Not JSON"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(body, says):
    with pytest.raises(ParseError, match=says):
        strict_loads(body)


def test_the_deepest_allowed_nesting_is_read():
    body = b"[" * (MAX_DEPTH - 1) + b"1" + b"]" * (MAX_DEPTH - 1)

    assert strict_loads(body) is not None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=20,
)


@given(JSON)
def test_plain_json_is_read_as_json_reads_it(value):
    assert strict_loads(json.dumps(value).encode()) == value


@given(st.binary())
def test_junk_is_refused_in_words_and_nothing_else(body):
    with contextlib.suppress(ParseError):
        strict_loads(body)
