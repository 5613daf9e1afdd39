import dataclasses
import time
from datetime import date, timedelta
from threading import Thread

import numpy as np
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from common.models import OutboxEvent
from flight_operations.exceptions import DeviceNotForOperation, TelemetryNotAccepted
from flight_operations.models import (
    ConformanceAlert,
    FlightExecutionLog,
    FlightOperation,
    LastPosition,
)
from flight_operations.queries.telemetry_target import target_rows, telemetry_target
from flight_operations.services.telemetry import ingest
from flight_operations.services.telemetry_alerts import acknowledge_alert, end_alerts
from flight_operations.telemetry.flags import Flag
from flight_operations.telemetry.heights import HeightBasis
from flight_operations.telemetry.limits import Breach
from rpas.models import OperatorMember
from tests.flight_operations.telemetry_scene import LAT, LON, NOW, Scene, positions, scene
from tests.flush import as_superuser

SOON = NOW + timedelta(minutes=5)


def send(flight: Scene, samples, *, at=SOON, device=None, user=None, token=None):
    return ingest(
        flight.operation.number, device or flight.station.device_id, samples,
        user=user or flight.pilot, token=token, at=at,
    )  # fmt: skip


def stored(flight: Scene):
    return FlightExecutionLog.objects.filter(operation=flight.operation).order_by("sequence")


@pytest.mark.django_db
def test_positions_are_stored_as_sent_with_both_clocks():
    flight = scene()

    intake = send(flight, positions(50, 60, altitude_m=[70.5, np.nan], datum=[1, 0]))

    rows = list(stored(flight))
    assert (intake.received, intake.accepted, intake.nonconforming) == (2, 2, 0)
    assert [row.recorded_at for row in rows] == [NOW, NOW + timedelta(seconds=1)]
    assert {row.received_at for row in rows} == {SOON}
    assert [(row.lat, row.lon) for row in rows] == [(LAT, LON)] * 2
    assert [row.altitude_m for row in rows] == [70.5, None]
    assert [row.height_m for row in rows] == [50.0, 60.0]
    assert {row.height_basis for row in rows} == {HeightBasis.GROUND}
    assert all(row.conformant for row in rows)


@pytest.mark.django_db
def test_a_batch_sent_twice_is_stored_once():
    flight = scene()
    batch = positions(50, 51, 52)

    send(flight, batch)
    again = send(flight, batch)

    assert (again.accepted, again.duplicates) == (0, [0, 1, 2])
    assert stored(flight).count() == 3


@pytest.mark.django_db
def test_an_overlapping_batch_adds_only_what_is_new_and_fills_gaps():
    flight = scene()
    send(flight, positions(50, 50, first=3, after_s=3))

    intake = send(flight, positions(50, 50, 50, 50, 50, 50))

    assert intake.duplicates == [3, 4]
    assert intake.accepted == 4
    assert list(stored(flight).values_list("sequence", flat=True)) == [0, 1, 2, 3, 4, 5]


@pytest.mark.django_db
def test_the_same_sequence_with_another_time_is_rejected_not_stored():
    flight = scene()
    send(flight, positions(50, 50))

    intake = send(flight, positions(50, 50, after_s=0.5))
    inside = send(flight, positions(50, 50, 50, first=5, after_s=5, sequence=[5, 5, 6]))

    assert intake.rejected == [(0, "sequence_conflict"), (1, "sequence_conflict")]
    assert inside.rejected == [(1, "sequence_conflict")]
    assert stored(flight).count() == 4


@pytest.mark.django_db
def test_doubtful_positions_are_kept_but_neither_judged_nor_shown():
    flight = scene()
    samples = positions(50, 500, 50, lat=[LAT, LAT + 0.5, LAT])

    intake = send(flight, samples)
    future = send(flight, positions(500, first=3, after_s=3600))

    assert intake.flagged == [(1, Flag.TELEPORT)]
    assert future.flagged == [(0, Flag.FUTURE)]
    assert [row.flags for row in stored(flight)] == [0, 4, 0, 1]
    assert not ConformanceAlert.objects.filter(operation=flight.operation).exists()
    assert flight.operation.last_position.recorded_at == NOW + timedelta(seconds=2)


@pytest.mark.django_db
def test_the_marker_moves_forward_only():
    flight = scene()
    send(flight, positions(50, 60, first=10, after_s=10))
    send(flight, positions(40, 40))

    last = LastPosition.objects.get(operation=flight.operation)
    assert last.recorded_at == NOW + timedelta(seconds=11)
    assert (last.height_m, last.position.x, last.position.y) == (60, LON, LAT)


@pytest.mark.django_db
def test_leaving_the_limits_raises_one_alert_each_with_an_event():
    flight = scene()
    outside = positions(50, 125, 130, 50, lon=[151.2098, 151.2099, 151.2099, 151.2103])

    intake = send(flight, outside)

    alerts = {a.kind: a for a in ConformanceAlert.objects.filter(operation=flight.operation)}
    assert set(alerts) == {"height", "plan_height", "plan_area"}
    assert (alerts["height"].worst_value, alerts["height"].severity) == (130, "red")
    assert alerts["height"].started_at == NOW + timedelta(seconds=1)
    assert alerts["plan_area"].worst_value == pytest.approx(27.7, rel=0.01)
    assert intake.nonconforming == 3
    assert [row.breaches for row in stored(flight)] == [
        0, Breach.HEIGHT | Breach.PLAN_HEIGHT, Breach.HEIGHT | Breach.PLAN_HEIGHT, Breach.PLAN_AREA,
    ]  # fmt: skip
    names = OutboxEvent.objects.values_list("name", flat=True)
    assert list(names).count("flight_operations.telemetry_alert_raised") == 3


@pytest.mark.django_db
def test_an_alert_continues_over_batches_and_ends_after_five_seconds_of_keeping():
    flight = scene(ceiling_m=200)
    send(flight, positions(125, 126))
    send(flight, positions(127, 100, 100, first=2, after_s=2))
    assert ConformanceAlert.objects.get(operation=flight.operation).ended_at is None

    intake = send(flight, positions(*[100] * 5, first=5, after_s=5))

    (alert,) = intake.alerts.ended
    alert.refresh_from_db()
    assert (alert.worst_value, alert.sample_count) == (127, 3)
    assert alert.ended_at == NOW + timedelta(seconds=3)


@pytest.mark.django_db
def test_a_late_batch_widens_a_closed_alert_instead_of_raising_another():
    flight = scene(ceiling_m=200)
    send(flight, positions(125, *[100] * 7, first=10, after_s=10))

    send(flight, positions(140, first=8, after_s=8))

    alert = ConformanceAlert.objects.get(operation=flight.operation)
    assert (alert.worst_value, alert.started_at) == (140, NOW + timedelta(seconds=8))


@pytest.mark.django_db
def test_a_gap_of_more_than_15_seconds_is_a_silence():
    flight = scene()
    send(flight, positions(50))
    send(flight, positions(50, first=1, after_s=16.5))

    alert = ConformanceAlert.objects.get(operation=flight.operation)
    assert (alert.kind, alert.severity, alert.worst_value) == ("silence", "amber", 16.5)
    assert (alert.started_at, alert.ended_at) == (NOW, NOW + timedelta(seconds=16.5))


@pytest.mark.django_db
def test_a_keep_out_fence_raises_an_alert_by_its_name():
    flight = scene(with_fence=True)

    send(flight, positions(50, lon=[151.207], lat=[-33.903]))

    alert = ConformanceAlert.objects.get(operation=flight.operation)
    assert (alert.kind, alert.reference, alert.severity) == ("keep_out", "School", "red")


@pytest.mark.django_db
def test_an_amended_area_counts_for_the_next_batch():
    flight = scene()
    send(flight, positions(50))
    volume = flight.plan.volumes.get()
    volume.ceiling_m = 40
    volume.save()
    flight.plan.revision += 1
    flight.plan.save()

    assert send(flight, positions(50, first=1, after_s=1)).nonconforming == 1


@pytest.mark.django_db
def test_telemetry_is_refused_before_the_start_and_after_the_grace():
    flight = scene()
    flight.operation.status = "landed"
    flight.operation.actual_end_at = NOW + timedelta(minutes=4)
    flight.operation.save()

    assert send(flight, positions(50)).accepted == 1
    with pytest.raises(TelemetryNotAccepted) as refused:
        send(flight, positions(50, first=1), at=NOW + timedelta(minutes=15))

    assert refused.value.details["status"] == "landed"


@pytest.mark.django_db
def test_a_station_speaks_only_for_its_own_operator_and_aircraft():
    flight, other = scene(), scene()

    for device in (other.station.device_id, "GS-unknown"):
        with pytest.raises(DeviceNotForOperation):
            send(flight, positions(50), device=device)
    with pytest.raises(FlightOperation.DoesNotExist):
        send(flight, positions(50), user=other.pilot)

    assert stored(flight).count() == 0


@pytest.mark.django_db
def test_the_prepared_statement_sees_exactly_what_the_querysets_see():
    flight, other = scene(), scene()
    left = scene().pilot
    OperatorMember.objects.create(
        operator=flight.operator, user=left, valid_from=date(2020, 1, 1),
        valid_until=date(2021, 1, 1),
    )  # fmt: skip
    chief = scene().pilot
    chief.is_superuser = True
    found = []

    for user in (flight.pilot, other.pilot, left, chief):
        for device in (flight.station.device_id, other.station.device_id, "none"):
            expected = next(
                iter(target_rows(flight.operation.number, device=device, user=user)), None
            )
            try:
                target = telemetry_target(flight.operation.number, device=device, user=user)
            except FlightOperation.DoesNotExist:
                assert expected is None
            else:
                assert dataclasses.astuple(target) == tuple(expected)
                found.append(target.station_id)

    station = flight.station.pk
    assert found == [station, None, None] * 2


@pytest.mark.django_db
def test_the_application_cannot_change_or_remove_positions():
    flight = scene()
    send(flight, positions(50))

    for statement in (
        "UPDATE flight_operations_flightexecutionlog SET lat = 0",
        "DELETE FROM flight_operations_flightexecutionlog",
        "TRUNCATE flight_operations_flightexecutionlog",
        "DELETE FROM telemetry.log_default",
        "DROP TABLE flight_operations_flightexecutionlog",
        "ALTER TABLE flight_operations_flightexecutionlog DISABLE TRIGGER ALL",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert stored(flight).count() == 1


@pytest.mark.django_db
def test_even_the_owner_meets_the_append_only_trigger():
    flight = scene()
    send(flight, positions(50))

    with as_superuser() as cursor, pytest.raises(IntegrityError), transaction.atomic():
        cursor.execute("UPDATE flight_operations_flightexecutionlog SET lat = 0")


@pytest.mark.django_db
def test_a_day_without_partition_is_stored_and_moved_when_the_partition_comes():
    flight = scene()
    send(flight, positions(50, 51))
    day = date(2026, 3, 14)

    with connection.cursor() as cursor:
        cursor.execute("SELECT telemetry_ensure_partition(%s)", [day])
        first = cursor.fetchone()[0]
        cursor.execute("SELECT telemetry_ensure_partition(%s)", [day])
        second = cursor.fetchone()[0]
        cursor.execute(
            "SELECT DISTINCT tableoid::regclass::text FROM flight_operations_flightexecutionlog"
            " WHERE operation_id = %s",
            [flight.operation.pk],
        )
        places = cursor.fetchall()

    assert (first, second) == (True, False)
    assert places == [("telemetry.log_20260314",)]
    assert send(flight, positions(50, 51)).duplicates == [0, 1]


@pytest.mark.django_db
def test_landing_ends_what_is_open_and_acknowledging_is_audited():
    flight = scene(ceiling_m=200)
    send(flight, positions(125))

    (alert,) = end_alerts(flight.operation.pk)
    acknowledge_alert(alert, actor=flight.pilot, at=SOON, note="Gust")

    alert.refresh_from_db()
    assert alert.ended_at == NOW
    assert alert.acknowledged_by == flight.pilot


@pytest.mark.django_db
def test_a_batch_in_order_costs_a_fixed_number_of_statements(django_assert_num_queries):
    flight = scene()
    send(flight, positions(50))

    with django_assert_num_queries(5):
        # Target, savepoint, lock, marker, release. COPY goes past Django's count.
        send(flight, positions(*[50] * 500, first=1, after_s=1))


@pytest.mark.django_db(transaction=True)
def test_the_same_batch_from_two_connections_is_stored_once_and_raises_one_alert():
    flight = scene(ceiling_m=200)
    batch = positions(*[125] * 200)
    accepted: list[int] = []

    def worker() -> None:
        try:
            accepted.append(send(flight, batch).accepted)
        finally:
            connection.close()

    threads = [Thread(target=worker) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(accepted) == [0, 0, 0, 0, 0, 200]
    assert stored(flight).count() == 200
    assert ConformanceAlert.objects.filter(operation=flight.operation).count() == 1


@pytest.mark.django_db
def test_a_thousand_positions_are_judged_as_postgis_judges_them():
    flight = scene(with_fence=True)
    random = np.random.default_rng(7)
    size = 1000
    samples = positions(
        *[50] * size,
        lat=random.uniform(-33.92, -33.88, size), lon=random.uniform(151.18, 151.22, size),
    )  # fmt: skip
    flight.aircraft.max_speed_ms = 400
    flight.aircraft.save()
    FlightOperation.objects.filter(pk=flight.operation.pk).update(title="Again")

    send(flight, samples, at=NOW + timedelta(minutes=20))

    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*),
                   count(*) FILTER (WHERE (l.breaches & 1 = 0)
                       IS DISTINCT FROM ST_Covers(v.area, p.point)),
                   count(*) FILTER (WHERE (l.breaches & 16 <> 0)
                       IS DISTINCT FROM ST_Covers(f.area, p.point)),
                   count(*) FILTER (WHERE l.breaches & 16 <> 0)
            FROM flight_operations_flightexecutionlog l
            CROSS JOIN LATERAL (SELECT ST_SetSRID(ST_MakePoint(l.lon, l.lat), 4326) AS point) p
            JOIN flight_operations_planvolume v ON v.plan_id = %s
            JOIN flight_operations_planfence f ON f.plan_id = %s
            WHERE l.operation_id = %s AND l.flags & 7 = 0
            """,
            [flight.plan.pk, flight.plan.pk, flight.operation.pk],
        )
        judged, plan_differs, fence_differs, inside_fence = cursor.fetchone()
    assert (plan_differs, fence_differs) == (0, 0)
    assert judged > 300
    assert inside_fence > 0


@pytest.mark.django_db
def test_an_alert_is_there_within_two_seconds():
    flight = scene()
    begun = time.perf_counter()

    intake = send(flight, positions(*[150] * 1000))

    assert intake.alerts.raised
    assert time.perf_counter() - begun < 2
