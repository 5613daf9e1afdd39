"""Mails as a stranger may write them: nothing that cannot be kept, nothing that takes minutes."""

import time

import pytest

from client_management.inbound_mail import read_mail

HEAD = (
    b"From: A <a@b.example>\r\nTo: reply+" + b"a" * 40 + b"@windsock.example\r\n"
    b"Message-ID: <x@y>\r\nMIME-Version: 1.0\r\n"
)
FILE = (
    b'Content-Type: multipart/mixed; boundary="q"\r\n\r\n--q\r\nContent-Type: text/plain\r\n\r\nhi'
    b"\r\n--q\r\nContent-Type: application/x\r\nContent-Disposition: attachment;"
    b" filename*=utf-8''a%00b%ED%A0%80.exe\r\n\r\nMZMZMZ\r\n--q--\r\n"
)
MARKUP = HEAD + b"Content-Type: text/html\r\n\r\n"


def read(raw, most=20 << 20):
    return read_mail(raw, address="reply@windsock.example", most_file_bytes=most)


@pytest.mark.parametrize(
    "raw",
    [
        HEAD.replace(b"<x@y>", b"<x\x00@y>") + b"\r\nhello",
        HEAD.replace(b"<x@y>", b"=?utf-8?q?<x=00@y>?=") + b"\r\nhello",
        HEAD + b"\r\nhe\x00llo",
        HEAD + b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA- hello",
        HEAD + b"Content-Type: text/plain; charset=raw_unicode_escape\r\n\r\n\\ud800 hello",
        HEAD + FILE,
    ],
    ids=range(6),
)
def test_what_no_database_keeps_is_left_out(raw):
    for most in (20 << 20, 2):
        mail = read(raw, most)

        assert mail is not None
        assert mail.text
        names = [each.name for each in mail.files]
        assert len(names) + len(mail.left_out) == raw.count(b"filename")
        for text in (mail.mail_id, mail.text, mail.sender, *mail.left_out, *names):
            assert "\x00" not in text.encode("utf-8").decode()


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"\r\n" + b"\n" * (3 << 20),
        MARKUP + b"<!--" * (1 << 18),
        MARKUP + b"<a " * (1 << 18),
        MARKUP + b"<" * (1 << 20),
        MARKUP + b"<p>" * (1 << 20),
    ],
    ids=["lines", "comments", "tags", "brackets", "blocks"],
)
def test_a_long_mail_is_looked_through_in_moments(raw):
    before = time.process_time()

    assert read(raw) is not None
    assert time.process_time() - before < 5


def test_comments_of_markup_are_left_out_and_what_stands_between_them_is_read():
    html = (
        b"<p>On <!-- not <b> -->Tuesday</p><!--[if !mso]><!--><p>or 2 < 3</p><!--<![endif]-->"
        b"<p>at <b title='>'>nine</b></p>"
    )

    assert " ".join(read(MARKUP + html).text.split()) == "On Tuesday or 2 < 3 at nine"
