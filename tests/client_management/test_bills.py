"""Bills of jobs: on acceptance, by milestones, by schedule; before that only for a reason."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from client_management.billing import JOB
from client_management.exceptions import AlreadyBillable, MilestonesDoNotAddUp, NotAcceptedYet
from client_management.models import BillingTrigger, JobOrder
from client_management.queries.bills import as_agreed
from client_management.queries.credit import exposure_of
from client_management.queries.unbilled import unbilled_jobs
from client_management.services import bills, job_steps, jobs
from client_management.services.jobs import PlannedMilestone
from client_management.tasks import draft_scheduled_bills
from finance.exceptions import AlreadyBilled, NothingToBill
from finance.models import Invoice
from finance.services.deposits import draft_deposit
from finance.services.drafts import discard
from finance.services.issuing import issue
from finance.services.receivables import record_payment
from tests.client_management import scene
from tests.client_management.scene import FINE, fly, planned
from tests.flight_operations.factories import box

pytestmark = pytest.mark.django_db


def accepted(job, actor, now):
    job_steps.note_flight(0, at=now)
    JobOrder.objects.filter(pk=job.pk).update(status="in_progress")
    job_steps.deliver_job(job, reason="Without flying in this test", actor=actor, at=now)
    return job_steps.accept_job(job, actor=actor, at=now)


def test_a_job_is_billed_when_it_is_accepted_and_completed_when_it_is_paid(made, actor, now):
    with pytest.raises(NotAcceptedYet):
        bills.bill_job(made, actor=actor, at=now)
    assert unbilled_jobs(now) == []
    job = accepted(made, actor, now)
    assert [row[1] for row in unbilled_jobs(now)] == [job.number]
    draft = bills.bill_job(job, actor=actor, at=now)

    assert (draft.subtotal, draft.total) == (job.quote.subtotal, job.quote.total)
    assert (draft.subject, draft.payment_days) == (JOB, 30)
    assert unbilled_jobs(now) == []
    with pytest.raises(AlreadyBilled):
        bills.bill_job(job, actor=actor, at=now)
    assert bills.settle_job(job, at=now).status == "accepted"
    invoice = issue(draft, actor=actor, at=now)
    assert bills.settle_job(job, at=now).status == "invoiced"
    record_payment(invoice, amount=invoice.total, channel="cash", actor=actor, at=now)
    assert bills.settle_job(job, at=now).status == "completed"


def test_a_bill_shows_what_differs_from_the_quote_line_by_line(made, actor, now):
    job = accepted(made, actor, now)

    draft = bills.bill_job(job, actor=actor, at=now)

    lines = list(draft.lines.order_by("sequence"))
    quoted = [line.quoted_amount for line in lines]
    assert quoted == [line.amount + line.tax_amount for line in lines]
    assert sum(quoted) == job.quote.total


def test_a_bill_names_the_aircraft_that_flies_the_job_for_reports(made, team, actor, now):
    assert as_agreed(made, at=now).aircraft == ""

    flights = planned(made, team, actor, now)

    names = {str(link.operation.aircraft.registration) for link in flights}
    assert as_agreed(made, at=now).aircraft == (names.pop() if len(names) == 1 else "several")


def test_billing_before_acceptance_needs_a_reason(made, actor, now):
    bills.bill_early(made, reason="Agreed prepayment", actor=actor, at=now)
    draft = bills.bill_job(made, actor=actor, at=now)

    assert draft.total == made.quote.total
    assert made.__class__.objects.get(pk=made.pk).status == "confirmed"
    with pytest.raises(AlreadyBillable):
        bills.bill_early(made, reason="Again", actor=actor, at=now)
    discard(draft, reason="x", actor=actor, at=now)
    assert [row[1] for row in unbilled_jobs(now)] == [made.number]


@pytest.fixture
def by(actor, now):
    """A client whose contract bills in another way, and a job of it."""

    def build(trigger: str, *, is_confirmed: bool = True) -> JobOrder:
        organization = scene.client(actor, now)
        scene.contract(actor, now, organization, billing_trigger=trigger)
        return scene.job(organization, actor, now, is_confirmed=is_confirmed, **FINE)

    return build


def test_milestones_come_to_what_is_agreed_and_are_billed_as_they_are_reached(by, actor, now):
    job = by(BillingTrigger.MILESTONES, is_confirmed=False)
    with pytest.raises(MilestonesDoNotAddUp):
        jobs.confirm_job(job, actor=actor, at=now)
    first = Decimal("300.00")
    jobs.set_milestones(
        job,
        [
            PlannedMilestone(title="Flown", amount=first),
            PlannedMilestone(title="Delivered", amount=job.agreed_amount - first),
        ],
        actor=actor,
        at=now,
    )
    jobs.confirm_job(job, actor=actor, at=now)
    with pytest.raises(NothingToBill):
        bills.bill_job(job, actor=actor, at=now)
    jobs.reach_milestone(job.milestones.get(sequence=1), actor=actor, at=now)
    assert [row[1] for row in unbilled_jobs(now)] == [job.number]
    draft = bills.bill_job(job, actor=actor, at=now)
    rest = bills.bill_job(accepted(job, actor, now), actor=actor, at=now)

    assert (draft.subtotal, draft.tax_total) == (first, Decimal("30.00"))
    assert rest.subtotal == job.agreed_amount - first
    with pytest.raises(IntegrityError), transaction.atomic():
        job.milestones.filter(sequence=1).update(amount=1)
        transaction.get_connection().check_constraints()


def test_a_deposit_stays_asked_for_until_the_last_milestone_is_billed(by, actor, now):
    job = by(BillingTrigger.MILESTONES, is_confirmed=False)
    first = Decimal("300.00")
    planned_ones = [
        PlannedMilestone(title="Flown", amount=first),
        PlannedMilestone(title="Delivered", amount=job.agreed_amount - first),
    ]
    jobs.set_milestones(job, planned_ones, actor=actor, at=now)
    jobs.confirm_job(job, actor=actor, at=now)

    def deposit(amount):
        draft = draft_deposit(
            subject=JOB, subject_id=job.pk, amount=Decimal(amount), actor=actor, at=now
        )
        return issue(draft, actor=actor, at=now)

    asked = deposit(100)
    jobs.reach_milestone(job.milestones.get(sequence=1), actor=actor, at=now)
    part = issue(bills.bill_job(job, actor=actor, at=now), actor=actor, at=now)
    asked.refresh_from_db()
    assert (part.covers_all, asked.balance) == (False, Decimal("100.00"))
    further = deposit(50)
    rest = issue(
        bills.bill_job(accepted(job, actor, now), actor=actor, at=now), actor=actor, at=now
    )

    assert rest.covers_all
    for each in (asked, further):
        each.refresh_from_db()
        assert each.credited == each.total
    with pytest.raises(AlreadyBilled):
        deposit(10)


def test_by_schedule_each_period_bills_what_was_flown_in_it(by, team, actor, now):
    job = by(BillingTrigger.SCHEDULE)
    JobOrder.objects.filter(pk=job.pk).update(created_at=now)
    first, second = planned(job, team, actor, now)
    fly(first, now + timedelta(days=2), 20)
    april, may = now + timedelta(days=25), now + timedelta(days=55)
    with pytest.raises(NothingToBill):
        bills.bill_job(job, actor=actor, at=now + timedelta(days=3))
    assert [row[1] for row in unbilled_jobs(april)] == [job.number]
    one = bills.bill_job(job, actor=actor, at=april)
    fly(second, april, 20)
    two = bills.bill_job(job, actor=actor, at=may)

    assert one.subtotal == pytest.approx(job.agreed_amount / 2, abs=Decimal(2))
    assert one.subtotal + two.subtotal == job.agreed_amount
    assert (one.covers_all, two.covers_all) == (False, True)
    assert Invoice.objects.filter(subject=JOB, subject_id=job.pk).count() == 2
    assert unbilled_jobs(may) == []


@pytest.fixture
def quarterly(by, team, actor, now):
    """A job billed by schedule, its two operations, and the ends of the first two periods."""
    job = by(BillingTrigger.SCHEDULE)
    JobOrder.objects.filter(pk=job.pk).update(created_at=now)
    ends = now + timedelta(days=25), now + timedelta(days=55)
    return JobOrder.objects.get(pk=job.pk), planned(job, team, actor, now), ends


def test_a_flight_that_became_known_late_is_on_the_next_bill(quarterly, team, actor, now):
    job, (first, second), (april, may) = quarterly
    fly(first, now + timedelta(days=2), 20)
    one = bills.bill_job(job, actor=actor, at=april)
    # Flown in March, written down in April.
    fly(second, now + timedelta(days=3), 20)
    assert [row[1] for row in unbilled_jobs(april)] == [job.number]
    two = bills.bill_job(job, actor=actor, at=may)

    assert one.subtotal + two.subtotal == job.agreed_amount
    with pytest.raises(NothingToBill):
        bills.bill_job(job, actor=actor, at=may)


def test_a_discarded_bill_by_schedule_is_drawn_up_again_for_the_same(quarterly, actor, now):
    job, (first, second), (april, may) = quarterly
    fly(first, now + timedelta(days=2), 20)
    one = bills.bill_job(job, actor=actor, at=april)
    discard(one, reason="Wrong address", actor=actor, at=april)
    fly(second, april + timedelta(days=1), 20)
    both = bills.bill_job(job, actor=actor, at=may)

    assert both.subtotal == job.agreed_amount
    assert [line.amount for line in both.lines.order_by("sequence")] == [
        one.subtotal,
        job.agreed_amount - one.subtotal,
    ]


def test_gaps_that_are_flown_again_bring_no_bill(quarterly, team, actor, now):
    job, links, (april, may) = quarterly
    for link in links:
        fly(link, now + timedelta(days=2), 20)
    bills.bill_job(job, actor=actor, at=april)
    fly(planned(job, team, actor, now, area=box(half_m=50))[0], april + timedelta(days=1), 5)

    assert unbilled_jobs(may) == []


def test_bills_by_schedule_are_drafted_without_being_asked_for_once(quarterly, now, monkeypatch):
    job, (first, _), (april, _) = quarterly
    fly(first, now + timedelta(days=2), 20)
    monkeypatch.setattr("client_management.tasks.timezone.now", lambda: april)
    draft_scheduled_bills()
    draft_scheduled_bills()

    assert [bill.status for bill in Invoice.objects.about(JOB, job.pk)] == ["draft"]


def test_milestones_nobody_reached_wait_for_their_bill_once_all_is_accepted(by, actor, now):
    job = by(BillingTrigger.MILESTONES, is_confirmed=False)
    jobs.set_milestones(
        job, [PlannedMilestone(title="All", amount=job.agreed_amount)], actor=actor, at=now
    )
    jobs.confirm_job(job, actor=actor, at=now)
    assert unbilled_jobs(now) == []
    job = accepted(job, actor, now)

    assert [row[1] for row in unbilled_jobs(now)] == [job.number]
    assert bills.bill_job(job, actor=actor, at=now).subtotal == job.agreed_amount
    assert unbilled_jobs(now) == []


def test_days_to_pay_are_the_contracts_and_under_standard_terms_the_clients(actor, now):
    own, bare = scene.client(actor, now), scene.client(actor, now, payment_days=7)
    scene.contract(actor, now, own, payment_days=45, purchase_order="PO-FRAME")
    scene.contract(actor, now, payment_days=60)
    drafts = [
        bills.bill_job(accepted(scene.job(each, actor, now), actor, now), actor=actor, at=now)
        for each in (own, bare)
    ]

    assert [draft.payment_days for draft in drafts] == [45, 7]
    assert drafts[0].reference == "PO-FRAME"


def test_what_a_client_stands_to_pay_counts_work_until_it_is_billed_and_bills_until_they_are_paid(
    made, client_org, actor, now
):
    assert exposure_of(client_org) == made.agreed_amount
    draft = bills.bill_job(accepted(made, actor, now), actor=actor, at=now)
    assert exposure_of(client_org) == made.agreed_amount
    invoice = issue(draft, actor=actor, at=now)
    assert exposure_of(client_org) == invoice.total
    record_payment(invoice, amount=Decimal(100), channel="cash", actor=actor, at=now)
    assert exposure_of(client_org) == invoice.total - 100
