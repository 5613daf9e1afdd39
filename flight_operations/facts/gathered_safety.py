"""Gathers the facts of incidents and hazards, in sets, and registers both as assessable."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from common.compliance.findings import Stage
from common.compliance.subjects import Collected, subject
from common.time import day_bounds
from flight_operations.facts.safety import HazardFacts, IncidentFacts
from flight_operations.models import HazardStatus, SMSHazardRegister, SMSIncidentReport
from flight_operations.occurrences import (
    PHONE_AMBER,
    PHONE_RED,
    WRITTEN_AMBER,
    WRITTEN_DUE,
)

# What the report to the ATSB must hold (TSI-DATA) and an incident may still lack.
PARTICULARS = {
    "aircraft_id": "aircraft",
    "pilot_id": "pilot",
    "operating_category": "operating category",
    "position": "position",
    "phase": "phase of flight",
    "weather": "weather",
    "airspace": "airspace",
}


@subject(
    "flight_operations.smsincidentreport", facts=IncidentFacts, own="incident", open_to_members=True
)
def collect_incidents(ids: Sequence[int], at: datetime, stage: Stage) -> Mapping[int, Collected]:
    """Incidents as they stand; the answer changes with the clocks of the reports."""
    rows = SMSIncidentReport.objects.filter(pk__in=ids).order_by("pk")
    return {
        row.pk: Collected(
            facts=_incident(row),
            label=row.number,
            scope=row.scope,
            dependencies=frozenset({f"incident:{row.pk}"}),
            next_change_at=min(_turns(row, at), default=None),
        )
        for row in rows
    }


@subject(
    "flight_operations.smshazardregister", facts=HazardFacts, own="hazard", open_to_members=True
)
def collect_hazards(ids: Sequence[int], at: datetime, stage: Stage) -> Mapping[int, Collected]:
    """Hazards on the operator's local day; an action or a review may fall due at midnight."""
    rows = SMSHazardRegister.objects.filter(pk__in=ids).select_related("operator").order_by("pk")
    return {
        row.pk: Collected(
            facts=_hazard(row, at),
            label=row.number,
            scope=row.scope,
            dependencies=frozenset({f"hazard:{row.pk}"}),
            next_change_at=min(_due(row, at), default=None),
        )
        for row in rows
    }


def _incident(row: SMSIncidentReport) -> IncidentFacts:
    return IncidentFacts(
        rule_date=row.occurred_at.astimezone(ZoneInfo(row.time_zone)).date(),
        number=row.number,
        status=row.status,
        classification=row.classification,
        occurred_at=row.occurred_at,
        aware_at=row.aware_at,
        operating_category=row.operating_category,
        aircraft_mass_kg=row.mass_kg,
        is_type_certified=row.is_type_certified,
        injuries=row.injuries,
        damage=row.damage,
        third_party_damage=row.third_party_damage,
        phoned_at=row.phoned_at,
        written_at=row.written_at,
        missing_particulars=tuple(
            title for name, title in PARTICULARS.items() if not getattr(row, name)
        ),
        has_aircraft=row.aircraft_id is not None,
        is_aircraft_quarantined=row.is_aircraft_quarantined,
    )


def _hazard(row: SMSHazardRegister, at: datetime) -> HazardFacts:
    return HazardFacts(
        rule_date=at.astimezone(ZoneInfo(row.operator.timezone)).date(),
        number=row.number,
        status=row.status,
        likelihood=row.likelihood,
        severity=row.severity,
        residual_likelihood=row.residual_likelihood or None,
        residual_severity=row.residual_severity,
        action_due_on=row.action_due_on,
        review_on=row.review_on,
        has_owner=row.owner_id is not None,
    )


def _turns(row: SMSIncidentReport, at: datetime) -> Iterator[datetime]:
    limits = []
    if row.is_immediately_reportable and row.phoned_at is None:
        limits += [PHONE_AMBER, PHONE_RED]
    if row.is_reportable and row.written_at is None:
        limits += [WRITTEN_AMBER, WRITTEN_DUE]
    yield from (row.aware_at + limit for limit in limits if row.aware_at + limit > at)


def _due(row: SMSHazardRegister, at: datetime) -> Iterator[datetime]:
    if row.status == HazardStatus.CLOSED:
        return
    zone = ZoneInfo(row.operator.timezone)
    for day in filter(None, (row.action_due_on, row.review_on)):
        _, midnight = day_bounds(day, zone)
        if midnight > at:
            yield midnight
