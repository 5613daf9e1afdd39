"""What the mail server pipes in: answers of the desk and of clients, and what is passed over."""

import io
import sys
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.core.management import call_command
from django.db import OperationalError

from client_management.management.commands import take_reply as command
from client_management.models import ClientMessage
from client_management.services import messages
from documents.exceptions import ScannerUnavailable
from tests.client_management import scene
from tests.client_management.portal.people import key
from tests.client_management.portal.test_messages import PNG, address, answer
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
ADD = "client_management.add_clientmessage"


@pytest.fixture(autouse=True)
def inbound(settings):
    settings.MAIL_INBOUND_ADDRESS = "reply@windsock.example"


@pytest.fixture
def access(client_org, actor, now):
    return key(client_org, actor, now)


@pytest.fixture
def desk():
    user = UserFactory()
    grant(user, ADD, "client_management.view_clientmessage")
    return user


@pytest.fixture
def thread(client_org, access, now):
    made = messages.thread_of(client_org)
    messages.post_message(
        made, body="When do you come?", is_from_client=True, via="portal",
        actor=access.user, at=now,
    )  # fmt: skip
    return made


@pytest.fixture
def piped(monkeypatch):
    """Pipe a mail into the command, as the mail server does; says what the command said."""

    def pipe(raw):
        said = io.StringIO()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        call_command("take_reply", stdout=said)
        return said.getvalue().strip()

    return pipe


def from_desk(thread, desk, **more):
    return answer(address(thread, desk), desk.email, **{"body": "On Tuesday.", **more})


def test_the_desk_answers_a_client_by_mail(thread, desk, piped):
    assert piped(from_desk(thread, desk).as_bytes()) == "taken"

    message = thread.messages.latest("pk")
    assert (message.author, message.body, message.via) == (desk, "On Tuesday.", "email")
    assert not message.is_from_client


def test_the_same_mail_again_is_one_message(thread, desk, piped):
    raw = from_desk(thread, desk).as_bytes()

    assert [piped(raw), piped(raw)] == ["taken", "taken"]
    assert thread.messages.filter(author=desk).count() == 1


def test_a_message_id_that_another_thread_has_is_passed_over(thread, desk, piped, now):
    client = thread.organization
    about = messages.thread_of(client, request=scene.request(client, UserFactory(), now))
    assert piped(from_desk(thread, desk).as_bytes()) == "taken"

    assert piped(from_desk(about, desk).as_bytes()) == "not for us"
    assert not about.messages.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner"},
        {"Precedence": "bulk"},
        {"Precedence": "auto_reply"},
        {"Return_Path": "<>"},
        {"X_Autoreply": "yes"},
        {"mail_id": ""},
    ],
)
def test_what_a_machine_wrote_starts_no_loop(thread, desk, piped, headers):
    assert piped(from_desk(thread, desk, **headers).as_bytes()) == "not for us"
    assert thread.messages.count() == 1


def test_a_forged_or_unknown_address_is_passed_over(thread, access, desk, piped):
    to = address(thread, desk)
    lookalike = EmailMessage()
    lookalike["From"] = f'"{desk.email}" <evil@else.example>'
    lookalike["To"], lookalike["Message-ID"] = to, "<9@else.example>"
    lookalike.set_content("Pay into this account.")
    forged = [
        answer(to, "evil@else.example"),
        # The client got hold of the desk's address, or the desk of the client's.
        answer(to, access.user.email),
        answer(address(thread, access.user), desk.email),
        answer("reply+" + "f" * 40 + "@windsock.example", desk.email),
        answer(to.replace("windsock.example", "else.example"), desk.email),
        lookalike,
    ]

    assert [piped(mail.as_bytes()) for mail in forged] == ["not for us"] * 6
    assert thread.messages.count() == 1


def test_who_left_the_desk_or_lost_the_right_is_passed_over(thread, piped):
    gone, former = UserFactory(), UserFactory()
    grant(gone, ADD)
    grant(former, "client_management.view_clientmessage")
    mails = [from_desk(thread, each).as_bytes() for each in (gone, former)]
    gone.is_active = False
    gone.save()

    assert [piped(each) for each in mails] == ["not for us"] * 2
    assert thread.messages.count() == 1


def test_a_key_that_ran_out_answers_no_more(thread, access, piped, now, monkeypatch):
    raw = answer(address(thread, access.user), access.user.email).as_bytes()
    type(access).objects.filter(pk=access.pk).update(
        valid_from=now.date() - timedelta(days=9), valid_until=now.date() + timedelta(days=1)
    )
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(days=3))

    assert piped(raw) == "not for us"


def test_a_file_over_the_limit_is_named_and_the_words_are_kept(thread, desk, piped, settings):
    settings.DOCUMENT_UPLOAD_MAX_BYTES = 500
    mail = from_desk(thread, desk)
    for name, content in (("plan.png", PNG), ("film.png", PNG + b"x" * 500)):
        mail.add_attachment(content, maintype="image", subtype="png", filename=name)

    assert piped(mail.as_bytes()) == "taken"

    message = thread.messages.latest("pk")
    assert message.body == "On Tuesday.\n\n[Not taken: film.png]"
    assert [file.file_name for file in message.files.all()] == ["plan.png"]


def test_a_mail_of_html_alone_is_taken_as_words(thread, desk, piped):
    mail = from_desk(thread, desk)
    mail.clear_content()
    mail.set_content(
        "<style>p{}</style><p>On <b>Tuesday</b> &amp; <script>steal()</script>Friday.</p>"
        "<blockquote>When do you come?</blockquote>",
        subtype="html",
    )

    assert piped(mail.as_bytes()) == "taken"
    assert thread.messages.latest("pk").body == "On Tuesday & Friday."


@pytest.mark.parametrize(
    ("charset", "words"),
    [
        (b"x-nobody-knows", (b"On Tuesday.", "On Tuesday.")),
        (b"utf-8", (b"On Tue\xffsday.", "On Tue\N{REPLACEMENT CHARACTER}sday.")),
        (b"iso-8859-1", (b"Am D\xedenstag.", "Am D\N{LATIN SMALL LETTER I WITH ACUTE}enstag.")),
        (b"utf-7", (b"On Tuesday+AAA-.", "On Tuesday.")),
        (b"../../etc/passwd", (b"On Tuesday.", "On Tuesday.")),
    ],
)
def test_words_in_a_hostile_character_set_do_no_harm(thread, desk, piped, charset, words):
    content, read = words
    raw = b"\r\n".join(
        [
            f"From: {desk.email}".encode(),
            f"To: {address(thread, desk)}".encode(),
            b"Message-ID: <7@desk.example>",
            b"Content-Type: text/plain; charset=" + charset,
            b"Content-Transfer-Encoding: 8bit",
            b"",
            content,
        ]
    )

    assert piped(raw) == "taken"
    assert thread.messages.latest("pk").body == read


def test_the_mail_server_is_asked_to_come_back_while_we_cannot_take_it(
    thread, desk, piped, monkeypatch
):
    for fault in (OperationalError("down"), ScannerUnavailable()):

        def fail(*_args, fault=fault, **_more):
            raise fault

        monkeypatch.setattr(command, "take_reply", fail)
        with pytest.raises(SystemExit) as ended:
            piped(from_desk(thread, desk).as_bytes())
        assert ended.value.code == 75
    assert ClientMessage.objects.count() == 1
