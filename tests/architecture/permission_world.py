"""One record of every kind at one operator, and the people who may or may not reach them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.gis.geos import MultiPolygon
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from airports.models import Airport, AirspaceRestriction
from common.models import RuleOverride, RuleSetting, Verdict
from flight_operations.models import (
    ConformanceAlert,
    FlightOperation,
    LastPosition,
    LogImport,
    OperationalLog,
    PilotLogEntry,
)
from rpas.models import RPASOperator
from tests.aircraft.world import crewed_rows
from tests.airports.factories import AirportFactory, report
from tests.client_management.portal.world_portal import portal_rows
from tests.client_management.world_clients import client_rows
from tests.contacts.factories import (
    CityFactory,
    CommunicationFactory,
    ContactFactory,
    FBOFactory,
    GroundProviderFactory,
)
from tests.dispatcher.world_dispatch import dispatch_rows
from tests.dispatcher.world_live import live_rows
from tests.documents.world_agreements import agreement_rows
from tests.documents.world_documents import document_rows, layout_rows
from tests.finance.world_ledger import ledger_rows
from tests.finance.world_payments import payment_rows
from tests.flight_operations.factories import OperationFactory, box
from tests.flight_operations.safety.conftest import records_of
from tests.operations.world_gate import gate_rows
from tests.operations.world_privacy import privacy_rows
from tests.operations.world_quotes import quote_rows
from tests.operations.world_trips import trip_rows
from tests.rpas.factories import (
    BatteryFactory,
    DefectFactory,
    EntryFactory,
    GroundStationFactory,
    KeyPersonnelFactory,
    MemberFactory,
    OperatorChangeFactory,
    OperatorFactory,
    PartAFactory,
    ScheduleFactory,
)
from tests.users.factories import (
    CheckFactory,
    DeclaredFlightFactory,
    FlyingDeclarationFactory,
    QualificationFactory,
    UserFactory,
    hold,
)
from tests.users.webhook_scene import make_subscription, queue_tests
from users.models import (
    ApiToken,
    Department,
    FlightExperience,
    Permission,
    Role,
    RoleAssignment,
    User,
)
from users.services.seeding import seed_roles
from users.services.sessions import Origin, start_session
from users.tokens import access_text

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_number = count(1)

Rows = dict[str, tuple[str, Any]]


@dataclass(frozen=True)
class Body:
    """What is sent: nothing, unless the route reads the body before it looks for the row."""

    content: Callable[[], dict[str, Any]] = dict
    format: str = "json"


def positions() -> dict[str, Any]:
    point = {"sequence": 1, "recorded_at": timezone.now().isoformat(), "lat": -33.9, "lon": 151.2}
    return {"device": "gcs", "points": [point]}


def flight_log() -> dict[str, Any]:
    return {"file": SimpleUploadedFile("flight.csv", b"time,lat,lon\n")}


def operator_rows(operator: RPASOperator) -> Rows:
    """The key in the address of one row of every kind that belongs to an operator."""
    operation = OperationFactory(
        operator=operator, planned_start_at=timezone.now() + timedelta(hours=2)
    )
    return {
        **_drone_rows(operator, operation),
        **_flight_rows(operator, operation),
        **_verdict_rows(operator, operation),
        **live_rows(operator, operation),
        **dispatch_rows(operator, operation),
        **document_rows(operation),
        **agreement_rows(operator),
    }


def person_rows(person: User, *, token_issuer: User) -> Rows:
    """The key in the address of one row of every kind that belongs to a person."""
    n = next(_number)
    held = RoleAssignment.objects.filter(user=person).first()
    hours = FlightExperience.objects.create(
        user=person,
        category="multirotor",
        role="in_command",
        flown_minutes=600,
        as_of_on=date(2026, 1, 1),
        declared_by=person,
        declared_at=LONG_AGO,
    )
    token = ApiToken.objects.create(
        owner=person,
        name="Van",
        prefix=f"prefix{n}",
        key_hash=f"{n:064}",
        scopes=["users.view_user"],
        issued_by=token_issuer,
        issued_at=LONG_AGO,
        expires_at=LONG_AGO + timedelta(days=300),
    )
    return {
        "users/users": ("id", person.pk),
        "users/profiles": ("id", person.profile.pk),
        "users/role-assignments": ("id", held.pk if held else 0),
        "users/qualifications": ("id", QualificationFactory(user=person).pk),
        "users/flight-experience": ("id", hours.pk),
        "users/api-tokens": ("id", token.pk),
        **_webhook_rows(person, made_by=token_issuer),
        "users/checks": ("id", CheckFactory(user=person).pk),
        "users/declared-flights": ("id", DeclaredFlightFactory(user=person).pk),
        "users/flying-declarations": ("id", FlyingDeclarationFactory(user=person).pk),
    }


def _webhook_rows(person: User, *, made_by: User) -> Rows:
    subscription = make_subscription(person, made_by=made_by)
    (message,) = queue_tests(subscription, 1)
    return {
        "users/webhooks": ("id", subscription.pk),
        "users/webhook-messages": ("id", message.pk),
    }


def shared_rows() -> Rows:
    """The key in the address of one row of every kind that everybody at work shares."""
    department = Department.objects.create(code="flying", name="Flying")
    airport = AirportFactory()
    weather = report(f"METAR {airport.ident} 142200Z 00000KT CAVOK 20/05 Q1013", at=timezone.now())
    area = box()
    airspace = AirspaceRestriction.objects.create(
        name="Range",
        kind="R",
        area=MultiPolygon(area, srid=4326),
        floor_datum="SFC",
        ceiling_datum="UNL",
        source="test",
        source_ref="1",
        content_hash="1",
    )
    return {
        "users/roles": ("code", Role.objects.get(code="accountant").code),
        "users/permissions": ("id", Permission.objects.get(codename="view_user").pk),
        "users/departments": ("code", department.code),
        "airports/airports": ("ident", airport.ident),
        "airports/weather": ("id", weather.pk),
        "airports/airspace": ("id", airspace.pk),
        "compliance/rules": ("code", "CASR-101.238-ALT"),
        **_desk_rows(airport),
    }


def _desk_rows(airport: Airport) -> Rows:
    contact = ContactFactory()
    return {
        "contacts/contacts": ("id", contact.pk),
        "contacts/communications": ("id", CommunicationFactory(contact=contact).pk),
        "contacts/fbos": ("id", FBOFactory(airport=airport).pk),
        "contacts/ground": ("id", GroundProviderFactory(airport=airport).pk),
        "contacts/cities": ("id", CityFactory().pk),
        **crewed_rows(),
        **privacy_rows(),
        **trip_rows(),
        **quote_rows(),
        **ledger_rows(),
        **gate_rows(),
        **layout_rows(),
        **payment_rows(),
        **client_rows(),
        **portal_rows(),
    }


def people_in_roles(operator: RPASOperator, codes: list[str]) -> dict[str, User]:
    """One member of the operator in each seeded role, and `nobody`, a member without any."""
    people = {code: MemberFactory(operator=operator).user for code in [*codes, "nobody"]}
    for code in codes:
        hold(people[code], Role.objects.get(code=code))
    return people


def person_with_role(code: str) -> User:
    person = UserFactory()
    hold(person, Role.objects.get(code=code))
    return person


@dataclass
class World:
    """A superuser who works for an operator with one record of every kind, signed in."""

    headers: dict[str, str]
    rows: Rows

    def key(self, kind: str) -> Any:
        """The key of the record that an address such as `rpas/aircraft` is about."""
        return self.rows[kind][1]


@contextmanager
def full_world(*, is_kept: bool = False) -> Iterator[World]:
    """The world as long as the block lasts; nothing of it is ever committed unless kept."""
    with transaction.atomic():
        seed_roles()
        operator = OperatorFactory(key_staff=True)
        everybody = MemberFactory(
            operator=operator, pilot=True, user=UserFactory(is_superuser=True)
        ).user
        for role in Role.objects.order_by("pk"):
            hold(everybody, role)
        colleague = person_with_role("remote_pilot")
        rows = {
            **shared_rows(),
            **operator_rows(operator),
            **person_rows(colleague, token_issuer=everybody),
        }
        link = start_session(everybody, has_second_factor=True, origin=Origin(), at=timezone.now())
        yield World({"Authorization": f"Bearer {access_text(link.session)}"}, rows)
        transaction.set_rollback(not is_kept)


def _drone_rows(operator: RPASOperator, operation: FlightOperation) -> Rows:
    aircraft = operation.aircraft
    draft = PartAFactory(aircraft=aircraft, draft=True)
    key_person = KeyPersonnelFactory(operator=operator, post="chief_instructor")
    made: dict[str, Callable[[], Any]] = {
        "members": lambda: MemberFactory(operator=operator),
        "operator-changes": lambda: OperatorChangeFactory(operator=operator),
        "batteries": lambda: BatteryFactory(operator=operator, aircraft=aircraft),
        "flight-hours": lambda: EntryFactory(aircraft=aircraft, sequence=2),
        "defects": lambda: DefectFactory(aircraft=aircraft, minor=True),
        "maintenance-schedules": lambda: ScheduleFactory(aircraft=aircraft),
        "ground-stations": lambda: GroundStationFactory(operator=operator, aircraft=aircraft),
    }
    return {
        **{f"rpas/{name}": ("id", make().pk) for name, make in made.items()},
        "rpas/operators": ("id", operator.pk),
        "rpas/key-personnel": ("id", key_person.pk),
        "rpas/aircraft": ("registration", aircraft.registration),
        "rpas/technical-logs": ("number", draft.number),
    }


def _flight_rows(operator: RPASOperator, operation: FlightOperation) -> Rows:
    desk, at = records_of(operator, operation), timezone.now() - timedelta(minutes=5)
    alert = ConformanceAlert.objects.create(
        operation=operation,
        kind="height",
        severity="red",
        worst_value=130,
        worst_at=at,
        started_at=at,
        last_at=at,
        raised_at=at,
    )
    brought_in = LogImport.objects.create(
        operation=operation,
        name="flight.gpx",
        sha256=f"{operator.pk:064}",
        size_bytes=1,
        requested_by=desk.actor,
    )
    flown = PilotLogEntry.objects.create(
        pilot=operation.pilot_in_command,
        operation=operation,
        flown_on=date(2026, 3, 1),
        aircraft_model="M",
        aircraft_category="multirotor",
        place="Depot",
        time_in_service_min=10,
        sight_mode="vlos",
        is_night=False,
        role="pilot_in_command",
        started_at=at,
        ended_at=at,
    )
    OperationalLog.objects.create(
        operation=operation, is_as_released=True, completed_by=desk.actor, completed_at=at
    )
    LastPosition.objects.create(operation=operation, recorded_at=at, received_at=at)
    found = {
        "operations": ("number", operation.number),
        "pilot-logs": ("id", flown.pk),
        "authorizations": ("id", desk.authorization.pk),
        "checklists": ("operation", operation.number),
        "risk-assessments": ("number", desk.assessment.number),
        "hazards": ("number", desk.hazard.number),
        "incidents": ("number", desk.incident.number),
        "conformance-alerts": ("id", alert.pk),
        "log-imports": ("id", brought_in.pk),
    }
    return {f"flight-operations/{name}": key for name, key in found.items()}


def _verdict_rows(operator: RPASOperator, operation: FlightOperation) -> Rows:
    scope, actor = operator.scope, operation.pilot_in_command
    # Reporting the incident had it judged.
    verdict = Verdict.objects.filter(scope=scope).latest("pk")
    subject = {
        "subject_type": verdict.subject_type,
        "subject_id": verdict.subject_id,
        "scope": scope,
    }
    setting = RuleSetting.objects.create(
        scope=scope,
        rule="R",
        parameter="p",
        value=1,
        set_by=actor,
        set_at=LONG_AGO,
        reason="Care.",
    )
    override = RuleOverride.objects.create(
        **subject, rule="R", reason="Known.", granted_by=actor, granted_at=LONG_AGO
    )
    return {
        "compliance/verdicts": ("id", verdict.pk),
        "compliance/rule-settings": ("id", setting.pk),
        "compliance/overrides": ("id", override.pk),
    }
