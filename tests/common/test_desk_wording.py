from datetime import UTC, date, datetime, timedelta

from common.desk.wording import clock, clocks, day
from common.preferences import Preferences, reading

AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
SYDNEY = "Australia/Sydney"


def test_the_head_of_a_page_says_times_in_the_zone_of_the_place_and_in_utc():
    assert clock(AT, SYDNEY) == "Mon 23 Nov 19:30 AEDT, 08:30 UTC"
    assert clocks(AT, AT + timedelta(hours=5), SYDNEY) == (
        "Mon 23 Nov 19:30\u2013Tue 24 Nov 00:30 AEDT, 08:30\u201313:30 UTC"
    )
    assert clock(AT, "") == "Mon 23 Nov 08:30 UTC"
    assert day(date(2026, 11, 23)) == "23 Nov 2026"


def test_the_head_of_a_page_follows_the_zone_the_clock_and_the_dates_of_its_reader():
    wanted = Preferences(timezone="Europe/Berlin", clock="12", date_format="iso")

    with reading(lambda: wanted):
        assert clock(AT, SYDNEY) == "Mon 23 Nov 9:30 AM CET, 08:30 UTC"
        assert clocks(AT, AT + timedelta(hours=5), SYDNEY) == (
            "Mon 23 Nov 9:30 AM\u20132:30 PM CET, 08:30\u201313:30 UTC"
        )
        assert day(date(2026, 11, 23)) == "2026-11-23"
