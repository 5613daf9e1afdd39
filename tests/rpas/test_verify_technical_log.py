import json
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from common.compliance.findings import Color, Stage
from common.compliance.service import assess
from common.models import OutboxEvent
from rpas.queries.technical_log import technical_log, verify_technical_log
from rpas.services.aircraft import check_technical_log, record_configuration_change
from rpas.services.defects import raise_defect
from rpas.services.flights import correct_entry, record_flight
from rpas.services.maintenance import add_schedule, complete_maintenance
from rpas.tasks import check_technical_logs
from tests.flush import as_superuser
from tests.rpas.factories import TODAY, AircraftFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def flown(aircraft, pilot, now):
    """An aircraft with an inspection, two flights and a correction in its log."""
    for index in (1, 2):
        entry = record_flight(
            aircraft,
            operation_number=f"FO-2026-{index:04}",
            minutes=25,
            on=TODAY,
            pilot=pilot,
            at=now,
        )
    correct_entry(entry, minutes_delta=-5, reason="Misread", actor=pilot, at=now)
    aircraft.refresh_from_db()
    return aircraft


def tamper(statement, *values):
    """Run a statement as the superuser with triggers off, as an intruder would."""
    with as_superuser() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET session_replication_role = origin")


def test_a_log_that_nobody_touched_is_whole(flown):
    check = verify_technical_log()

    assert (check.aircraft, check.entries, list(check.faults)) == (1, 4, [])
    assert technical_log(flown).entries.count() == 4
    assert technical_log(flown).part_a is not None


@pytest.mark.parametrize(
    ("statement", "row", "reason"),
    [
        (
            "UPDATE rpas_f2flighthoursentry SET time_in_service_min = 20 WHERE sequence = 2",
            "Part B entry 2",
            "the entry was altered",
        ),
        (
            "UPDATE rpas_f2flighthoursentry SET certified_name = 'Kim' WHERE sequence = 3",
            "Part B entry 3",
            "the entry was altered",
        ),
        (
            "UPDATE rpas_f2flighthoursentry e SET time_in_service_min = 20,"
            " hash = rpas_part_b_digest(previous_hash, e) WHERE sequence = 2",
            "Part B entry 2",
            "the entry was altered",
        ),
        (
            "DELETE FROM rpas_f2flighthoursentry WHERE sequence = 2",
            "Part B entry 2",
            "the entry is missing",
        ),
        (
            "DELETE FROM rpas_f2flighthoursentry WHERE sequence = 4",
            "Part B entry 4",
            "the entry is missing",
        ),
        (
            "UPDATE rpas_rpasaircraft SET time_in_service_min = 44",
            "the aircraft's totals",
            "they do not agree with Part B",
        ),
        (
            "UPDATE rpas_rpasaircraft SET part_b_hash = repeat('0', 64)",
            "the head of Part B",
            "it does not name the last entry",
        ),
    ],
)
def test_an_altered_or_missing_row_is_named(flown, statement, row, reason):
    tamper(statement)

    (fault,) = verify_technical_log(flown).faults

    assert (fault.registration, fault.row, fault.reason) == (flown.registration, row, reason)


def test_a_row_rehashed_by_hand_breaks_the_chain_behind_it(flown):
    tamper("UPDATE rpas_f2flighthoursentry SET findings = 'x' WHERE sequence = 2")
    tamper(
        "UPDATE rpas_f2flighthoursentry e SET hash = rpas_part_b_digest(previous_hash, e)"
        " WHERE sequence = 2"
    )

    (fault,) = verify_technical_log(flown).faults

    assert (fault.row, fault.reason) == (
        "Part B entry 3",
        "the entry does not follow the one before",
    )


def test_an_altered_header_of_part_a_is_named(flown):
    tamper("UPDATE rpas_f2technicallogparta SET max_gross_mass_kg = 3")

    (fault,) = verify_technical_log(flown).faults

    number = flown.technical_logs.get().number
    assert (fault.row, fault.reason) == (f"Part A {number}", "the header was altered")


@pytest.fixture
def recorded(flown, pilot, now):
    """The same aircraft with a minor defect, maintenance done and a configuration change."""
    raise_defect(flown, severity="minor", description="Scratch", actor=pilot, at=now)
    schedule = add_schedule(
        flown, title="50 h", kind="flight_hours", interval_min=3000, actor=pilot, at=now
    )
    complete_maintenance(schedule, work_done="Inspected", actor=pilot, at=now)
    record_configuration_change(flown, component="motors", to_value="M2", actor=pilot, at=now)
    return flown


def test_all_records_of_the_log_are_whole_when_nobody_touched_them(recorded):
    assert list(verify_technical_log(recorded).faults) == []


@pytest.mark.parametrize(
    ("statement", "row", "reason"),
    [
        (
            "UPDATE rpas_f2defectentry SET description = 'None'",
            "Defect",
            "the record was altered",
        ),
        (
            "WITH x AS (UPDATE rpas_f2defectentry SET severity = 'major' RETURNING *) SELECT 1",
            "Defect",
            "the record was altered",
        ),
        (
            "UPDATE rpas_f2defectentry SET content_hash = repeat('0', 64)",
            "Defect",
            "the record was altered",
        ),
        ("DELETE FROM rpas_f2defectentry", "Defect", "the record is missing"),
        (
            "UPDATE rpas_maintenancerecord SET time_in_service_min = 0",
            "Maintenance record",
            "the record was altered",
        ),
        (
            "UPDATE rpas_configurationchange SET to_value = 'M1'",
            "Configuration change",
            "the record was altered",
        ),
    ],
)
def test_an_altered_record_of_the_log_is_named(recorded, statement, row, reason):
    tamper(statement)

    (fault,) = verify_technical_log(recorded).faults

    assert (fault.row.rsplit(" ", 1)[0], fault.reason) == (row, reason)


def test_records_from_before_the_seals_are_sealed_by_the_migration(recorded):
    seals = import_module("rpas.migrations.0005_seals")
    tamper("UPDATE rpas_f2defectentry SET content_hash = ''")
    tamper("UPDATE rpas_f2defectentryevent SET content_hash = ''")
    tamper("UPDATE rpas_maintenancerecord SET content_hash = ''")
    assert verify_technical_log(recorded).faults

    with as_superuser() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(seals.SEAL_WHAT_IS_THERE)

    assert list(verify_technical_log(recorded).faults) == []


def test_a_defect_sealed_anew_by_hand_no_longer_agrees_with_its_history(recorded):
    tamper("UPDATE rpas_f2defectentry SET description = 'None'")
    tamper("UPDATE rpas_f2defectentry d SET content_hash = rpas_defect_digest(d)")

    (fault,) = verify_technical_log(recorded).faults

    assert fault.reason == "the record was altered"


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 5])
def test_a_long_log_is_read_in_batches_and_tells_how_far_it_is(
    recorded, pilot, now, monkeypatch, batch
):
    monkeypatch.setattr("rpas.queries.technical_log.BATCH", batch)
    second = AircraftFactory(operator=recorded.operator)
    raise_defect(second, severity="minor", description="Dent", actor=pilot, at=now)
    raise_defect(recorded, severity="minor", description="Crack", actor=pilot, at=now)
    told = []

    with CaptureQueriesContext(connection) as asked:
        check = verify_technical_log(tell=lambda *words: told.append(words))

    entries = [words for words in told if words[0] == "Entries of Part B"]
    assert (check.aircraft, list(check.faults)) == (2, [])
    assert entries[-1] == ("Entries of Part B", check.entries, check.entries)
    assert len(entries) == -(-check.entries // batch)
    assert [words for words in told if words[0] == "Defects"][-1] == ("Defects", 3, None)
    digests = [each["sql"] for each in asked if "_digest(" in each["sql"]]
    assert digests
    assert all(f"LIMIT {batch}" in each for each in digests)


@pytest.mark.parametrize("batch", [1, 2, 3])
@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("UPDATE rpas_f2flighthoursentry SET findings = 'x' WHERE sequence = 3", "Part B entry 3"),
        (
            "UPDATE rpas_f2defectentry SET id = '-9223372036854775808', description = 'x'",
            "Defect -9",
        ),
        ("DELETE FROM rpas_f2defectentry", "Defect "),
        ("UPDATE rpas_maintenancerecord SET time_in_service_min = 0", "Maintenance record "),
    ],
)
def test_a_fault_is_found_wherever_it_stands_among_the_batches(
    recorded, monkeypatch, batch, statement, row
):
    monkeypatch.setattr("rpas.queries.technical_log.BATCH", batch)
    tamper(statement)

    (fault,) = verify_technical_log().faults

    assert fault.row.startswith(row)


@pytest.mark.django_db(transaction=True)
def test_an_entry_written_while_all_logs_are_read_is_no_fault(aircraft, pilot, now):
    def fly():
        try:
            record_flight(
                aircraft, operation_number="FO-2026-0009", minutes=9, on=TODAY, pilot=pilot, at=now
            )
        finally:
            connections.close_all()

    def fly_before_part_b_is_read(execute, statement, *rest):
        if "rpas_part_b_digest" in statement:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(fly).result()
        return execute(statement, *rest)

    with connection.execute_wrapper(fly_before_part_b_is_read):
        check = verify_technical_log()

    assert list(check.faults) == []
    assert verify_technical_log().entries == check.entries + 1


def test_only_the_aircraft_asked_about_is_read(flown, operator):
    second = AircraftFactory(operator=operator)
    tamper("UPDATE rpas_f2flighthoursentry SET findings = 'x' WHERE sequence = 2")

    assert list(verify_technical_log(second).faults) == []
    assert len(verify_technical_log().faults) == 1


def test_an_altered_recent_entry_makes_the_aircraft_red_at_once(flown, now):
    tamper("UPDATE rpas_f2flighthoursentry SET time_in_service_min = 1 WHERE sequence = 3")

    judged = assess("rpas.rpasaircraft", flown.pk, stage=Stage.RELEASE, at=now)

    assert {finding.rule for finding in judged.assessment.blockers} == {"MOS-10.01-FORM", "F2-SUM"}


def test_the_nightly_check_keeps_what_it_finds(flown, now):
    tamper("UPDATE rpas_f2technicallogparta SET max_gross_mass_kg = 3")

    check_technical_logs()
    flown.refresh_from_db()
    assert flown.log_fault.endswith("the header was altered")
    judged = assess("rpas.rpasaircraft", flown.pk, stage=Stage.RELEASE, at=now)
    assert Color.RED in {
        finding.color for finding in judged.assessment.findings if finding.rule == "MOS-10.01-FORM"
    }
    assert OutboxEvent.objects.filter(name="rpas.technical_log_fault_found").count() == 1

    tamper("UPDATE rpas_f2technicallogparta SET max_gross_mass_kg = 9.2")
    assert check_technical_log(flown, at=now) == ""
    flown.refresh_from_db()
    assert flown.log_fault == ""


def test_the_command_prints_what_was_read(flown):
    out = StringIO()

    call_command("verify_technical_log", stdout=out)

    assert out.getvalue() == (
        "1 aircraft, 4 entries of Part B read.\nThe technical log is whole.\n"
    )


def test_the_command_tells_how_far_it_is_beside_its_result(flown):
    out, err, quiet = StringIO(), StringIO(), StringIO()

    call_command("verify_technical_log", "--json", stdout=out, stderr=err)
    call_command("verify_technical_log", "--quiet", stdout=StringIO(), stderr=quiet)

    assert json.loads(out.getvalue())["entries"] == 4
    assert "Entries of Part B: 100 %  4 of 4" in err.getvalue()
    assert quiet.getvalue() == ""


def test_the_command_names_the_altered_row_and_exits_with_one(flown):
    tamper("UPDATE rpas_f2flighthoursentry SET findings = 'x' WHERE sequence = 2")
    out = StringIO()

    with pytest.raises(SystemExit) as stop:
        call_command("verify_technical_log", flown.registration.lower(), "--json", stdout=out)

    assert stop.value.code == 1
    (fault,) = json.loads(out.getvalue())["faults"]
    assert fault == {
        "aircraft_id": flown.pk,
        "registration": flown.registration,
        "row": "Part B entry 2",
        "reason": "the entry was altered",
    }


def test_the_command_knows_no_such_aircraft():
    with pytest.raises(CommandError, match="no aircraft RPA-9999"):
        call_command("verify_technical_log", "rpa-9999")


def test_the_command_explains_itself(capsys):
    with pytest.raises(SystemExit) as stop:
        call_command("verify_technical_log", "--help")

    assert stop.value.code == 0
    assert "Exit status" in capsys.readouterr().out
