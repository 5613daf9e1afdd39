from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from common.mail import kinds
from common.mail.kinds import MailKind
from tests.common.mail.smtp_server import SmtpServer


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    """A mail server that the settings name."""
    with (
        SmtpServer() as running,
        override_settings(
            EMAIL_BACKEND="common.mail.transport.SmtpTransport",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=running.port,
            EMAIL_USE_TLS=False,
            EMAIL_TIMEOUT=5,
            DEFAULT_FROM_EMAIL="Bluewater Air <desk@bluewater.example>",
            MAIL_ENVELOPE_FROM="returned@bluewater.example",
        ),
    ):
        yield running


@pytest.fixture(autouse=True)
def test_kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, settings: Any) -> MailKind:
    """A kind of mail with two fields, whose templates are in a folder of the test."""
    (tmp_path / "note.txt").write_text("{{ reference }}: {{ note }}\n")
    body = "{% block body %}{{ reference }}: {{ note }}{% endblock %}"
    (tmp_path / "note.html").write_text(f'{{% extends "common/mail/base.html" %}}{body}')
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]
    kind = MailKind("test_note", "About {reference}", "note", ("reference", "note"))
    monkeypatch.setitem(kinds._KINDS, kind.key, kind)  # noqa: SLF001
    return kind
