"""What a client and the desk write to each other, in the portal, at the desk and by mail."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils.translation import gettext_noop

from client_management.inbound_mail import InboundMail, read_mail
from client_management.models import (
    ClientMessage,
    ClientOrganization,
    JobOrder,
    MessageFile,
    MessageThread,
    MessageVia,
    ServiceRequest,
    ThreadMember,
)
from client_management.portal_events import MessagePosted
from client_management.portal_exceptions import MessageEmpty
from client_management.queries.messages import may_read
from client_management.queries.portal_access import access_to
from client_management.services.uploads import kept_name
from client_management.share_tokens import reply_token
from client_management.site_files import TAKEN, site_file_kind
from common import audit
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.links import digest_of, new_salt, opens
from common.outbox import announce
from documents.content import Recognized, recognize, scan
from documents.exceptions import UploadRefused

MOST_FILES = 10
GENERAL = "General"


@dataclass(frozen=True, kw_only=True)
class CheckedFile:
    """A file that may be kept, and what it is."""

    name: str
    content: bytes
    kind: Recognized


def checked(files: Sequence[File]) -> list[CheckedFile]:
    """
    Look at files before they are taken in; it takes its time, so outside a transaction.

    Raises UploadRefused, ScannerUnavailable.
    """
    if len(files) > MOST_FILES:
        raise UploadRefused(gettext_noop("At most {count} files at a time."), count=MOST_FILES)
    found = []
    for file in files:
        if (file.size or 0) > settings.DOCUMENT_UPLOAD_MAX_BYTES:
            raise UploadRefused(
                gettext_noop("At most {count} bytes a file."),
                count=settings.DOCUMENT_UPLOAD_MAX_BYTES,
            )
        found.append(_checked(str(file.name), b"".join(file.chunks())))
    return found


@transaction.atomic
def thread_of(
    organization: ClientOrganization,
    *,
    request: ServiceRequest | None = None,
    job: JobOrder | None = None,
) -> MessageThread:
    """The thread about a request, about a job, or the client's general one; made when needed."""
    subject = str(job or request or GENERAL)
    titled = job or request
    thread, _ = MessageThread.objects.get_or_create(
        organization=organization,
        request=None if job else request,
        job=job,
        defaults={"subject": f"{subject} {titled.title}"[:200] if titled else GENERAL},
    )
    return thread


def open_thread(
    *,
    organization: ClientOrganization | None = None,
    request: ServiceRequest | None = None,
    job: JobOrder | None = None,
) -> MessageThread:
    """
    The thread in which the desk writes first, about one of these; made when needed.

    Raises InvalidInput for none of them or several.
    """
    named = [each for each in (organization, request, job) if each is not None]
    if len(named) != 1:
        raise InvalidInput("/organization", "A job, a request, or a client in general.")
    (about,) = named
    whose = about if isinstance(about, ClientOrganization) else about.organization
    return thread_of(whose, request=request, job=job)


@transaction.atomic
def post_message(
    thread: MessageThread,
    *,
    body: str,
    files: Sequence[CheckedFile] = (),
    is_from_client: bool,
    via: str,
    mail_id: str | None = None,
    actor: Any,
    at: datetime,
) -> ClientMessage:
    """Add a message to a thread; its author has read it. Raises MessageEmpty."""
    body = body.strip()
    if not body and not files:
        raise MessageEmpty
    thread = locked(thread)
    message = ClientMessage.objects.create(
        thread=thread,
        author=actor,
        is_from_client=is_from_client,
        via=via,
        body=body,
        mail_id=mail_id,
        sent_at=at,
    )
    for file in files:
        _keep(message, file)
    thread.last_message_at = at
    thread.save()
    mark_read(thread, up_to=message, user=actor)
    announce(MessagePosted(message_id=message.pk))
    return message


@transaction.atomic
def mark_read(thread: MessageThread, *, up_to: ClientMessage, user: Any) -> ThreadMember:
    """Note how far somebody has read; never back."""
    member = locked(member_of(thread, user))
    if member.read_up_to_id is None or member.read_up_to_id < up_to.pk:
        member.read_up_to = up_to
        member.save()
    return member


@transaction.atomic
def member_of(thread: MessageThread, user: Any) -> ThreadMember:
    """Somebody's place in a thread, with the secret of their address; made when needed."""
    salt = new_salt()
    member, _ = ThreadMember.objects.get_or_create(
        thread=thread,
        user=user,
        defaults={"reply_salt": salt, "reply_digest": digest_of(reply_token(salt))},
    )
    return member


def take_reply(raw: bytes, *, at: datetime) -> ClientMessage | None:
    """
    Take in a mail that answers a message; None for one that is not for us, whatever is wrong.

    It must come to an address we gave to one person, from that person's own address, by hand. The
    person must still be let in. The same mail again is the first one. Files we do not keep are
    named in the text.
    """
    mail = read_mail(
        raw,
        address=settings.MAIL_INBOUND_ADDRESS,
        most_file_bytes=settings.DOCUMENT_UPLOAD_MAX_BYTES,
    )
    if mail is None or mail.is_automatic or not mail.mail_id:
        return None
    member = _member_addressed(mail)
    if member is None or not _may_write(member, at):
        return None
    known = ClientMessage.objects.filter(mail_id=mail.mail_id).first()
    if known is not None:
        return known if known.thread_id == member.thread_id else None
    files, left_out = _usable(mail)
    if not mail.text and not files:
        return None
    return _posted(member, mail, files, left_out, at=at)


@transaction.atomic
def _posted(
    member: ThreadMember,
    mail: InboundMail,
    files: Sequence[CheckedFile],
    left_out: Sequence[str],
    *,
    at: datetime,
) -> ClientMessage:
    note = f"\n\n[Not taken: {', '.join(left_out)}]" if left_out else ""
    message = post_message(
        member.thread,
        body=mail.text[: 20_000 - len(note)] + note,
        files=files,
        is_from_client=not member.user.is_staff,
        via=MessageVia.EMAIL,
        mail_id=mail.mail_id,
        actor=member.user,
        at=at,
    )
    audit.record("message.taken_by_mail", member.thread, actor=member.user, at=at)
    return message


def _member_addressed(mail: InboundMail) -> ThreadMember | None:
    """Whose address it came to; None unless they sent it themselves."""
    rows = ThreadMember.objects.select_related("user", "thread__organization")
    for token in mail.tokens[:5]:
        digest = digest_of(token)
        member = rows.filter(reply_digest=digest).first()
        if member is None or not opens(token, member.reply_digest):
            continue
        if member.user.email.lower() == mail.sender:
            return member
    return None


def _may_write(member: ThreadMember, at: datetime) -> bool:
    user = member.user
    if not user.is_active:
        return False
    if user.is_staff:
        return user.has_perm("client_management.add_clientmessage")
    access = access_to(user, member.thread.organization.number, at=at)
    return access is not None and may_read(access, member.thread)


def _usable(mail: InboundMail) -> tuple[list[CheckedFile], list[str]]:
    kept: list[CheckedFile] = []
    left_out = list(mail.left_out)
    for file in mail.files:
        try:
            kept.append(_checked(file.name, file.content))
        except UploadRefused:
            left_out.append(file.name)
    return kept, left_out


def _checked(name: str, content: bytes) -> CheckedFile:
    scan(content)
    kind = site_file_kind(content) or recognize(content, taken=TAKEN)
    return CheckedFile(name=kept_name(name), content=content, kind=kind)


def _keep(message: ClientMessage, file: CheckedFile) -> None:
    stem = file.name.rpartition(".")[0] or file.name
    row = MessageFile(
        message=message,
        file_name=f"{stem}{file.kind.ending}",
        media_type=file.kind.media_type,
        size_bytes=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
    )
    row.file.save(f"{uuid.uuid4().hex}{file.kind.ending}", ContentFile(file.content), save=False)
    try:
        row.save()
    except Exception:
        row.file.storage.delete(str(row.file.name))
        raise
