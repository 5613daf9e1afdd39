from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airports.reports import ReportError, decode_taf, split_bulletin

REFERENCE = datetime(2026, 3, 14, 23, 10, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_groups_get_absolute_times_and_conditions():
    taf = decode_taf(
        "TAF YSSY 142311Z 1500/1606 VRB05KT CAVOK FM150300 04012KT 9999 SCT040"
        " INTER 1506/1510 VRB25G45KT 3000 TSRA BKN010 SCT040CB PROB30 1518/1522 0500 FG"
        " RMK FM150200 MOD TURB BLW 5000FT",
        reference=REFERENCE,
    )

    assert (taf.issued_at, taf.valid_from, taf.valid_until) == (
        at(14, 23, 11),
        at(15, 0),
        at(16, 6),
    )
    assert [(g.kind, g.probability, g.valid_from, g.valid_until) for g in taf.groups] == [
        ("INITIAL", None, at(15, 0), at(15, 3)),
        ("FM", None, at(15, 3), at(16, 6)),
        ("INTER", None, at(15, 6), at(15, 10)),
        ("PROB", 30, at(15, 18), at(15, 22)),
    ]
    inter = taf.groups[2].conditions
    assert (inter.visibility_m, inter.ceiling_ft, inter.wind_gust_kt) == (3000, 1000, 45.0)
    assert inter.clouds[1].kind == "CB"
    assert inter.weather == ("TSRA",)
    assert taf.undecoded == ()


@pytest.mark.parametrize("change", ["TEMPO 1502/1504", "BECMG 1502/1504", "PROB30 1502/1504"])
def test_visibility_below_a_kilometre_is_no_wind_where_the_group_names_none(change):
    taf = decode_taf(
        f"TAF YSSY 142311Z 1500/1524 18010KT CAVOK {change} 0500 FG", reference=REFERENCE
    )

    said = taf.groups[1].conditions
    assert (said.visibility_m, said.weather) == (500, ("FG",))
    assert said.wind_speed_kt in (None, 10.0)
    assert taf.undecoded == ()


def test_forecast_that_says_nil_is_void():
    taf = decode_taf("TAF YSSY 142311Z NIL", reference=REFERENCE)

    assert (taf.is_cancelled, taf.valid_from, taf.undecoded) == (True, None, ())


def test_becoming_takes_over_what_it_leaves_unsaid():
    taf = decode_taf(
        "TAF YSSY 142311Z 1500/1524 18010KT 2000 BR BKN004 BECMG 1502/1504 9999 NSW SCT030",
        reference=REFERENCE,
    )

    before, after = taf.groups
    assert (before.valid_until, after.valid_from) == (at(15, 4), at(15, 2))
    assert (after.conditions.wind_speed_kt, after.conditions.visibility_m) == (10.0, 10_000)
    assert (after.conditions.weather, after.conditions.ceiling_ft) == ((), None)


def test_probable_tempo_is_not_prevailing():
    taf = decode_taf(
        "TAF YSSY 142311Z 1500/1524 18010KT CAVOK PROB40 TEMPO 1502/1504 1000 TSRA",
        reference=REFERENCE,
    )

    group = taf.groups[1]
    assert (group.kind, group.probability, group.is_prevailing) == ("TEMPO", 40, False)
    assert taf.groups[0].valid_until == at(16, 0)


def test_forecast_across_the_end_of_a_month():
    taf = decode_taf(
        "TAF YSSY 312311Z 0100/0206 18010KT CAVOK",
        reference=datetime(2026, 3, 31, 23, 30, tzinfo=UTC),
    )

    assert taf.valid_from == datetime(2026, 4, 1, 0, tzinfo=UTC)
    assert taf.valid_until == datetime(2026, 4, 2, 6, tzinfo=UTC)


@pytest.mark.parametrize("word", ["CNL", "NIL"])
def test_cancelled_forecast_has_no_groups(word):
    taf = decode_taf(f"TAF AMD YSSY 142311Z 1500/1606 {word}", reference=REFERENCE)

    assert taf.is_cancelled
    assert taf.groups == ()


def test_forecast_without_a_readable_period_says_so():
    taf = decode_taf("TAF YSSY 142311Z 061918 01006KT P6SM SCT020", reference=REFERENCE)

    assert taf.valid_from is None
    assert taf.undecoded[0] == "period"


def test_change_without_a_readable_time_is_undecoded():
    taf = decode_taf(
        "TAF YSSY 142311Z 1500/1606 18010KT CAVOK TEMPO 3000 SHRA", reference=REFERENCE
    )

    assert taf.undecoded == ("TEMPO 3000 SHRA",)


def test_observation_is_refused():
    with pytest.raises(ReportError):
        decode_taf("METAR YSSY 142300Z 18010KT CAVOK", reference=REFERENCE)


def test_bulletin_is_cut_into_its_reports():
    text = (
        "162\nSAAU31 AMMC 142300\nMETAR YSSY 142300Z 18010KT CAVOK 20/10 Q1015=\n"
        "SPECI YSCB 142310Z 29015G25KT\n  9000 SHRA 18/12 Q1006=\n"
    )

    assert [(r.kind, r.raw, r.line_number) for r in split_bulletin(text)] == [
        ("METAR", "METAR YSSY 142300Z 18010KT CAVOK 20/10 Q1015", 3),
        ("SPECI", "SPECI YSCB 142310Z 29015G25KT 9000 SHRA 18/12 Q1006", 4),
    ]


def test_kind_on_its_own_line_holds_for_what_follows():
    text = "TAF\nYSSY 142311Z 1500/1606 18010KT CAVOK=\nYSCB 142311Z 1500/1512 VRB05KT CAVOK="

    assert [report.kind for report in split_bulletin(text)] == ["TAF", "TAF"]


@given(st.text(max_size=300))
def test_junk_bulletins_never_raise(text):
    list(split_bulletin(text))


WORDS = st.sampled_from(
    [
        "TAF",
        "AMD",
        "YSSY",
        "142311Z",
        "1500/1606",
        "1502/1504",
        "9999/9999",
        "FM150300",
        "FM999999",
        "BECMG",
        "TEMPO",
        "INTER",
        "PROB30",
        "18010KT",
        "CAVOK",
        "3000",
        "TSRA",
        "BKN010CB",
        "NSW",
        "RMK",
        "CNL",
        "P6SM",
        "1",
        "1/2SM",
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=25).map(" ".join)))
def test_junk_never_raises_anything_else(text):
    try:
        taf = decode_taf(text, reference=REFERENCE)
    except ReportError:
        return
    assert all(group.valid_from <= group.valid_until for group in taf.groups)
