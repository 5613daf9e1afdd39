"""Every kind of mail: two templates, the fields it names, and no word of a patient."""

import re

import pytest
from django.template.loader import get_template

from common.mail.kinds import mail_kinds
from common.mail.messages import rendered, subject_of

OURS = ("sender", "subject")
WORDS = re.compile(
    r"patient|diagnos|medical|ambulance|stretcher|hospital|born|birth|health|treatment|passenger",
    re.IGNORECASE,
)


@pytest.mark.parametrize("kind", mail_kinds(), ids=lambda kind: kind.key)
def test_a_mail_has_two_texts_made_of_its_fields_alone(kind):
    given = {name: f"<{name}>" for name in kind.fields}

    text, html = rendered(kind, given)

    # Where an answer goes is in the head of a mail.
    for name in set(kind.fields) - {kind.reply_to}:
        assert f"<{name}>" in text
        assert f"&lt;{name}&gt;" in html
    for ending in (".txt", ".html"):
        source = get_template(kind.template + ending).template.source
        named = set(re.findall(r"{{\s*([a-z_]+)", source))
        assert named <= {*kind.fields, *OURS}
        assert not WORDS.search(source)
    assert not WORDS.search(subject_of(kind, given))
    assert not any(WORDS.search(name) for name in kind.fields)


def test_the_mails_of_agreements_are_registered():
    assert {
        "agreement_code",
        "agreement_link",
        "agreement_signed",
        "agreement_withdrawn",
    } <= {kind.key for kind in mail_kinds()}
