"""Made-up days of drone work: what is asked for, and what goes wrong. Seeded; needs Django."""

import random
from datetime import UTC, datetime, time, timedelta
from typing import Any

from common.booking import Resource, book
from dispatcher.services.centers import set_profile
from rpas.models import F2MaintenanceSchedule, TriggerKind
from rpas.services.defects import raise_defect
from tests.dispatcher.scene import CLOSES, OPENS, Desk, add_crew, forecast, make_desk
from tests.rpas.factories import ScheduleFactory
from tests.users.factories import QualificationFactory
from users.models import Qualification, QualificationKind

NOW = datetime(2026, 3, 14, 20, 0, tzinfo=UTC)
# A model that nobody has until somebody is sent with one.
OTHER_MODEL = "DJI Matrice 400"


def made_up(chance: random.Random) -> Desk:
    """A desk with one to four crews, not all alike, and two to fourteen operations."""
    desk = make_desk(crews=0)
    for _ in range(chance.randint(1, 4)):
        add_crew(desk, max_wind_ms=chance.choice([8, 12, 15]))
    for _ in range(chance.randint(2, 14)):
        wanted(desk, chance)
    _people(desk, chance)
    _machines(desk, chance)
    if chance.random() < 0.5:
        _weather(chance)
    return desk


def wanted(desk: Desk, chance: random.Random) -> None:
    """A water line within 80 km: some urgent, some in a narrow window, some for few only."""
    asked: dict[str, Any] = {"priority": chance.randint(1, 5)}
    minutes = chance.choice([20, 30, 45, 60, 90])
    if chance.random() < 0.5:
        start = OPENS + timedelta(minutes=chance.randint(0, 600))
        end = start + timedelta(minutes=minutes + chance.randint(0, 180))
        asked |= {"earliest_at": start, "deadline_at": min(end, CLOSES + timedelta(hours=1))}
        if asked["deadline_at"] <= start:
            asked["deadline_at"] = start + timedelta(minutes=minutes)
    if chance.random() < 0.05:
        asked["required_models"] = [OTHER_MODEL]
    if chance.random() < 0.1:
        asked["required_qualifications"] = [QualificationKind.FIRST_AID]
    desk.wanted(NOW, km_east=chance.uniform(-80, 80), minutes=minutes, **asked)


def _people(desk: Desk, chance: random.Random) -> None:
    """Papers that are missing, one that only some hold, short hours, and leave."""
    for pilot in desk.pilots:
        if chance.random() < 0.3:
            first = chance.randint(6, 10)
            hours = {"starts_at": time(first), "ends_at": time(first + chance.randint(4, 7))}
            set_profile(desk.center, person=pilot, **hours, actor=desk.dispatcher, at=NOW)
        if chance.random() < 0.5:
            QualificationFactory(user=pilot, kind=QualificationKind.FIRST_AID)
        if chance.random() < 0.1:
            Qualification.objects.filter(user=pilot).delete()
        if chance.random() < 0.3:
            start = OPENS + timedelta(minutes=chance.randint(0, 480))
            book(
                [Resource("person", pilot.pk)],
                start=start,
                end=start + timedelta(minutes=chance.randint(30, 300)),
                source=pilot,
                purpose="leave",
            )


def _machines(desk: Desk, chance: random.Random) -> None:
    """Cracks, and little left until the next maintenance."""
    for aircraft in desk.aircraft:
        if chance.random() < 0.15:
            raise_defect(
                aircraft, severity="major", description="Crack", actor=desk.dispatcher, at=NOW
            )
        if chance.random() < 0.25:
            item = ScheduleFactory(
                aircraft=aircraft, kind=TriggerKind.FLIGHT_HOURS, interval_min=6_000
            )
            due = aircraft.time_in_service_min + chance.randint(10, 240)
            F2MaintenanceSchedule.objects.filter(pk=item.pk).update(next_due_min=due)


def _weather(chance: random.Random) -> None:
    """A forecast with thunder for some hours, and perhaps too much wind for some aircraft."""
    thunder = OPENS + timedelta(hours=chance.randint(0, 8))
    calm = thunder + timedelta(hours=chance.randint(1, 3))
    wind = chance.choice(["18008KT", "18018KT", "18026KT"])
    forecast(
        NOW,
        f"FM{NOW + timedelta(hours=1):%d%H%M} {wind} CAVOK"
        f" FM{thunder:%d%H%M} 18012KT 9999 TSRA BKN030CB FM{calm:%d%H%M} 18008KT CAVOK",
    )
