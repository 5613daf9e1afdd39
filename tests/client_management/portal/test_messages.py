"""Threads, and mail both ways."""

from email.message import EmailMessage

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from client_management.inbound_mail import read_mail, without_quotes
from client_management.models import ClientMessage, ServiceRequest, ThreadMember
from client_management.portal_events import MessagePosted
from client_management.portal_exceptions import MessageEmpty
from client_management.portal_handlers import pass_the_message_on
from client_management.services import accesses, messages, notices
from client_management.share_tokens import reply_address
from common.mail.messages import message_of
from common.models import Mail
from documents.exceptions import UploadRefused
from tests.client_management import scene
from tests.client_management.portal.people import key
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
    b"\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99"
    b"=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture(autouse=True)
def inbound(settings):
    settings.MAIL_INBOUND_ADDRESS = "reply@windsock.example"


@pytest.fixture
def access(client_org, actor, now):
    return key(client_org, actor, now)


@pytest.fixture
def thread(client_org, access, actor, now):
    made = messages.thread_of(client_org)
    messages.post_message(
        made, body="Which gate?", is_from_client=False, via="desk", actor=actor, at=now
    )
    return made


def answer(to, sender, *, body="Gate 2.\n\nOn Sat, Desk wrote:\n> Which gate?", **headers):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"A <{sender}>", to, "Re: General"
    mail["Message-ID"] = headers.pop("mail_id", "<1@client.example>")
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(body)
    return mail


def address(thread, user):
    return reply_address(messages.member_of(thread, user).reply_salt)


def test_an_answer_by_mail_joins_its_thread_once(thread, access, now):
    raw = answer(address(thread, access.user), access.user.email).as_bytes()

    message = messages.take_reply(raw, at=now)

    assert (message.thread, message.author, message.body) == (thread, access.user, "Gate 2.")
    assert (message.via, message.is_from_client) == ("email", True)
    assert messages.take_reply(raw, at=now) == message
    assert ClientMessage.objects.filter(thread=thread).count() == 2


def test_who_may_not_write_is_passed_over(thread, access, actor, now, client_org):
    to = address(thread, access.user)
    refused = [
        answer(to, "somebody@else.example"),
        answer("reply+" + "0" * 40 + "@windsock.example", access.user.email),
        answer("reply@windsock.example", access.user.email),
        answer(to, access.user.email, Auto_Submitted="auto-replied"),
        answer(to, access.user.email, Precedence="bulk"),
        answer(to, access.user.email, Return_Path="<>"),
        answer(to, access.user.email, body="> Which gate?"),
    ]
    assert [messages.take_reply(each.as_bytes(), at=now) for each in refused] == [None] * 7
    assert messages.take_reply(b"\xff\xfe nothing", at=now) is None
    assert messages.take_reply(b"x" * (31 * 1024 * 1024), at=now) is None

    good = answer(to, access.user.email).as_bytes()
    accesses.revoke_access(access, reason="Left", actor=actor, at=now)
    assert messages.take_reply(good, at=now) is None
    assert ClientMessage.objects.count() == 1


def test_files_over_the_cap_or_of_another_kind_are_named_and_left_out(
    thread, access, now, settings
):
    settings.DOCUMENT_UPLOAD_MAX_BYTES = 1000
    mail = answer(address(thread, access.user), access.user.email, body="See the pictures.")
    for name, content in (("a.png", PNG), ("big.png", PNG + b"x" * 1000), ("run.exe", b"MZ" * 9)):
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)

    message = messages.take_reply(mail.as_bytes(), at=now)

    assert [file.file_name for file in message.files.all()] == ["a.png"]
    assert message.files.get().file.read() == PNG
    assert message.body == "See the pictures.\n\n[Not taken: big.png, run.exe]"


def test_a_mail_of_html_alone_is_read_without_its_quote():
    mail = EmailMessage()
    mail["From"], mail["To"] = "a@b.example", "reply+" + "a" * 40 + "@windsock.example"
    mail.set_content(
        "<p>Gate&nbsp;2.</p><blockquote><p>Which gate?</p></blockquote><script>x()</script>",
        subtype="html",
    )

    read = read_mail(mail.as_bytes(), address="reply@windsock.example", most_file_bytes=9)

    assert read.text.replace("\xa0", " ") == "Gate 2."
    assert read.tokens == ("a" * 40,)


@pytest.mark.parametrize(
    "quoted",
    [
        "\n> old", "\nOn 1 March, A B <a@b.example>\nwrote:\n> old",
        "\nAm 1. März 2026 um 10:00 schrieb A:\n> alt", "\n-----Original Message-----\nFrom: x",
        "\nVon: A <a@b.example>\nalt", "\n-- \nA B\nDirector", "\n________________________\nold",
    ],
)  # fmt: skip
def test_quotes_and_signatures_are_stripped(quoted):
    assert without_quotes(f"Gate 2.\r\nThanks{quoted}") == "Gate 2.\nThanks"


def test_a_message_is_mailed_to_those_who_want_it_with_an_address_of_their_own(
    client_org, actor, now, thread, access
):
    quiet = key(client_org, actor, now, notify_messages=False)
    daily = key(client_org, actor, now, digest="daily")
    message = thread.messages.get()

    pass_the_message_on(MessagePosted(message_id=message.pk))
    pass_the_message_on(MessagePosted(message_id=message.pk))

    mail = Mail.objects.get(kind="portal_message")
    assert mail.recipient == access.user.email
    shown = message_of(mail, at=0.0)
    assert shown.reply_to == [address(thread, access.user)]
    assert "Which gate?" in shown.body
    assert not ThreadMember.objects.filter(user__in=[quiet.user, daily.user]).exists()
    assert [each.pk for each in notices.daily_listeners(now)] == [daily.pk]
    assert notices.send_digest(daily, at=now)
    assert (
        "Threads with something new: 1"
        in message_of(Mail.objects.get(kind="portal_digest"), at=0.0).body
    )


def test_who_may_no_longer_read_what_clients_write_is_not_mailed(client_org, actor, now, thread):
    reader, former = UserFactory(), UserFactory()
    grant(reader, "client_management.view_clientmessage")
    grant(former)
    for each in (reader, former):
        ThreadMember.objects.create(
            thread=thread, user=each, reply_salt=each.email[:32], reply_digest=each.email
        )

    pass_the_message_on(MessagePosted(message_id=thread.messages.get().pk))

    mailed = set(Mail.objects.filter(kind="portal_message").values_list("recipient", flat=True))
    assert reader.email in mailed
    assert former.email not in mailed


def test_a_mail_kind_without_an_address_answers_as_everybody(client_org, actor, now, settings):
    settings.MAIL_REPLY_TO = "desk@windsock.example"
    notices.tell(
        client_org, preference="notify_quotes", title="T", text="X", place="", about=client_org,
        once="1", at=now,
    )  # fmt: skip
    key(client_org, actor, now)
    told = notices.tell(
        client_org, preference="notify_quotes", title="T", text="X", place="", about=client_org,
        once="1", at=now,
    )  # fmt: skip

    assert told == 1
    assert message_of(Mail.objects.get(), at=0.0).reply_to == ["desk@windsock.example"]


def test_files_are_looked_at_before_they_are_kept(thread, access, now):
    with pytest.raises(UploadRefused):
        messages.checked([SimpleUploadedFile("a.svg", b"<svg/>")])
    with pytest.raises(MessageEmpty):
        messages.post_message(
            thread, body="  ", is_from_client=True, via="portal", actor=access.user, at=now
        )
    files = messages.checked([SimpleUploadedFile("../x.png", PNG)])
    message = messages.post_message(
        thread, body="", files=files, is_from_client=True, via="portal", actor=access.user, at=now
    )
    assert message.files.get().file_name == "x.png"


@pytest.mark.parametrize("gone", [{"is_active": False, "is_superuser": True}, {}])
def test_what_a_client_writes_of_a_request_is_mailed_to_who_looked_at_it_and_still_may(
    client_org, access, actor, now, gone
):
    left = UserFactory(**gone)
    grant(actor, notices.READ)
    request = scene.request(client_org, actor, now)
    scene.assessed(request, actor, now)

    messages.post_message(
        messages.thread_of(client_org, request=request),
        body="The gate is new",
        is_from_client=True,
        via="portal",
        actor=access.user,
        at=now,
    )
    posted = MessagePosted(message_id=ClientMessage.objects.latest("pk").pk)
    pass_the_message_on(posted)
    assert [mail.recipient for mail in Mail.objects.all()] == [actor.email]

    ServiceRequest.objects.filter(pk=request.pk).update(handled_by=left)
    pass_the_message_on(posted)
    assert not Mail.objects.filter(recipient=left.email).exists()


def test_the_desk_writes_first_about_a_job_a_request_or_in_general(client_org, client_for, now):
    desk = client_for(UserFactory(is_superuser=True))
    job = scene.job(client_org, UserFactory(), now)
    where = "/api/client-management/threads/"
    about = [{"job": job.number}, {"request": job.request.number}]

    opened = [desk.post(where, each) for each in (*about, {"organization": client_org.number})]
    again = desk.post(where, about[0])
    said = desk.post(f"{where}{again.data['id']}/messages/", {"body": "Wind; we come on Friday."})

    assert [each.status_code for each in (*opened, said)] == [201, 201, 201, 201]
    assert [each.data["about"] for each in opened] == [
        job.number, job.request.number, "general"
    ]  # fmt: skip
    assert again.data["id"] == opened[0].data["id"]
    for wrong in ({}, {**about[0], **about[1]}, {"job": "JOB-2020-0001"}):
        assert desk.post(where, wrong).status_code == 400


def test_one_thread_for_each_thing(client_org, actor, now):
    job = scene.job(client_org, actor, now)

    first = messages.thread_of(client_org, job=job)

    assert messages.thread_of(client_org, job=job).pk == first.pk
    assert messages.thread_of(client_org).pk != first.pk
    assert first.subject == f"{job.number} Block survey"


def test_a_key_that_opens_no_jobs_neither_hears_of_them_nor_writes_about_them(
    client_org, actor, now
):
    blind = key(client_org, actor, now, can_view_jobs=False)
    thread = messages.thread_of(client_org, job=scene.job(client_org, actor, now))
    message = messages.post_message(
        thread, body="We fly on Tuesday.", is_from_client=False, via="desk", actor=actor, at=now
    )

    assert notices.pass_on(message, at=now) == 0
    raw = answer(address(thread, blind.user), blind.user.email).as_bytes()
    assert messages.take_reply(raw, at=now) is None
