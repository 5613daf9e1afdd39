"""Who is mailed of occurrences, of records that look alike and of those opened in an emergency."""

from contextvars import Context
from datetime import timedelta

import pytest

from common.mail.messages import message_of
from common.models import Mail
from operations.events import GlassBroken, OccurrenceReminded, OccurrenceReported, PatientMatched
from operations.handlers import (
    ask_whether_two_patients_are_one,
    have_the_emergency_reviewed,
    remind_who_tells_the_board,
    tell_who_tells_the_board,
)
from operations.models import OccurrenceReminder
from operations.services import access, notices, occurrences
from operations.services.occurrence_reminders import remind_of_occurrences
from operations.services.patient_matches import settle_match
from tests.operations.factories import OccurrenceFactory, PatientFactory, PatientMatchFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def notifier():
    user = UserFactory()
    grant(user, "operations.notify_occurrence")
    return user


@pytest.fixture
def filer():
    user = UserFactory()
    grant(user, "operations.file_occurrence")
    return user


def text_of(mail):
    message = message_of(mail, at=0)
    return message.subject, message.body


def test_who_may_tell_the_board_hears_of_an_occurrence_once(notifier, filer, now):
    gone = UserFactory(is_active=False)
    grant(gone, "operations.notify_occurrence")
    row = OccurrenceFactory()
    event = OccurrenceReported(occurrence_id=row.pk)

    tell_who_tells_the_board(event)
    tell_who_tells_the_board(event)

    mail = Mail.objects.get()
    subject, text = text_of(mail)
    assert (mail.recipient, mail.kind) == (notifier.email, "occurrence")
    assert subject == f"{row.number}: Serious Incident"
    assert str(row.aircraft) in text
    assert "The notice to the NTSB is due" in text
    assert f"/admin/operations/occurrence/{row.pk}/change/" in text
    assert row.narrative not in text


def test_what_need_not_be_told_says_so(notifier, now):
    assert notices.tell_of_occurrence(OccurrenceFactory(is_notifiable=False), at=now) == 1
    assert "Nothing of it must be told" in text_of(Mail.objects.get())[1]


def test_each_clock_reminds_who_can_stop_it(notifier, filer, now):
    due = now + 10 * DAY
    row = OccurrenceFactory(kind="accident", event="accident", report_due_at=due)
    for after in (HOUR, 11 * DAY):
        remind_of_occurrences(at=now + after)
    for reminder in OccurrenceReminder.objects.order_by("pk"):
        notices.tell_of_reminder(reminder, at=now + 11 * DAY)

    told = {(mail.recipient, text_of(mail)[1].split("\n")[5]) for mail in Mail.objects.all()}

    assert {who for who, _ in told} == {notifier.email, filer.email}
    assert (notifier.email, "The notice to the NTSB is late (49 CFR 830.5).") in told
    late = [text for who, text in told if who == filer.email]
    assert late == ["The report to the NTSB, form 6120.1, is late: 25 Mar 2026 (49 CFR 830.15)."]
    assert row.reminders.count() == 2


def test_what_was_done_meanwhile_is_not_asked_for(notifier, desk, now):
    row = OccurrenceFactory()
    remind_of_occurrences(at=now)
    reminder = row.reminders.get()
    occurrences.record_notice(row, notified_at=now, reference="ROC 1", actor=desk, at=now)

    remind_who_tells_the_board(OccurrenceReminded(occurrence_id=row.pk, reminder_id=reminder.pk))

    assert not Mail.objects.exists()


def test_a_sweep_with_nothing_to_say_locks_nothing(now, django_assert_num_queries):
    OccurrenceFactory.create_batch(3)
    assert remind_of_occurrences(at=now) == 3

    with django_assert_num_queries(2) as captured:
        assert remind_of_occurrences(at=now + timedelta(minutes=1)) == 0

    assert not any("FOR UPDATE" in each["sql"] for each in captured.captured_queries)


def test_who_settles_matches_hears_of_one_without_a_name(now):
    settler = UserFactory()
    grant(settler, "operations.settle_patientmatch")
    match = PatientMatchFactory()

    ask_whether_two_patients_are_one(PatientMatched(match_id=match.pk))

    mail = Mail.objects.get()
    assert mail.recipient == settler.email
    assert (
        text_of(mail)[0]
        == f"{match.patient.number} and {match.looks_like.number} may be one person's"
    )
    match = settle_match(match, is_same=True, actor=settler, at=now)
    assert notices.tell_of_match(match, at=now) == 0


def test_who_reviews_broken_glass_hears_of_it_once_without_a_name(now):
    reviewer, breaker, other = UserFactory(), UserFactory(), UserFactory()
    grant(reviewer, "operations.view_breakglass")
    grant(breaker, "operations.view_breakglass", "operations.break_glass_patient")
    grant(other, "operations.break_glass_patient")
    patient = PatientFactory(known=True)
    glass = access.break_glass(
        patient, purpose="emergency", reason="Allergy on board.", actor=breaker, at=now
    )

    for _ in range(2):
        # As in a worker, which has not opened the record.
        Context().run(have_the_emergency_reviewed, GlassBroken(glass_id=glass.pk))

    mail = Mail.objects.get()
    subject, text = text_of(mail)
    assert (mail.recipient, mail.kind) == (reviewer.email, "emergency_access")
    assert subject == f"{patient.number} was opened in an emergency"
    assert str(breaker) in text
    for moment in (glass.opened_at, glass.expires_at):
        assert f"{moment:%d %b %Y %H:%M} UTC" in text
    assert f"/admin/operations/breakglass/{glass.pk}/change/" in text
    for secret in (patient.family_name, patient.given_names, glass.reason):
        assert secret not in text


def test_who_broke_the_glass_does_not_review_it_alone(now, caplog):
    breaker = UserFactory()
    grant(breaker, "operations.view_breakglass")
    glass = access.break_glass(
        PatientFactory(), purpose="emergency", reason="Allergy.", actor=breaker, at=now
    )

    assert notices.tell_of_glass(glass, at=now) == 0
    assert "Nobody holds operations.view_breakglass" in caplog.text


def test_nobody_to_tell_is_no_silence(now, caplog):
    assert notices.tell_of_occurrence(OccurrenceFactory(), at=now) == 0
    assert "Nobody holds operations.notify_occurrence" in caplog.text
