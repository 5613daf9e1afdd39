import pytest
from django.test import Client
from django.urls import reverse

from dispatcher.models import AssignmentStatus, OptimizationRun, ScheduleStatus
from tests.dispatcher.scene import at_the_desk


@pytest.fixture
def screen(desk):
    """The admin, signed in as somebody who plans days for the operator."""
    verbs = ("view", "add", "change", "optimise", "publish", "close")
    user = at_the_desk(
        desk,
        *(f"{verb}_dispatchschedule" for verb in verbs),
        "view_assignment",
        "pin_assignment",
        "view_optimizationrun",
        "view_dispatchcenter",
    )
    client = Client()
    client.force_login(user, backend="users.backends.RoleBackend")
    return client


def do(client, model, action, *rows, **more):
    address = reverse(f"admin:dispatcher_{model}_changelist")
    chosen = {"action": action, "sure": "1", "_selected_action": [row.pk for row in rows]}
    return client.post(address, chosen | more, follow=True)


def test_a_day_is_planned_shown_and_published_from_its_screen(screen, desk, now):
    operation = desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    page = screen.get(reverse("admin:dispatcher_dispatchschedule_change", args=[run.schedule_id]))

    do(screen, "assignment", "pin", run.schedule.assignments.get(), reason="Promised")
    do(screen, "dispatchschedule", "publish", run.schedule)
    asked = do(screen, "dispatchschedule", "optimise", run.schedule)

    assert page.status_code == 200
    assert f"new: {operation.number}" in page.content.decode().replace("<div>", "")
    row = run.schedule.assignments.published().get()
    assert (row.pinned_because, row.status) == ("Promised", AssignmentStatus.PUBLISHED)
    assert asked.status_code == 200
    run.schedule.refresh_from_db()
    assert run.schedule.status == ScheduleStatus.OPTIMISING
    assert OptimizationRun.objects.count() == 2


def test_a_refusal_is_told_and_not_raised(screen, desk, now):
    schedule = desk.open(now)

    page = do(screen, "dispatchschedule", "publish", schedule)

    assert "has no proposal to publish" in page.content.decode()
