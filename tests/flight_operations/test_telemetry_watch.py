from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from flight_operations.events import OperationLanded, TelemetryAlertRaised
from flight_operations.handlers import (
    end_alerts_of_a_flight_that_is_over,
    mark_flight_as_nonconforming,
)
from flight_operations.models import ConformanceAlert, FlightExecutionLog, LastPosition
from flight_operations.services.telemetry import ingest
from flight_operations.services.telemetry_watch import ensure_partitions, watch_for_silence
from tests.flight_operations import log_files
from tests.flight_operations.telemetry_scene import LAT, LON, NOW, positions, scene
from tests.flush import as_superuser

pytestmark = pytest.mark.django_db


def send(flight, samples, at):
    return ingest(
        flight.operation.number, flight.station.device_id, samples, user=flight.pilot, token=None,
        at=at,
    )  # fmt: skip


def test_a_flight_that_goes_silent_raises_one_alert_until_it_is_heard_again():
    flight = scene()
    send(flight, positions(50, 50), NOW + timedelta(seconds=2))

    early = watch_for_silence(at=NOW + timedelta(seconds=17))
    (raised,) = watch_for_silence(at=NOW + timedelta(seconds=18))
    again = watch_for_silence(at=NOW + timedelta(seconds=21))
    send(flight, positions(50, first=2, after_s=30), NOW + timedelta(seconds=31))

    alert = ConformanceAlert.objects.get(operation=flight.operation)
    assert (early, again) == ([], [])
    assert alert == raised
    assert (alert.kind, alert.worst_value) == ("silence", 29)
    assert (alert.started_at, alert.ended_at) == (
        NOW + timedelta(seconds=1), NOW + timedelta(seconds=30),
    )  # fmt: skip


def test_a_flight_that_never_sent_or_has_landed_is_not_watched():
    scene()
    landed = scene()
    send(landed, positions(50), NOW)
    landed.operation.status = "landed"
    landed.operation.actual_end_at = NOW + timedelta(seconds=5)
    landed.operation.save()

    assert watch_for_silence(at=NOW + timedelta(minutes=1)) == []


@pytest.mark.parametrize("fault", ["clock ahead", "sent again", "counter began again"])
def test_a_station_that_says_nothing_to_be_believed_counts_as_silent(fault):
    flight = scene()
    send(flight, positions(50, 50), NOW + timedelta(seconds=2))
    useless = {
        "clock ahead": positions(50, first=2, after_s=600),
        "sent again": positions(50, 50),
        "counter began again": positions(50, after_s=16),
    }[fault]

    send(flight, useless, NOW + timedelta(seconds=17))

    (raised,) = watch_for_silence(at=NOW + timedelta(seconds=18))
    assert raised.started_at == NOW + timedelta(seconds=1)


def test_a_flight_whose_positions_were_never_believed_is_silent_from_the_first_batch():
    flight = scene()
    send(flight, positions(50, after_s=600), NOW)
    assert watch_for_silence(at=NOW + timedelta(seconds=15)) == []

    (raised,) = watch_for_silence(at=NOW + timedelta(seconds=16))
    send(flight, positions(50, first=1, after_s=20), NOW + timedelta(seconds=21))

    alert = ConformanceAlert.objects.get()
    assert (raised.position, raised.started_at) == (None, NOW)
    assert alert.ended_at == NOW + timedelta(seconds=20)
    assert (alert.position.y, alert.position.x) == (LAT, LON)


def test_what_a_late_packet_shows_after_the_landing_does_not_stay_open():
    flight = scene()
    send(flight, positions(50), NOW)
    flight.operation.status = "landed"
    flight.operation.actual_end_at = NOW + timedelta(seconds=5)
    flight.operation.save()

    send(flight, positions(150, first=1, after_s=4), NOW + timedelta(seconds=10))

    assert ConformanceAlert.objects.filter(kind="height").count() == 1
    assert not ConformanceAlert.objects.open().exists()


def test_the_operation_shows_whether_its_flight_keeps_the_limits():
    flight = scene()
    intake = send(flight, positions(150), NOW)
    for alert in intake.alerts.raised:
        mark_flight_as_nonconforming(
            TelemetryAlertRaised(alert_id=alert.pk, operation_id=flight.operation.pk)
        )
    flight.operation.refresh_from_db()
    assert flight.operation.conformance == "nonconforming"

    end_alerts_of_a_flight_that_is_over(OperationLanded(operation_id=flight.operation.pk))

    assert not ConformanceAlert.objects.open().exists()
    assert not LastPosition.objects.get(operation=flight.operation).has_open_alerts


def test_partitions_are_made_ahead_and_only_once():
    made = ensure_partitions(today=date(2031, 5, 10), days_ahead=2)

    assert made == [date(2031, 5, 9) + timedelta(days=n) for n in range(4)]
    assert ensure_partitions(today=date(2031, 5, 10), days_ahead=2) == []


def test_an_old_day_is_detached_with_its_rows(settings):
    # Without an owner's address the command works on the connection it has.
    settings.DATABASE_OWNER_URL = ""
    flight = scene()
    with connection.cursor() as cursor:
        cursor.execute("SELECT telemetry_ensure_partition('2026-03-14')")
    send(flight, positions(50), NOW)
    out = StringIO()

    with as_superuser() as cursor:
        call_command("telemetry_partitions", "--ahead=0", "--retire-before=2026-03-15", stdout=out)
        cursor.execute(
            "SELECT count(*) FROM telemetry.log_20260314 WHERE operation_id = %s",
            [flight.operation.pk],
        )
        kept = cursor.fetchone()[0]

    assert "telemetry.log_20260314 detached." in out.getvalue()
    assert kept == 1
    assert not FlightExecutionLog.objects.filter(operation=flight.operation).exists()


def test_a_log_is_imported_from_the_command_line(tmp_path):
    flight = scene(start=log_files.START)
    path = tmp_path / "flight.csv"
    path.write_bytes(log_files.airdata(50))
    out = StringIO()

    call_command(
        "import_flight_log", flight.operation.number, path, actor=flight.pilot.email, stdout=out
    )

    assert "50 positions stored, 0 already there" in out.getvalue()
    path.write_bytes(b"hello")
    with pytest.raises(CommandError, match="log_format_unknown"):
        call_command("import_flight_log", flight.operation.number, path, actor=flight.pilot.email)
