import pytest

from operations.services.closing import correct_log
from tests.operations.test_crew_facts import START, facts_of, logged, quarter_minutes
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_a_corrected_entry_counts_once_as_it_was_corrected(now):
    pilot = UserFactory()
    wrong = logged(pilot, START.replace(day=8), 120, day_landings=3, night_min=60)
    correct_log(
        wrong,
        reason="Two landings were the other pilot's",
        day_landings=1,
        block_min=130,
        actor=pilot,
        at=now,
    )

    found = facts_of(pilot, now)

    (day,) = found.days
    assert (day.minutes, day.day_landings) == (130, 1)
    assert quarter_minutes(found)[2026, 1] == 130.0


def test_correcting_the_log_of_one_pilot_does_not_make_it_a_crew_of_two(now):
    pilot = UserFactory()
    wrong = logged(pilot, START.replace(day=12), 120)
    correct_log(wrong, reason="Longer", block_min=130, actor=pilot, at=now)

    (flight,) = facts_of(pilot, now).flights

    assert (flight.minutes, flight.pilots) == (130.0, 1)
