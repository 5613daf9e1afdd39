"""Telling a client's people what is new, as each of them wants to hear of it."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _

from client_management.models import (
    ClientMessage,
    ClientOrganization,
    ClientStatus,
    CustomerPortalAccess,
    Digest,
    MessageThread,
)
from client_management.portal_mails import DIGEST, MESSAGE, NOTICE
from client_management.queries.digests import flights_begun, jobs_told_of
from client_management.queries.messages import may_read
from client_management.queries.portal import MOST, dashboard
from client_management.queries.portal_access import is_live
from client_management.services.messages import member_of
from client_management.share_tokens import reply_address
from common.mail.outbox import post
from common.mail.words import said
from users.models import User

LONGEST_BODY = 4000
# What somebody at the desk must hold, still, to be mailed what a client writes.
READ = "client_management.view_clientmessage"


def portal_address(organization: ClientOrganization, place: str = "") -> str:
    """Where in the portal something is."""
    return f"{settings.PUBLIC_URL}/portal/{organization.number}/{place}"


@transaction.atomic
def tell(
    organization: ClientOrganization,
    *,
    preference: str,
    title: str | Promise,
    text: str | Promise,
    place: str,
    about: models.Model,
    once: str,
    at: datetime,
    flag: str = "",
) -> int:
    """
    Mail those who want to hear of it as it happens, each in their language; returns how many.

    `preference` is the wish that must be set, `flag` what their key must open. The same cause
    (`once`) is one mail for each of them.
    """
    told = 0
    for access in _listeners(organization, preference, at):
        if flag and not getattr(access, flag):
            continue
        context = {
            "client": organization.name,
            "title": title,
            "text": text,
            "link": portal_address(organization, place),
        }
        post(NOTICE.key, to=access.user.email, context=context, once=once, about=about, at=at)
        told += 1
    return told


@transaction.atomic
def pass_on(message: ClientMessage, *, at: datetime) -> int:
    """Mail a message to everybody else in its thread who wants that; returns how many."""
    thread = message.thread
    organization = thread.organization
    keys = _listeners(organization, "notify_messages", at)
    readers = {access.user_id: access.user for access in keys if may_read(access, thread)}
    members = thread.members.select_related("user").filter(user__is_active=True)
    desk = [each.user for each in members]
    if message.is_from_client:
        desk += filter(None, [_handler_of(thread)])
    # Whoever left, or may no longer read what clients write, answers for it no more.
    readers |= {each.pk: each for each in desk if each.is_staff and each.has_perm(READ)}
    readers.pop(message.author_id, None)
    for reader in readers.values():
        _mail_message(message, reader, at=at)
    return len(readers)


@transaction.atomic
def send_digest(access: CustomerPortalAccess, *, at: datetime) -> bool:
    """Mail somebody once a day what waits for them; nothing when nothing does."""
    organization = access.organization
    found = dashboard(access)
    waiting = [
        (_at_most(len(rows)), what)
        for rows, what in (
            (found.to_answer if access.notify_quotes else (), _("Offers to answer")),
            (found.to_review if access.notify_deliverables else (), _("Deliverables to look at")),
            (found.to_pay if access.notify_invoices else (), _("Invoices to pay")),
            (found.unread if access.notify_messages else (), _("Threads with something new")),
        )
        if rows
    ]
    lines = [*waiting, *_of_the_day_before(access, at)]
    if not lines:
        return False
    post(
        DIGEST.key,
        to=access.user.email,
        context={
            "client": organization.name,
            "text": _listed(lines),
            "link": portal_address(organization),
        },
        once=f"{access.pk} {at.date()}",
        about=access,
        at=at,
    )
    return True


def daily_listeners(at: datetime) -> list[CustomerPortalAccess]:
    """Keys whose holders want one mail a day."""
    rows = CustomerPortalAccess.objects.filter(
        digest=Digest.DAILY, revoked_at=None, user__is_active=True
    ).exclude(organization__status=ClientStatus.CLOSED)
    found = rows.select_related("organization", "user").order_by("pk")
    return [access for access in found if is_live(access, at=at)]


def _at_most(count: int) -> str | Promise:
    """How many; the dashboard stops counting."""
    return said(_("{count} or more"), count=count) if count == MOST else str(count)


def _of_the_day_before(access: CustomerPortalAccess, at: datetime) -> list[tuple[str, Promise]]:
    """
    What happened on the client's day before, for who wants to hear of it and may see it.

    A whole day each time: nothing falls between two digests, and nothing is told by both.
    """
    organization = access.organization
    day = organization.local_day(at) - timedelta(days=1)
    found: list[tuple[int, Promise]] = []
    if access.notify_schedule and access.can_view_jobs:
        found.append((jobs_told_of(organization, day), _("Jobs scheduled or delivered yesterday")))
    if access.notify_flights and access.can_track_live:
        found.append((flights_begun(organization, day), _("Flights begun yesterday")))
    return [(str(count), what) for count, what in found if count]


def _lines(rows: list[tuple[str | Promise, Promise]]) -> str:
    return "\n".join(f"{what}: {count}" for count, what in rows)


_listed: Any = lazy(_lines, str)


def _listeners(
    organization: ClientOrganization, preference: str, at: datetime
) -> list[CustomerPortalAccess]:
    rows: QuerySet[CustomerPortalAccess] = CustomerPortalAccess.objects.for_client(
        organization
    ).filter(**{preference: True}, digest=Digest.AT_ONCE, revoked_at=None, user__is_active=True)
    found = rows.select_related("organization", "user").order_by("pk")
    return [access for access in found if is_live(access, at=at)]


def _handler_of(thread: MessageThread) -> User | None:
    """Who at the desk runs the job of a thread, or looked at its request."""
    if thread.job is not None:
        return thread.job.manager
    return thread.request.handled_by if thread.request is not None else None


def _mail_message(message: ClientMessage, reader: Any, *, at: datetime) -> None:
    thread = message.thread
    member = member_of(thread, reader)
    place = f"messages/{thread.job or thread.request or 'general'}/"
    body: str | Promise = message.body[:LONGEST_BODY] or _("[a file]")
    post(
        MESSAGE.key,
        to=reader.email,
        context={
            "client": thread.organization.name,
            "subject": thread.subject,
            "author": message.author.full_name,
            "body": body,
            "link": portal_address(thread.organization, place),
            "reply_to": reply_address(member.reply_salt),
        },
        once=f"message {message.pk}",
        about=message,
        at=at,
    )
