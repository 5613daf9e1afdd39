"""Privacy breaches: their clock, who hears of it, who may say what it was."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.compliance.findings import Color
from common.exceptions import InvalidInput, StaleVersion, TransitionNotAllowed
from common.mail.messages import message_of
from common.models import AuditEvent, Mail, OutboxEvent, StatusChange
from operations.events import BreachReminded, BreachReported
from operations.exceptions import BreachNotAmendable
from operations.handlers import remind_who_tells_the_persons, tell_who_tells_the_persons
from operations.models import PrivacyBreach
from operations.queries.breaches import breach_color, remaining_s, with_breach_color
from operations.services import breaches
from operations.tasks import remind_of_breaches as remind_task
from tests.operations.factories import (
    PatientFactory,
    PrivacyBreachFactory,
    RequirementFactory,
    TripFactory,
)
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
URL = "/api/operations/privacy-breaches/"


@pytest.fixture
def teller():
    user = UserFactory()
    grant(user, "operations.notify_privacybreach")
    return user


def body(**more):
    return {"narrative": "A folder was left in a taxi.", "persons_affected": 3, **more}


@pytest.mark.parametrize(
    ("after", "color"),
    [
        (timedelta(0), Color.GREEN),
        (30 * DAY - SECOND, Color.GREEN),
        (30 * DAY, Color.AMBER),
        (60 * DAY - SECOND, Color.AMBER),
        (60 * DAY, Color.RED),
    ],
)
def test_the_clock_turns_at_thirty_and_at_sixty_days(after, color):
    breach = PrivacyBreachFactory()
    now = breach.discovered_at + after
    rows = PrivacyBreach.objects.all()

    assert breach_color(breach, now=now) == color
    assert [each for each in Color if with_breach_color(rows, each, now=now).exists()] == [color]
    assert remaining_s(breach, now=now) == 60 * 86_400 - after.total_seconds()


def test_telling_the_persons_stops_the_clock(desk, now):
    breach = PrivacyBreachFactory(discovered_at=now - 90 * DAY)

    told = breaches.record_persons_told(
        breach, notified_at=now, notice="First-class mail", actor=desk, at=now
    )

    assert (told.status, told.notice, told.notified_at) == ("notified", "First-class mail", now)
    assert breach_color(told, now=now) == Color.GREEN
    assert remaining_s(told, now=now) is None
    assert StatusChange.objects.get().to_status == "notified"
    assert AuditEvent.objects.filter(action="privacy_breach.notified").count() == 1
    with pytest.raises(TransitionNotAllowed):
        breaches.record_persons_told(told, notified_at=now, notice="Again", actor=desk, at=now)
    with pytest.raises(BreachNotAmendable):
        breaches.amend_breach(told, changes={"persons_affected": 9}, actor=desk, at=now)


def test_what_was_ruled_out_may_be_presumed_again(teller, desk, now):
    breach = PrivacyBreachFactory(discovered_at=now - 61 * DAY, reminded="red")

    def deliver():
        for _ in range(2):
            tell_who_tells_the_persons(BreachReported(breach_id=breach.pk))
            remind_who_tells_the_persons(BreachReminded(breach_id=breach.pk, color="red"))
        return Mail.objects.count()

    assert deliver() == 2

    ruled = breaches.rule_out_breach(breach, reason="Sealed", actor=desk, at=now)
    with pytest.raises(TransitionNotAllowed):
        breaches.close_breach(ruled, reason="Done", actor=desk, at=now)
    again = breaches.reopen_breach(ruled, reason="It was open", actor=desk, at=now)

    assert breach_color(ruled, now=now) == Color.GREEN
    assert (breach_color(again, now=now), again.reminded) == (Color.RED, "")
    assert breaches.remind_of_breaches(at=now) == 1
    events = OutboxEvent.objects.filter(name__startswith="operations.breach").order_by("pk")
    assert [each.name.split("_")[-1] for each in events] == ["reported", "reminded"]
    assert deliver() == 4


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"discovered_at": SECOND}, "/discovered_at"),
        ({"discovered_at": -20_000 * DAY}, "/discovered_at"),
        ({"occurred_at": SECOND}, "/occurred_at"),
        ({"occurred_at": -20_000 * DAY}, "/occurred_at"),
    ],
)
def test_moments_that_make_no_sense_are_refused(given, pointer, desk, now):
    moments = {name: now + shift for name, shift in given.items()}

    with pytest.raises(InvalidInput) as refusal:
        breaches.report_breach(**body(), **moments, actor=desk, at=now)

    assert refusal.value.details["pointer"] == pointer
    assert not PrivacyBreach.objects.exists()


def test_texts_do_not_name_the_patient_of_the_trip(desk, now):
    patient = PatientFactory(known=True)
    trip = TripFactory(requirement=RequirementFactory(patient=patient))
    named = f"The folder of {patient.given_names} {patient.family_name}."
    breach = PrivacyBreachFactory(trip=trip)

    with pytest.raises(InvalidInput):
        breaches.report_breach(trip=trip, narrative=named, persons_affected=1, actor=desk, at=now)
    with pytest.raises(InvalidInput):
        breaches.amend_breach(breach, changes={"narrative": named}, actor=desk, at=now)
    with pytest.raises(InvalidInput):
        breaches.rule_out_breach(breach, reason=named, actor=desk, at=now)
    with pytest.raises(InvalidInput):
        breaches.record_persons_told(breach, notified_at=now, notice=named, actor=desk, at=now)


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "lost"},
        {"persons_affected": 0},
        {"status": "notified"},
        {"status": "closed", "notice": "Mail"},
        {"notified_at": "2020-01-01T00:00Z"},
    ],
)
def test_the_database_refuses_what_must_never_be(wrong):
    breach = PrivacyBreachFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        PrivacyBreach.objects.filter(pk=breach.pk).update(**wrong)


def test_each_step_is_reminded_of_once(now):
    breach = PrivacyBreachFactory(discovered_at=now)
    PrivacyBreachFactory(discovered_at=now, status="ruled_out")
    moments = [now, now + 29 * DAY, now + 30 * DAY, now + 31 * DAY, now + 60 * DAY, now + 70 * DAY]

    sent = [breaches.remind_of_breaches(at=at) for at in moments]

    assert sent == [0, 0, 1, 0, 1, 0]
    payloads = [row.payload for row in OutboxEvent.objects.order_by("pk")]
    assert payloads == [
        {"breach_id": breach.pk, "color": "amber"},
        {"breach_id": breach.pk, "color": "red"},
    ]


def test_another_day_of_discovery_is_another_clock(desk, now):
    breach = PrivacyBreachFactory(discovered_at=now - 61 * DAY)
    assert breaches.remind_of_breaches(at=now) == 1

    changes = {"discovered_at": now - 62 * DAY}
    breaches.amend_breach(breach, changes=changes, actor=desk, at=now)

    assert breaches.remind_of_breaches(at=now) == 1
    with pytest.raises(StaleVersion):
        breaches.amend_breach(breach, changes=changes, actor=desk, at=now, version=1)


def test_a_sweep_of_its_own_reminds_of_breaches():
    breach = PrivacyBreachFactory()

    remind_task()

    breach.refresh_from_db()
    assert breach.reminded == "red"


def test_who_may_record_the_notice_is_mailed_a_number_and_a_day(teller):
    breach = PrivacyBreachFactory()
    reported = BreachReported(breach_id=breach.pk)
    reminded = BreachReminded(breach_id=breach.pk, color="red")

    for _ in range(2):
        tell_who_tells_the_persons(reported)
        remind_who_tells_the_persons(reminded)

    first, late = (message_of(mail, at=0) for mail in Mail.objects.order_by("pk"))
    assert first.subject == f"{breach.number}: persons to be told of a privacy breach"
    assert "without unreasonable delay" in first.body
    assert f"Told no later than: {breach.due_at:%d %b %Y %H:%M} UTC" in late.body
    assert "The notice is late (45 CFR 164.404)." in late.body
    assert f"/admin/operations/privacybreach/{breach.pk}/change/" in late.body
    assert "taxi" not in first.body + late.body
    assert {mail.recipient for mail in Mail.objects.all()} == {teller.email}


def test_nobody_is_asked_for_what_was_done_meanwhile(teller, desk, now):
    breach = PrivacyBreachFactory()
    breaches.rule_out_breach(breach, reason="Sealed", actor=desk, at=now)

    remind_who_tells_the_persons(BreachReminded(breach_id=breach.pk, color="amber"))

    assert not Mail.objects.exists()


def test_a_coordinator_reports_and_the_medical_director_decides(client_for, person_in):
    coordinator = client_for(person_in("flight_coordinator"))
    director = client_for(person_in("medical_director"))
    made = coordinator.post(URL, body(), format="json", HTTP_IDEMPOTENCY_KEY="one")
    again = coordinator.post(URL, body(), format="json", HTTP_IDEMPOTENCY_KEY="one")
    url = f"{URL}{made.data['number']}/"
    told = {"notified_at": made.data["discovered_at"], "notice": "First-class mail"}
    reason = {"reason": "Done"}

    assert (made.status_code, again.data, PrivacyBreach.objects.count()) == (201, made.data, 1)
    assert made.data["color"] == "green"
    assert coordinator.post(f"{url}notify/", told, format="json").status_code == 403
    assert coordinator.post(f"{url}rule-out/", reason, format="json").status_code == 403
    read = director.get(url)
    unread = director.patch(url, {"persons_affected": 5}, format="json")
    stale = director.patch(url, {"persons_affected": 5}, format="json", HTTP_IF_MATCH='"9"')
    changed = director.patch(
        url, {"persons_affected": 5}, format="json", HTTP_IF_MATCH=read["ETag"]
    )
    assert [unread.status_code, stale.status_code, changed.status_code] == [428, 412, 200]
    steps = [
        director.post(f"{url}close/", reason, format="json"),
        director.post(f"{url}notify/", {"notice": "Mail"}, format="json"),
        director.post(f"{url}notify/", told, format="json"),
        director.post(f"{url}notify/", told, format="json"),
        director.post(f"{url}rule-out/", reason, format="json"),
        director.post(f"{url}close/", reason, format="json"),
        director.post(f"{url}reopen/", reason, format="json"),
    ]
    assert [step.status_code for step in steps] == [409, 400, 200, 409, 409, 200, 409]
    history = coordinator.get(f"{url}history/").data
    assert [step["to_status"] for step in history] == ["notified", "closed"]
    assert director.get(f"{URL}PB-2020-0001/").status_code == 404


@pytest.mark.parametrize("role", ["dispatcher", "pilot", "medical_staff", "accountant", "client"])
def test_nobody_else_sees_or_reports_one(role, client_for, person_in, api):
    person, number = client_for(person_in(role)), PrivacyBreachFactory().number

    assert person.get(URL).status_code == 403
    assert person.get(f"{URL}{number}/").status_code == 403
    assert person.post(URL, body(), format="json").status_code == 403
    assert api.get(URL).status_code == 401
    assert PrivacyBreach.objects.count() == 1


def test_bodies_that_make_no_sense_are_refused(client_for, person_in):
    director = client_for(person_in("medical_director"))
    wrong = [
        {},
        body(persons_affected=0),
        body(persons_affected=10**12),
        body(narrative="x" * 20_001),
        body(trip="TR-1999-0001"),
        body(discovered_at="2026-03-01T06:10:00"),
        body(status="closed"),
    ]

    answers = [director.post(URL, sent, format="json").status_code for sent in wrong]

    assert answers == [400] * len(wrong)
    assert not PrivacyBreach.objects.exists()


def test_the_list_is_filtered_and_takes_as_many_statements_for_many(client_for, person_in):
    director = client_for(person_in("medical_director"))
    counts = []
    for more in (1, 4):
        for _ in range(more):
            PrivacyBreachFactory(trip=TripFactory())
        with CaptureQueriesContext(connection) as queries:
            page = director.get(URL)
        counts.append(len(queries))
    ruled = PrivacyBreachFactory(status="ruled_out")

    assert len(page.data["results"]) == 5
    assert counts[0] == counts[1]
    found = director.get(f"{URL}?status=ruled_out&clock=green").data["results"]
    assert [row["number"] for row in found] == [ruled.number]
    assert len(director.get(f"{URL}?clock=red").data["results"]) == 5
    assert director.get(f"{URL}?clock=blue").status_code == 400


def test_the_admin_shows_the_clock_and_its_verbs_ask_for_grants(client):
    breach = PrivacyBreachFactory()
    viewer = UserFactory()
    grant(viewer, "operations.view_privacybreach")
    client.force_login(viewer, backend="users.backends.RoleBackend")
    url = reverse("admin:operations_privacybreach_changelist")

    def do(action, reason="First-class mail"):
        sent = {"action": action, "sure": "1", "_selected_action": [breach.pk], "reason": reason}
        answer = client.post(url, sent)
        breach.refresh_from_db()
        return " ".join(str(message) for message in get_messages(answer.wsgi_request))

    PrivacyBreachFactory(status="ruled_out", discovered_at=breach.discovered_at - DAY)
    page = client.get(url)
    assert page.context["cl"].result_list[0] == breach
    assert b">R 12 May 2026 22:30 UTC" in page.content
    for verb in ("notify", "rule_out", "reopen", "close"):
        do(verb)
    assert breach.status == "reported"

    for verb in ("notify", "rule_out", "close"):
        grant(viewer, f"operations.{verb}_privacybreach")
    assert "Say why" in do("rule_out", reason="")
    assert "ruled out" in do("rule_out")
    assert "reopened" in do("reopen")
    assert "Say how" in do("notify", reason="")
    assert "recorded" in do("notify")
    assert "closed" in do("close")
    assert breach.status == "closed"
