"""Keeps the alerts of a flight in step with the episodes that its positions show."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.db import transaction

from common import audit
from common.geo import point
from common.lifecycle import locked
from common.outbox import announce
from flight_operations.events import (
    FlightRecordChanged,
    TelemetryAlertEnded,
    TelemetryAlertRaised,
    TelemetryAlertWorsened,
)
from flight_operations.exceptions import AlertAlreadyAcknowledged
from flight_operations.models import Conformance as ShownConformance
from flight_operations.models import ConformanceAlert, FlightOperation, LastPosition
from flight_operations.services.assessment import mark_records
from flight_operations.services.telemetry_state import FlightState
from flight_operations.telemetry.conformance import Finding
from flight_operations.telemetry.episodes import HYSTERESIS_US, Episode, Ledger, silences
from flight_operations.telemetry.limits import AlertKind, Severity, severity
from flight_operations.telemetry.samples import MICROSECONDS, Samples, to_datetime, to_microseconds


@dataclass(slots=True)
class AlertChanges:
    """The alerts that one batch raised, turned from amber to red, and ended."""

    raised: list[ConformanceAlert] = field(default_factory=list)
    worsened: list[ConformanceAlert] = field(default_factory=list)
    ended: list[ConformanceAlert] = field(default_factory=list)
    has_open: bool = False


def fold_alerts(
    state: FlightState, believed: Samples, findings: Iterable[Finding], *, at: datetime
) -> AlertChanges:
    """
    Fold a batch's broken limits and silences into the stored alerts, under the flight's lock.

    `believed` are the positions that count, in time order.
    """
    findings = tuple(findings)
    quiet = silences(believed.recorded_us, previous_us=state.newest_us)
    if not (findings or quiet or state.has_open_alerts) or not len(believed):
        return AlertChanges(has_open=state.has_open_alerts)
    rows = {alert.pk: alert for alert in _relevant(state, believed, bool(findings))}
    ledger = Ledger([_episode(alert) for alert in rows.values()])
    ledger.fold(believed, findings, newest_us=state.newest_us)
    _fold_silences(ledger, state, believed, quiet)
    changes = AlertChanges()
    for episode in ledger.touched:
        _store(state.operation_id, episode, rows, changes, at=at)
    changes.has_open = any(episode.is_open for episode in ledger.episodes)
    return changes


def _relevant(state: FlightState, believed: Samples, has_findings: bool) -> list[ConformanceAlert]:
    """The open alerts, and those that late positions may belong to."""
    alerts = ConformanceAlert.objects.filter(operation_id=state.operation_id)
    first_us = int(believed.recorded_us[0])
    if has_findings and state.newest_us is not None and first_us <= state.newest_us:
        since = to_datetime(first_us - HYSTERESIS_US)
        alerts = alerts.open() | alerts.filter(ended_at__gte=since)
    else:
        alerts = alerts.open()
    return list(alerts.order_by("pk"))


def _fold_silences(
    ledger: Ledger, state: FlightState, believed: Samples, quiet: Iterable[tuple[int, int]]
) -> None:
    """Add an ended alert per gap; end the one that the watch opened while nothing came."""
    watched = next((e for e in ledger.episodes if e.kind is AlertKind.SILENCE and e.is_open), None)
    newest = int(believed.recorded_us[-1])
    if watched is not None and (state.newest_us is None or newest > state.newest_us):
        fresh = believed.recorded_us[believed.recorded_us > (state.newest_us or 0)]
        watched.ended_us = max(watched.started_us, int(fresh[0]))
        watched.last_us = watched.ended_us
        if state.newest_us is None:
            # Nobody knew where it was; the first believed position is the nearest answer.
            row = int(believed.recorded_us.searchsorted(fresh[0]))
            watched.lat, watched.lon = float(believed.lat[row]), float(believed.lon[row])
        watched.worst = max(watched.worst, (watched.ended_us - watched.started_us) / MICROSECONDS)
        ledger.touched = [*(e for e in ledger.touched if e is not watched), watched]
    for start, end in quiet:
        if watched is not None and watched.started_us == start:
            continue
        row = int(believed.recorded_us.searchsorted(end))
        episode = silence_episode(start, end, (believed.lat[row], believed.lon[row]))
        episode.ended_us = end
        ledger.episodes.append(episode)
        ledger.touched.append(episode)


def silence_episode(start_us: int, until_us: int, place: tuple[float, float]) -> Episode:
    """A silence from the last position before it; `place` is (latitude, longitude)."""
    return Episode(
        kind=AlertKind.SILENCE,
        reference="",
        started_us=start_us,
        last_us=until_us,
        worst=(until_us - start_us) / MICROSECONDS,
        worst_us=until_us,
        lat=float(place[0]),
        lon=float(place[1]),
        limit=15.0,
    )


def _episode(alert: ConformanceAlert) -> Episode:
    place: Any = alert.position
    return Episode(
        kind=AlertKind(alert.kind),
        reference=alert.reference,
        started_us=to_microseconds(alert.started_at),
        last_us=to_microseconds(alert.last_at),
        worst=alert.worst_value,
        worst_us=to_microseconds(alert.worst_at),
        lat=place.y if place else 0.0,
        lon=place.x if place else 0.0,
        count=alert.sample_count,
        limit=alert.limit_value,
        clear_since_us=_microseconds(alert.clear_since_at),
        ended_us=_microseconds(alert.ended_at),
        key=alert.pk,
    )


def _store(
    operation_id: int,
    episode: Episode,
    rows: dict[int, ConformanceAlert],
    changes: AlertChanges,
    *,
    at: datetime,
) -> None:
    alert = rows.get(episode.key or 0)
    is_new, was_open = alert is None, alert is not None and alert.ended_at is None
    if alert is None:
        alert = ConformanceAlert(operation_id=operation_id, raised_at=at)
    was_amber = alert.severity == Severity.AMBER
    _copy(episode, alert)
    alert.save()
    if is_new:
        changes.raised.append(alert)
        announce(TelemetryAlertRaised(alert_id=alert.pk, operation_id=operation_id))
    if was_amber and alert.severity == Severity.RED:
        changes.worsened.append(alert)
        announce(TelemetryAlertWorsened(alert_id=alert.pk, operation_id=operation_id))
    if (is_new or was_open) and not episode.is_open:
        changes.ended.append(alert)
        announce(TelemetryAlertEnded(alert_id=alert.pk, operation_id=operation_id))


def _copy(episode: Episode, alert: ConformanceAlert) -> None:
    alert.kind, alert.reference = episode.kind, episode.reference
    alert.severity = severity(episode.kind, episode.worst, episode.limit)
    alert.limit_value, alert.worst_value = episode.limit, episode.worst
    alert.worst_at = to_datetime(episode.worst_us)
    alert.position = _place(episode)
    alert.started_at, alert.last_at = to_datetime(episode.started_us), to_datetime(episode.last_us)
    alert.clear_since_at = _moment(episode.clear_since_us)
    alert.ended_at = _moment(episode.ended_us)
    alert.sample_count = episode.count


def _place(episode: Episode) -> Point:
    return point(lat=episode.lat, lon=episode.lon)


def _microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else to_microseconds(moment)


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else to_datetime(microseconds)


@transaction.atomic
def end_alerts(operation_id: int) -> list[ConformanceAlert]:
    """End what is still open when a flight is over: nothing more will show a return."""
    state = LastPosition.objects.select_for_update().filter(operation=operation_id).first()
    if state is None:
        return []
    alerts = list(ConformanceAlert.objects.filter(operation=operation_id).open().order_by("pk"))
    for alert in alerts:
        alert.ended_at = max(alert.started_at, alert.last_at)
        alert.save(update_fields=["ended_at"])
        announce(TelemetryAlertEnded(alert_id=alert.pk, operation_id=operation_id))
    state.has_open_alerts = False
    state.save(update_fields=["has_open_alerts"])
    return alerts


@transaction.atomic
def settle_conformance(operation_id: int, *, at: datetime) -> None:
    """
    Bring the conformance shown on an operation in line with its open alerts; of a flight that is
    over the records are judged again.

    Apart from taking positions in: that holds the flight's own lock and must not wait for the
    operation's, which landing holds.
    """
    operation = FlightOperation.objects.select_for_update(no_key=True).get(pk=operation_id)
    is_outside = ConformanceAlert.objects.open().filter(operation=operation).exists()
    wanted = ShownConformance.NONCONFORMING if is_outside else ShownConformance.CONFORMING
    if operation.conformance not in (wanted, ShownConformance.CONTINGENT):
        operation.conformance = wanted
        operation.save(update_fields=["conformance", "updated_at"])
    mark_records(operation, "alerts of the flight", at=at)


@transaction.atomic
def acknowledge_alert(
    alert: ConformanceAlert, *, actor: Any, at: datetime, note: str = ""
) -> ConformanceAlert:
    """Record that somebody has seen an alert. Raises AlertAlreadyAcknowledged."""
    alert = locked(alert)
    if alert.acknowledged_at is not None:
        raise AlertAlreadyAcknowledged(at=alert.acknowledged_at)
    alert.acknowledged_by, alert.acknowledged_at, alert.acknowledgement = actor, at, note
    alert.save(update_fields=["acknowledged_by", "acknowledged_at", "acknowledgement"])
    audit.record("alert.acknowledged", alert, actor=actor, at=at, reason=note, scope=alert.scope)
    mark_records(alert.operation, "alert acknowledged", at=at)
    announce(FlightRecordChanged(operation_id=alert.operation_id))
    return alert
