"""Django's SMTP back end, watched: whether the content had gone out when something failed."""

import smtplib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

START_CONTENT = 354


class _Watched(smtplib.SMTP):
    """Says when the content begins (`before_content`) and whether all of it went out."""

    is_handed_over = False
    _takes_content = False
    before_content: Callable[[], None] | None = None

    def data(self, msg: Any) -> Any:
        if self.before_content is not None:
            self.before_content()
        return super().data(msg)

    def getreply(self) -> tuple[int, bytes]:
        code, text = super().getreply()
        self._takes_content = code == START_CONTENT
        return code, text

    def send(self, s: Any) -> None:
        is_content, self._takes_content = self._takes_content, False
        super().send(s)
        # The closing dot is the end of this one piece: before, the server must drop what it has.
        self.is_handed_over = self.is_handed_over or is_content


class _WatchedTLS(_Watched, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


class SmtpTransport(EmailBackend):
    """The back end of every installation with EMAIL_HOST."""

    is_handed_over = False

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _WatchedTLS if self.use_ssl else _Watched

    def hand_over(
        self,
        message: EmailMessage,
        *,
        envelope_from: str,
        recipient: str,
        before_content: Callable[[], None],
    ) -> None:
        """
        Send one message to one recipient on a connection of its own.

        `envelope_from` is where it is returned to; empty is the null path. Raises OSError, of which
        the library's own errors are; `is_handed_over` then says how far it came.
        """
        try:
            self.open()
            connection: Any = self.connection
            connection.before_content = before_content
            content: Any = message.message()
            try:
                connection.sendmail(envelope_from, [recipient], content.as_bytes(linesep="\r\n"))
            finally:
                self.is_handed_over = connection.is_handed_over
        finally:
            # What goes wrong in saying goodbye says nothing about the mail.
            with suppress(OSError):
                self.close()


class NoTransport(BaseEmailBackend):
    """Without EMAIL_HOST nothing leaves: mails wait and say why, until one is set or they lapse."""

    def send_messages(self, email_messages: Any) -> int:
        """Refuse for now. Raises ConnectionError."""
        raise ConnectionError("EMAIL_HOST is not set")
