"""Requests from the draft to the offer: what is checked, found out, priced and answered."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.gis.geos import MultiPolygon
from django.db import IntegrityError, ProgrammingError, transaction
from django.db.models import F

from airports.models import AirspaceRestriction
from client_management.exceptions import (
    AboveApprovalLimit,
    ContentDiffers,
    NotAllowedToApprove,
    NotAssessed,
    NotFeasible,
    OrganizationNotActive,
    PurchaseOrderMissing,
    QuoteExpired,
    QuoteNotOpen,
    RequestNotEditable,
    TaxNotNegotiable,
)
from client_management.models import (
    JobOrder,
    RequestAssessment,
    RequestStatus,
    ServiceQuote,
    ServiceQuoteLine,
    ServiceRequest,
)
from client_management.pricing import Discount
from client_management.services import (
    accesses,
    jobs,
    offers,
    organizations,
    quotes,
    requests,
)
from client_management.tasks import expire_quotes
from common.exceptions import InvalidInput
from common.geo import point
from tests.airports.factories import AirportFactory
from tests.client_management import scene
from tests.flight_operations.factories import LAT, LON, box
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_a_request_is_numbered_measured_and_its_specification_filled_in(client_org, actor, now):
    made = scene.request(client_org, actor, now, is_submitted=False)

    assert made.number == "SR-2026-0001"
    # The box is 400 m high; east and west 200 m / 0.9 of a degree of latitude at 24.6 degrees.
    assert made.area_m2 == pytest.approx(400 * 404, rel=0.01)
    assert made.specifications["side_overlap"] == 70.0
    assert made.status == RequestStatus.DRAFT


def test_specifications_are_held_against_the_kind_of_service(client_org, actor, now):
    wrong = [
        ("mapping", {}),
        ("mapping", {"gsd_cm": 0}),
        ("mapping", {"gsd_cm": 2, "structures": 4}),
        ("inspection", {"structures": 0}),
        ("thermal", {"gsd_cm": "fine"}),
        ("video", {"minutes": 10, "resolution": "vhs"}),
        ("lidar", {"density_m2": 100, "media": "fax"}),
        ("monitoring", {"gsd_cm": 2, "visits": 1, "days_between": 7}),
    ]
    for service_type, specifications in wrong:
        with pytest.raises(InvalidInput) as refusal:
            scene.request(
                client_org, actor, now, service_type=service_type, specifications=specifications
            )
        assert refusal.value.details["pointer"] == "/specifications", specifications

    assert ServiceRequest.objects.count() == 0


def test_days_at_the_ends_of_the_calendar_are_no_days_for_work(client_org, made, actor, now):
    for name, day in (("wanted_until", date.max), ("wanted_from", date.min)):
        with pytest.raises(InvalidInput) as refusal:
            scene.request(client_org, actor, now, **{name: day})
        assert refusal.value.details["pointer"] == f"/{name}"
        with pytest.raises(InvalidInput) as refusal:
            jobs.amend_job(made, changes={name: day}, version=None, actor=actor, at=now)
        assert refusal.value.details["pointer"] == f"/{name}"


def test_windows_areas_and_zones_that_cannot_be_are_refused(client_org, actor, now):
    overlapping = MultiPolygon(box(), box(half_m=100), srid=4326)
    wrong = {
        "/wanted_until": {"wanted_until": now.date() + timedelta(days=7)},
        "/timezone": {"timezone": "Mars/Olympus"},
        "/area": {"area": overlapping},
    }
    for pointer, values in wrong.items():
        with pytest.raises(InvalidInput) as refusal:
            scene.request(client_org, actor, now, is_submitted=False, **values)
        assert refusal.value.details["pointer"] == pointer


def test_nothing_of_another_client_hangs_off_a_request(client_org, actor, now):
    other = scene.client(actor, now)
    theirs = scene.contract(actor, now, other)
    key = accesses.grant_access(other, user=UserFactory(), level="requester", actor=actor, at=now)
    for values in ({"contract": theirs}, {"access": key}):
        with pytest.raises(InvalidInput):
            scene.request(client_org, actor, now, **values)
    made = scene.request(client_org, actor, now)

    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceRequest.objects.filter(pk=made.pk).update(access=key)
        transaction.get_connection().check_constraints()
    assert ServiceRequest.objects.for_client(client_org).count() == 1
    assert ServiceRequest.objects.for_client(other).count() == 0
    assert ServiceRequest.objects.visible_to(UserFactory()).count() == 0


def test_a_suspended_client_hands_nothing_in(client_org, actor, now):
    made = scene.request(client_org, actor, now, is_submitted=False)
    organizations.suspend_organization(client_org, reason="Overdue", actor=actor, at=now)

    with pytest.raises(OrganizationNotActive):
        requests.submit_request(made, actor=actor, at=now)


def test_an_assessment_in_the_desert_finds_lines_batteries_and_a_price(client_org, actor, now):
    made = scene.request(client_org, actor, now, area=scene.square(300))
    found = scene.assessed(made, actor, now)

    assert found.is_feasible
    assert found.findings == found.authorities == []
    assert found.earliest_on.isoformat() == "2026-03-15"  # Sunday in Perth already
    assert found.survey["height_m"] == 91.2  # 2.5 cm x 8.8 mm x 5472 / 13.2 mm
    assert found.operations == found.batteries == len(found.survey["operations"]) == 1
    assert found.flight_min == pytest.approx(found.survey["operations"][0]["flight_min"], abs=0.1)
    low, middle, high = (Decimal(found.price[name]) for name in ("low", "expected", "high"))
    assert low < middle < high
    assert found.outlook["daylight"][0]["hours"] == pytest.approx(12.1, abs=0.3)
    assert not found.outlook["weather"]["is_forecast"]


def test_controlled_aerodromes_restricted_areas_and_night_need_permits_with_their_lead_times(
    client_org, actor, now
):
    AirportFactory(point=point(lat=LAT, lon=LON + 0.03), is_controlled=True)
    restricted("R", "R999", restricted_status="RA1")
    made = scene.request(client_org, actor, now, is_at_night=True)
    found = scene.assessed(made, actor, now)
    needs = {need["kind"]: need["lead_days"] for need in found.authorities}

    assert found.is_feasible
    assert needs == {"controlled_3nm": 60, "restricted": 60, "night": 60}
    assert found.inputs["figures"]["is_controlled_airspace"]
    assert found.inputs["figures"]["applications"] == "3.0000"
    assert (found.earliest_on - now.date()).days in (60, 61)
    assert [finding["code"] for finding in found.findings] == ["permits_late"]


def test_a_prohibited_area_is_refused_before_it_is_priced(client_org, actor, now):
    restricted("P", "P101")
    made = scene.request(client_org, actor, now)
    found = scene.assessed(made, actor, now)
    made.refresh_from_db()

    assert not found.is_feasible
    with pytest.raises(NotFeasible) as refusal:
        quotes.price_request(made, actor=actor, at=now)
    assert refusal.value.details["findings"][0]["code"] == "prohibited"


def restricted(kind: str, name: str, **more: str) -> AirspaceRestriction:
    return AirspaceRestriction.objects.create(
        name=name,
        kind=kind,
        area=MultiPolygon(box(half_m=300), srid=4326),
        floor_datum="SFC",
        ceiling_datum="UNL",
        source="test",
        source_ref="1",
        content_hash=name,
        **more,
    )


def test_an_assessment_is_for_the_request_as_it_was(client_org, actor, now):
    made = scene.request(client_org, actor, now)
    scene.assessed(made, actor, now)
    made.refresh_from_db()
    requests.amend_request(
        made,
        changes={"specifications": {"gsd_cm": 5.0}},
        version=made.version,
        actor=actor,
        at=now,
    )
    made.refresh_from_db()

    with pytest.raises(NotAssessed):
        quotes.price_request(made, actor=actor, at=now)
    with pytest.raises(ProgrammingError), transaction.atomic():
        RequestAssessment.objects.update(is_feasible=False)


def test_a_quote_sums_up_and_is_frozen_once_it_is_sent(client_org, actor, now):
    quote = scene.sent(
        scene.request(client_org, actor, now),
        actor,
        now,
        discount=Discount(percent=Decimal(5), reason="First job"),
    )
    lines = list(quote.lines.order_by("sequence"))

    assert sum(line.amount for line in lines) == quote.total
    assert quote.total == quote.subtotal + quote.tax_total
    assert [line.code for line in lines][-2:] == ["discount", "GST"]
    for change in (
        lambda: ServiceQuote.objects.filter(pk=quote.pk).update(total=F("total") + 1),
        lambda: ServiceQuoteLine.objects.filter(pk=lines[0].pk).update(amount=1),
        lambda: ServiceQuoteLine.objects.filter(pk=lines[0].pk).delete(),
        lambda: ServiceQuote.objects.filter(pk=quote.pk).delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    with pytest.raises(RequestNotEditable):
        requests.amend_request(
            quote.request, changes={"title": "Other"}, version=None, actor=actor, at=now
        )


def test_another_amount_for_a_line_keeps_the_computed_one_and_moves_the_tax(client_org, actor, now):
    made = scene.request(client_org, actor, now)
    scene.assessed(made, actor, now)
    made.refresh_from_db()
    quote = quotes.price_request(made, actor=actor, at=now)
    first = quote.lines.get(sequence=1)
    changed = quotes.override_line(
        quote, sequence=1, amount=Decimal("100.00"), reason="Agreed", actor=actor, at=now
    )
    line = changed.lines.get(sequence=1)

    assert (line.computed, line.amount) == (first.computed, Decimal("100.00"))
    assert changed.subtotal == quote.subtotal - first.computed + 100
    assert changed.tax_total == (changed.subtotal / 10).quantize(Decimal("0.01"))
    assert changed.content_hash != quote.content_hash
    tax = changed.lines.get(kind="tax")
    with pytest.raises(TaxNotNegotiable):
        quotes.override_line(
            changed, sequence=tax.sequence, amount=Decimal(1), reason="x", actor=actor, at=now
        )


def test_an_accepted_quote_makes_one_job_and_is_answered_once(client_org, actor, now):
    quote = scene.sent(scene.request(client_org, actor, now), actor, now)
    with pytest.raises(ContentDiffers):
        offers.accept_quote(quote, content_hash="0" * 64, actor=actor, at=now)
    job = offers.accept_quote(quote, content_hash=quote.content_hash, actor=actor, at=now)
    request = ServiceRequest.objects.get(pk=quote.request_id)

    assert (job.agreed_amount, job.quote_id) == (quote.subtotal, quote.pk)
    assert (request.status, request.approved_budget) == ("approved", quote.subtotal)
    with pytest.raises(QuoteNotOpen):
        offers.accept_quote(quote, content_hash=quote.content_hash, actor=actor, at=now)
    assert JobOrder.objects.for_client(client_org).count() == 1


def test_a_person_answers_within_their_flags_and_their_limit(client_org, actor, now):
    quote = scene.sent(scene.request(client_org, actor, now), actor, now)
    viewer, approver = UserFactory(), UserFactory()
    other = scene.client(actor, now)
    keys = {
        "viewer": accesses.grant_access(
            client_org, user=viewer, level="viewer", actor=actor, at=now
        ),
        "elsewhere": accesses.grant_access(
            other, user=approver, level="owner", actor=actor, at=now
        ),
        "small": accesses.grant_access(
            client_org,
            user=approver,
            level="approver",
            approval_limit=quote.total - 1,
            actor=actor,
            at=now,
        ),
    }
    given = {"content_hash": quote.content_hash, "actor": approver, "at": now}
    for name in ("viewer", "elsewhere"):
        with pytest.raises(NotAllowedToApprove):
            offers.accept_quote(quote, access=keys[name], **given)
    with pytest.raises(AboveApprovalLimit):
        offers.accept_quote(quote, access=keys["small"], **given)
    small = accesses.amend_access(
        keys["small"],
        changes={"approval_limit": quote.total},
        version=None,
        actor=actor,
        at=now,
    )

    assert offers.accept_quote(quote, access=small, **given).number == "JOB-2026-0001"


def test_a_client_that_orders_by_number_needs_one(client_org, actor, now):
    organizations.amend_organization(
        client_org,
        changes={"is_purchase_order_required": True},
        version=None,
        actor=actor,
        at=now,
    )
    quote = scene.sent(scene.request(client_org, actor, now), actor, now)
    given = {"content_hash": quote.content_hash, "actor": actor, "at": now}

    with pytest.raises(PurchaseOrderMissing):
        offers.accept_quote(quote, **given)
    assert offers.accept_quote(quote, purchase_order="PO 7", **given).purchase_order == "PO 7"


def test_a_new_offer_supersedes_the_old_one_and_a_no_ends_the_request(client_org, actor, now):
    made = scene.request(client_org, actor, now)
    first = scene.sent(made, actor, now)
    made.refresh_from_db()
    second = offers.send_quote(quotes.price_request(made, actor=actor, at=now), actor=actor, at=now)
    first.refresh_from_db()

    assert (first.status, second.status) == ("superseded", "sent")
    with pytest.raises(QuoteNotOpen):
        offers.accept_quote(first, content_hash=first.content_hash, actor=actor, at=now)
    offers.decline_quote(second, reason="Too dear", actor=actor, at=now)
    made.refresh_from_db()
    assert made.status == "declined"


def test_an_offer_runs_out(client_org, actor, now, monkeypatch):
    quote = scene.sent(scene.request(client_org, actor, now), actor, now, valid_days=1)
    later = now + timedelta(days=2)
    with pytest.raises(QuoteExpired):
        offers.accept_quote(quote, content_hash=quote.content_hash, actor=actor, at=later)
    monkeypatch.setattr("client_management.tasks.timezone.now", lambda: later)
    expire_quotes()
    quote.refresh_from_db()

    assert (quote.status, quote.request.status) == ("expired", "expired")


def test_standing_terms_hold_where_a_client_has_no_contract(actor, now):
    bare = scene.client(actor, now)
    standard = scene.contract(actor, now)
    quote = scene.sent(scene.request(bare, actor, now), actor, now)

    assert quote.contract == standard


def test_an_area_of_two_blocks_is_two_operations(client_org, actor, now):
    apart = MultiPolygon(scene.square(100), scene.square(100, east_m=3000), srid=4326)
    found = scene.assessed(scene.request(client_org, actor, now, area=apart), actor, now)

    assert found.operations == 2
