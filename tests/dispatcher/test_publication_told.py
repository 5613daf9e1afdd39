"""What the rest of the desk hears when the plan of a day is published or changed by hand."""

import json
from datetime import timedelta

import pytest

from common.models import Mail, OutboxEvent
from dispatcher.events import SchedulePublished
from dispatcher.models import DispatchNotice, NoticeWebhook
from dispatcher.services import assignments
from dispatcher.services.assignments import Wish
from tests.dispatcher.live_scene import hear
from tests.dispatcher.scene import OPENS, make_desk
from tests.dispatcher.test_publishing import publish
from tests.rpas.factories import MemberFactory
from tests.users.factories import hold
from users.models import Role
from users.services.seeding import seed_roles

NINE = OPENS + timedelta(hours=3)


def at_work(desk):
    """Somebody more at the desk who answers for its events."""
    person = MemberFactory(operator=desk.operator).user
    hold(person, Role.objects.get(code="dispatcher"))
    return person


@pytest.fixture
def colleague(desk):
    seed_roles()
    hold(desk.dispatcher, Role.objects.get(code="dispatcher"))
    return at_work(desk)


def hear_the_last() -> None:
    last = OutboxEvent.objects.filter(name=SchedulePublished.name).order_by("-pk").first()
    hear(SchedulePublished(**last.payload))


def told(person) -> list[tuple[str, str, bool]]:
    rows = DispatchNotice.objects.filter(recipient=person).order_by("pk")
    return [(row.text, row.details["more"], row.needs_acknowledgement) for row in rows]


def test_the_rest_of_the_desk_hears_of_a_publication_once_and_its_author_does_not(
    desk, colleague, now, settings
):
    settings.DISPATCH_WEBHOOK_URL = "https://pager.example/notices"
    elsewhere = at_work(make_desk(crews=0))
    for km in (5, 9):
        desk.wanted(now, km_east=km)
    run = desk.optimised(now)
    publish(run.schedule, desk, now)

    hear_the_last()

    text = (
        f"{desk.center.code}: the plan of Sun 15 Mar was published by {desk.dispatcher.full_name}"
    )
    counts = "Assignments new or changed: 2. Withdrawn: 0. Operations stood down: 0."
    assert told(colleague) == [(text, counts, False)]
    assert told(desk.dispatcher) == told(elsewhere) == []
    mail = Mail.objects.get(recipient=colleague.email)
    said = json.loads(str(mail.context))
    assert (said["text"], said["details"], said["answer_by"]) == (text, counts, "")
    assert NoticeWebhook.objects.filter(notice__recipient=colleague).count() == 1


def test_a_change_by_hand_and_a_withdrawal_are_told_as_what_they_are(desk, colleague, now):
    first, second = desk.wanted(now, km_east=5), desk.wanted(now, km_east=9)
    run = desk.optimised(now)
    schedule = publish(run.schedule, desk, now).schedule
    rows = {row.operation_id: row for row in schedule.assignments.published()}
    later = max(row.occupied_until for row in rows.values()) + timedelta(hours=2)
    held = rows[first.pk]

    moved = Wish(held.operation, held.aircraft, held.pilot, later)
    assignments.move_assignment(held, moved, actor=desk.dispatcher, at=now, version=None)
    hear_the_last()
    assignments.withdraw_assignment(
        rows[second.pk], because="Client", actor=colleague, at=now, version=None
    )
    hear_the_last()

    # Each hears of what the other did.
    lead = f"{desk.center.code}: the plan of Sun 15 Mar was changed by hand by"
    assert told(colleague) == [
        (
            f"{lead} {desk.dispatcher.full_name}",
            "Assignments new or changed: 1. Withdrawn: 0. Operations stood down: 0.",
            False,
        )
    ]
    assert told(desk.dispatcher) == [
        (
            f"{lead} {colleague.full_name}",
            "Assignments new or changed: 0. Withdrawn: 1. Operations stood down: 1.",
            False,
        )
    ]
