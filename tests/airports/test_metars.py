from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airports.reports import ReportError, decode_metar, flight_category

REFERENCE = datetime(2026, 3, 15, 0, 40, tzinfo=UTC)


def decoded(body: str):
    return decode_metar(f"METAR YSCB 150030Z {body}", reference=REFERENCE)


def test_observation_is_read_into_numbers_with_units():
    report = decoded("29015G25KT 250V330 9000 -SHRA FEW018 BKN035 18/12 Q1006")

    conditions = report.conditions
    assert (report.station, report.issued_at) == ("YSCB", datetime(2026, 3, 15, 0, 30, tzinfo=UTC))
    assert (conditions.wind_direction_deg, conditions.wind_speed_kt) == (290, 15.0)
    assert (conditions.wind_gust_kt, conditions.wind_from_deg, conditions.wind_to_deg) == (
        25.0,
        250,
        330,
    )
    assert (conditions.visibility_m, conditions.visibility_is_at_least) == (9000, False)
    assert (conditions.ceiling_ft, conditions.is_ceiling_known) == (3500, True)
    assert conditions.weather == ("-SHRA",)
    assert (report.temperature_c, report.dewpoint_c, report.qnh_hpa) == (18.0, 12.0, 1006.0)
    assert report.undecoded == ()


@pytest.mark.parametrize(
    ("ceiling_ft", "visibility_sm", "category"),
    [
        (None, 5.01, "VFR"),
        (3001, 6.0, "VFR"),
        (3000, 6.0, "MVFR"),
        (None, 5.0, "MVFR"),
        (1000, 6.0, "MVFR"),
        (None, 3.0, "MVFR"),
        (999, 6.0, "IFR"),
        (None, 2.99, "IFR"),
        (500, 6.0, "IFR"),
        (None, 1.0, "IFR"),
        (499, 6.0, "LIFR"),
        (None, 0.99, "LIFR"),
    ],
)
def test_flight_category_is_the_worse_of_ceiling_and_visibility(
    ceiling_ft, visibility_sm, category
):
    assert flight_category(ceiling_ft=ceiling_ft, visibility_sm=visibility_sm) == category


def test_cavok_is_ten_kilometres_and_no_ceiling():
    conditions = decoded("18005KT CAVOK 21/11 Q1017").conditions

    assert (conditions.visibility_m, conditions.visibility_is_at_least) == (10_000, True)
    assert (conditions.ceiling_ft, conditions.is_ceiling_known) == (None, True)
    assert conditions.flight_category == "VFR"


def test_missing_visibility_is_not_ten_kilometres():
    report = decoded("AUTO 29015KT //// // ////// 18/12 Q1006")

    assert report.conditions.visibility_m is None
    assert not report.conditions.is_ceiling_known
    assert report.conditions.flight_category == ""
    assert report.undecoded == ()


def test_broken_layer_without_base_leaves_the_ceiling_unknown():
    conditions = decoded("29015KT 9999 FEW030 BKN/// 18/12 Q1006").conditions

    assert (conditions.ceiling_ft, conditions.is_ceiling_known) == (None, False)


@pytest.mark.parametrize(
    ("clouds", "is_known"),
    [("FEW010 //////", False), ("FEW010 //////TCU", True), ("FEW010///", True)],
)
def test_layer_nobody_could_see_leaves_the_ceiling_unknown(clouds, is_known):
    report = decoded(f"22015KT 9999 {clouds} 20/10 Q1010")

    assert report.conditions.is_ceiling_known is is_known


def test_hidden_sky_of_unknown_height_is_a_ceiling_on_the_ground():
    conditions = decoded("00000KT 0600 FG VV/// 08/08 Q1022").conditions

    assert (conditions.ceiling_ft, conditions.flight_category) == (0, "LIFR")


def test_lowest_visibility_counts_and_the_prevailing_makes_the_category():
    conditions = decoded("00000KT 6000 1200SW BR FEW010 08/08 Q1022").conditions

    assert conditions.visibility_m == 1200
    assert conditions.flight_category == "MVFR"


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("1/4SM", 402),
        ("M1/4SM", 402),
        ("1/2SM", 805),
        ("1 1/2SM", 2414),
        ("2SM", 3219),
        ("10SM", 16093),
    ],
)
def test_miles_and_fractions(text, metres):
    assert decoded(f"00000KT {text} OVC010 08/08 A2992").conditions.visibility_m == metres


def test_exactly_one_mile_is_ifr():
    assert decoded("00000KT 1SM FEW100 08/08 A2992").conditions.flight_category == "IFR"


def test_metres_per_second_become_knots():
    assert decoded("29010MPS CAVOK 08/02 Q1022").conditions.wind_speed_kt == 19.4


def test_variable_wind_is_not_an_unknown_direction():
    variable, unknown = (
        decoded(f"{wind} CAVOK 08/02 Q1022").conditions for wind in ("VRB03KT", "///03KT")
    )

    assert (variable.is_wind_variable, unknown.is_wind_variable) == (True, False)
    assert variable.wind_direction_deg is None
    assert unknown.wind_direction_deg is None


@pytest.mark.parametrize(
    ("body", "undecoded"),
    [
        ("0808KT CAVOK 40/01 Q1006", ("0808KT",)),
        ("99010KT CAVOK 40/01 Q1006", ("99010KT",)),
        ("60210 9999 BKN025 29/22 Q1013", ("60210",)),
        ("29010KT 10M CLR 19/M09 A3015", ("10M",)),
        ("29010KT CAVOK 40/01 Q1006 JUNK", ("JUNK",)),
    ],
)
def test_what_cannot_be_read_is_listed_and_the_rest_is_kept(body, undecoded):
    report = decoded(body)

    assert report.undecoded == undecoded
    assert report.temperature_c is not None


@pytest.mark.parametrize(
    ("body", "ceiling_ft"),
    [("12010KT 10SM BKN 055 08/M02 A2999", 5500), ("29003KT 9999 FEW018BKN080 26/26 Q1012", 8000)],
)
def test_slips_of_the_pen_in_cloud_groups_are_mended(body, ceiling_ft):
    conditions = decoded(body).conditions

    assert conditions.ceiling_ft == ceiling_ft
    assert conditions.wind_speed_kt in (10.0, 3.0)


def test_trend_and_remarks_do_not_change_the_observation():
    report = decoded("29010KT 9999 FEW040 18/12 Q1013 TEMPO 2000 TSRA BKN005 RMK AO2 $")

    assert report.conditions.visibility_m == 10_000
    assert report.conditions.weather == ()
    assert (report.trend, report.needs_service) == ("TEMPO 2000 TSRA BKN005", True)


def test_trend_that_begins_with_a_time_does_not_either():
    conditions = decoded("23021KT 9000 TSRA BKN045CB 28/19 Q1008 FM0900 35010KT 9999").conditions

    assert (conditions.visibility_m, conditions.wind_direction_deg) == (9000, 230)


def test_exact_temperature_of_the_remarks_is_preferred():
    report = decoded("29010KT 10SM CLR 16/M01 A2992 RMK AO2 T01561011")

    assert (report.temperature_c, report.dewpoint_c) == (15.6, -1.1)


@pytest.mark.parametrize(
    ("reference", "issued_at"),
    [
        (datetime(2026, 3, 1, 0, 5, tzinfo=UTC), datetime(2026, 2, 28, 23, 50, tzinfo=UTC)),
        (datetime(2026, 2, 28, 23, 55, tzinfo=UTC), datetime(2026, 2, 28, 23, 50, tzinfo=UTC)),
    ],
)
def test_day_of_month_is_set_into_the_month_nearest_to_the_reference(reference, issued_at):
    report = decode_metar("METAR YSCB 282350Z 29010KT CAVOK 18/12 Q1013", reference=reference)

    assert report.issued_at == issued_at


def test_new_year_is_crossed():
    report = decode_metar(
        "METAR YSCB 312350Z 29010KT CAVOK 18/12 Q1013",
        reference=datetime(2026, 1, 1, 0, 5, tzinfo=UTC),
    )

    assert report.issued_at == datetime(2025, 12, 31, 23, 50, tzinfo=UTC)


def test_impossible_time_is_no_time():
    report = decode_metar("METAR YSCB 329999Z 29010KT CAVOK 18/12 Q1013", reference=REFERENCE)

    assert report.issued_at is None
    assert "time" in report.undecoded


@pytest.mark.parametrize("text", ["", "METAR", "METAR 150030Z 29010KT", "hello world", "= ="])
def test_text_without_a_station_is_refused(text):
    with pytest.raises(ReportError):
        decode_metar(text if text != "hello world" else "12 hello", reference=REFERENCE)


WORDS = st.sampled_from(
    [
        "METAR",
        "SPECI",
        "TAF",
        "COR",
        "AUTO",
        "YSCB",
        "150030Z",
        "29015G25KT",
        "VRB03KT",
        "1",
        "1/2SM",
        "9999",
        "////",
        "CAVOK",
        "BKN",
        "055",
        "BKN///",
        "VV001",
        "-SHRA",
        "TS",
        "18/12",
        "M01/",
        "Q1006",
        "A2992",
        "RMK",
        "$",
        "T01561011",
        "TEMPO",
        "0/0SM",
        "99999",
        "/////",
        "=",
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=25).map(" ".join)))
def test_junk_never_raises_anything_else(text):
    try:
        report = decode_metar(text, reference=REFERENCE)
    except ReportError:
        return
    assert report.station
