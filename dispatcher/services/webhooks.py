"""
Notices to the installation's webhook, at least once each.

A notice is claimed, sent outside any transaction, and how it ended is written last. Who finds a
claim that ran out sends it again: the receiver knows it by its number.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction

from common.scheduler import schedule_on_commit
from common.webhooks.calling import Reply, call
from dispatcher.models import DispatchNotice, NoticeWebhook, WebhookStatus

# Longer than a call may take.
LEASE = timedelta(minutes=2)
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=30)
# What concerns a flight is of no use when it has flown.
LASTS = timedelta(hours=12)
AT_A_TIME = 200
Clock = Callable[[], datetime]


def queue(notice: DispatchNotice, *, at: datetime) -> NoticeWebhook | None:
    """Have a new notice sent after commit; None where no address is set."""
    if not settings.DISPATCH_WEBHOOK_URL:
        return None
    webhook = NoticeWebhook.objects.create(
        notice=notice, queued_at=at, not_after=at + LASTS, next_attempt_at=at
    )
    schedule_on_commit("dispatcher.tasks.send_webhook", webhook_id=webhook.pk)
    return webhook


def send(webhook_id: int, *, clock: Clock) -> None:
    """Send one that is due, unless somebody else does or it came too late. In no transaction."""
    webhook = claim(webhook_id, at=clock())
    if webhook is None:
        return
    notice = webhook.notice
    reply = call(
        settings.DISPATCH_WEBHOOK_URL,
        [settings.DISPATCH_WEBHOOK_SECRET.encode()],
        f"notice-{notice.pk}",
        int(clock().timestamp()),
        msgspec.json.encode(message_of(notice)),
    )
    finish(webhook, reply, at=clock())


def message_of(notice: DispatchNotice) -> dict[str, Any]:
    """What a receiver is told of a notice; nothing of it is about patients or passengers."""
    operation, event = notice.operation, notice.event
    return {
        "type": "dispatch.notice",
        "timestamp": notice.issued_at,
        "data": {
            "id": notice.pk,
            "center": notice.center.code,
            "recipient": notice.recipient.email,
            "kind": str(notice.kind),
            "operation": operation.number if operation else None,
            "event": event.number if event else None,
            "text": notice.text,
            "more": notice.details.get("more", ""),
            "needs_acknowledgement": notice.needs_acknowledgement,
            "acknowledge_by_at": notice.acknowledge_by_at,
        },
    }


@transaction.atomic
def claim(webhook_id: int, *, at: datetime) -> NoticeWebhook | None:
    """Take one that is due, for a while; None for one that is taken, ended or came too late."""
    rows = NoticeWebhook.objects.queued().filter(pk=webhook_id, next_attempt_at__lte=at)
    related = rows.select_related(
        "notice__center", "notice__recipient", "notice__operation", "notice__event"
    )
    webhook = related.select_for_update(of=("self",), skip_locked=True, no_key=True).first()
    if webhook is None:
        return None
    if webhook.not_after <= at or not settings.DISPATCH_WEBHOOK_URL:
        _end(webhook, WebhookStatus.FAILED, webhook.reply or "Too late.", at)
        return None
    webhook.status, webhook.claimed_until = WebhookStatus.SENDING, at + LEASE
    webhook.attempts, webhook.next_attempt_at = webhook.attempts + 1, None
    webhook.save()
    return webhook


@transaction.atomic
def finish(webhook: NoticeWebhook, reply: Reply, *, at: datetime) -> None:
    """Write down how a claimed one ended; nothing when the claim was lost meanwhile."""
    ours = NoticeWebhook.objects.sending().filter(pk=webhook.pk, attempts=webhook.attempts)
    fresh = ours.select_for_update(no_key=True).first()
    if fresh is None:
        return
    if reply.result == "later":
        wait = min(FIRST_WAIT * 2 ** min(fresh.attempts - 1, 10), LONGEST_WAIT)
        fresh.status, fresh.next_attempt_at = WebhookStatus.QUEUED, at + wait
        fresh.claimed_until, fresh.reply = None, reply.said[:200]
        fresh.save()
    else:
        is_taken = reply.result == "sent"
        status = WebhookStatus.SENT if is_taken else WebhookStatus.FAILED
        _end(fresh, status, reply.said, at)


def sweep(*, at: datetime) -> list[int]:
    """Free those whose worker is gone, and name those that are due."""
    lost = NoticeWebhook.objects.sending().filter(claimed_until__lte=at).order_by("pk")
    for webhook in lost[:AT_A_TIME]:
        finish(webhook, Reply("later", "The worker was lost."), at=at)
    due = NoticeWebhook.objects.queued().filter(next_attempt_at__lte=at)
    return list(due.order_by("next_attempt_at", "pk").values_list("pk", flat=True)[:AT_A_TIME])


def _end(webhook: NoticeWebhook, status: str, reply: str, at: datetime) -> None:
    webhook.status, webhook.reply, webhook.ended_at = status, reply[:200], at
    webhook.next_attempt_at = webhook.claimed_until = None
    webhook.save()
