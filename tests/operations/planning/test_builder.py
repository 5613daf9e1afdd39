"""The itinerary builder: where, when, with what, and what must be known. Values only."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from airports.routes import Wind
from operations.planning.builder import need_of
from operations.planning.fields import Handler
from operations.planning.journey import Care, Journey, Road
from operations.planning.parameters import Parameters
from tests.operations.planning.worlds import MORNING, asked, codes, craft, field, plan, ways

STILL = Wind(0, 0)
TEAM = Care(patient_kg=82, team=2, escorts=1, equipment_kg=45)


def minutes(count):
    return timedelta(minutes=count)


def finding(found, code):
    return next(each for each in found.itinerary.findings if each.code == code)


def test_an_itinerary_leaves_the_base_and_comes_home_again():
    found = plan(Journey(legs=(asked("KSEA", "KSLC"),), care=TEAM))

    assert ways(found) == ["KBOI-KSEA", "KSEA-KSLC", "KSLC-KBOI"]
    assert [leg.kind for leg in found.itinerary.legs] == ["positioning", "live", "positioning"]
    assert [leg.requested_leg for leg in found.itinerary.legs] == [None, 1, None]
    assert [leg.has_patient for leg in found.itinerary.legs] == [False, True, False]
    assert found.reasons == ()


def test_nothing_is_positioned_where_the_aircraft_already_is():
    home = plan(Journey(legs=(asked("KBOI", "KSLC"),)))
    there_and_back = plan(Journey(legs=(asked("KBOI", "KSLC"), asked("KSLC", "KBOI", sequence=2))))

    assert ways(home) == ["KBOI-KSLC", "KSLC-KBOI"]
    assert ways(there_and_back) == ["KBOI-KSLC", "KSLC-KBOI"]


def test_legs_that_do_not_join_are_joined_by_positioning():
    later = asked("KSEA", "KBOI", sequence=2, earliest_departure_at=MORNING + minutes(300))

    found = plan(Journey(legs=(asked("KBOI", "KSLC"), later)))

    assert ways(found) == ["KBOI-KSLC", "KSLC-KSEA", "KSEA-KBOI"]
    assert [leg.kind for leg in found.itinerary.legs] == ["live", "positioning", "live"]


def test_times_are_blocks_and_wheels_with_the_taxi_split():
    """252.1 NM at 240 kt in still air is 63.0 min, and 11 of taxi: 75 whole minutes."""
    leg = plan(Journey(legs=(asked("KBOI", "KSLC"),))).itinerary.legs[0]

    assert leg.distance_nm == pytest.approx(252.1, abs=0.1)
    assert (leg.out_at, leg.block_min, leg.flight_min) == (MORNING, 75, 64)
    assert leg.off_at == MORNING + minutes(6)
    assert leg.on_at == MORNING + minutes(70)
    assert leg.in_at == MORNING + minutes(75)
    # 63.0 min at 360 kg/h and 40 kg of taxi; with 45 min of reserve at the same burn.
    assert leg.fuel_kg == pytest.approx(418.1, abs=0.5)
    assert leg.required_fuel_kg == pytest.approx(leg.fuel_kg + 270)


def test_the_first_positioning_arrives_a_turn_round_before_the_departure():
    legs = plan(Journey(legs=(asked("KSEA", "KSLC"),))).itinerary.legs

    assert legs[0].in_at == MORNING - minutes(45)
    assert legs[1].out_at == MORNING
    assert legs[2].out_at == legs[1].in_at + minutes(45)


def test_nobody_leaves_before_the_crew_can_and_everything_else_follows():
    soonest = MORNING - minutes(10)

    found = plan(
        Journey(
            legs=(asked("KSEA", "KSLC", latest_arrival_at=MORNING + minutes(200)),),
            not_before=soonest,
        )
    )

    legs = found.itinerary.legs
    assert legs[0].out_at == soonest
    assert legs[1].out_at == legs[0].in_at + minutes(45)
    late = int((legs[1].out_at - MORNING) / minutes(1))
    assert finding(found, "departs_later").message.startswith(f"Leaves KSEA {late} min after")
    miss = finding(found, "latest_arrival")
    assert (miss.is_blocking, miss.leg) == (True, 2)
    assert miss.value == legs[1].in_at.isoformat()
    assert [(reason.code, reason.leg) for reason in found.reasons] == [("latest_arrival", 1)]


def test_payload_is_patient_escorts_team_equipment_and_baggage():
    """82 + 1 escort and 2 of the team at 104 kg + 45 kg + 20 kg of baggage."""
    journey = Journey(legs=(asked("KSEA", "KSLC", baggage_kg=20),), care=TEAM)

    legs = plan(journey).itinerary.legs

    assert [leg.payload_kg for leg in legs] == [253, 459, 253]
    assert [leg.passengers for leg in legs] == [0, 1, 0]
    assert need_of(journey, plan(journey)).seats == 3
    assert need_of(journey, plan(journey)).stretchers == 1


def test_a_patient_who_sits_takes_a_seat_and_no_stretcher():
    journey = Journey(legs=(asked("KSEA", "KSLC"),), care=replace(TEAM, is_stretcher=False))

    need = need_of(journey, plan(journey))

    assert (need.seats, need.stretchers) == (4, 0)


def test_an_unknown_mass_is_taken_as_heavy_and_said():
    found = plan(Journey(legs=(asked("KBOI", "KSLC"),)))

    assert found.itinerary.legs[0].payload_kg == 104
    assert finding(found, "patient_mass_unknown").value == 104


def test_wind_from_behind_shortens_and_wind_against_lengthens_by_the_triangle():
    """Eastward along a parallel: 60 kt from the west is 60 kt on the tail, less a little drift."""
    still, tail, head = (
        plan(Journey(legs=(asked("KDEN", "KOMA", wind=wind),)), craft("KDEN")).itinerary.legs[0]
        for wind in (STILL, Wind(270, 60), Wind(90, 60))
    )

    assert still.wind_kt == 0
    assert 57 < tail.wind_kt < 60
    assert -60 < head.wind_kt < -57
    assert tail.block_min < still.block_min < head.block_min


def test_a_wind_across_the_track_costs_time():
    leg = plan(Journey(legs=(asked("KDEN", "KOMA", wind=Wind(350, 80)),))).itinerary.legs[1]

    # The drift alone: 240 or 300 kt and 80 kt about square to it.
    assert -25 < leg.wind_kt < -5


def test_a_team_that_fetches_the_patient_has_the_aircraft_there_earlier():
    """12 km at 60 km/h is 12 min each way, 45 at the bedside, 20 to load: 89 min on the ground."""
    road = Road(place_name="St. Mary", distance_km=12, team_rides=True)

    found = plan(Journey(legs=(asked("KSEA", "KSLC", pickup=road, dropoff=road),)))

    legs, (pickup, delivery) = found.itinerary.legs, found.itinerary.ground
    assert legs[0].in_at == MORNING - minutes(89)
    assert (pickup.end_at, pickup.start_at) == (MORNING - minutes(20), MORNING - minutes(32))
    assert (pickup.leg, pickup.is_pickup) == (2, True)
    assert delivery.start_at == legs[1].in_at + minutes(20)
    assert delivery.end_at == legs[1].in_at + minutes(32)
    assert legs[2].out_at == legs[1].in_at + minutes(89)


def test_a_road_is_longer_than_the_straight_line():
    """6.0 NM straight is 11.1 km; roads are 1.4 times that."""
    place = field("KSEA").place
    road = Road(place_name="St. Mary", lat=place.lat + 0.1, lon=place.lon)

    ground = plan(Journey(legs=(asked("KSEA", "KSLC", pickup=road),))).itinerary.ground

    assert ground[0].distance_km == pytest.approx(15.6, abs=0.1)
    assert ground[0].end_at - ground[0].start_at == minutes(16)


def test_a_road_nobody_knows_takes_no_time_and_says_so():
    found = plan(Journey(legs=(asked("KSEA", "KSLC", pickup=Road(place_name="St. Mary")),)))

    assert finding(found, "road_unknown").leg == 2


def test_oxygen_is_needed_from_bed_to_bed_with_the_reserve():
    """32 min before, the flight, 32 after, at 4 l/min and half as much again."""
    road = Road(place_name="St. Mary", distance_km=12)
    care = replace(TEAM, oxygen_lpm=4.0)
    journey = Journey(legs=(asked("KSEA", "KSLC", pickup=road, dropoff=road),), care=care)

    found = plan(journey)

    block = found.itinerary.legs[1].block_min
    assert found.itinerary.oxygen_l == (32 + block + 32) * 4 * 1.5
    short = plan(journey, craft(oxygen_l=1000))
    assert [(each.code, each.limit) for each in short.reasons] == [("oxygen", 1000)]
    assert finding(short, "oxygen").value == found.itinerary.oxygen_l
    assert plan(journey, craft(oxygen_l=int(found.itinerary.oxygen_l))).reasons == ()


def test_oxygen_lasts_while_the_patient_waits_on_board_and_not_while_in_hospital():
    road, care = Road(place_name="St. Mary", distance_km=12), replace(TEAM, oxygen_lpm=4.0)
    later = {"sequence": 2, "earliest_departure_at": MORNING + timedelta(hours=4)}
    ends = (("KSEA", "KSLC", {}), ("KSLC", "KDEN", later))

    waits = plan(Journey(legs=tuple(asked(a, b, **more) for a, b, more in ends), care=care))
    brought = Journey(
        legs=tuple(asked(a, b, pickup=road, dropoff=road, **more) for a, b, more in ends), care=care
    )

    first, second = (leg for leg in waits.itinerary.legs if leg.has_patient)
    on_board = (second.in_at - first.out_at).total_seconds() / 60
    assert waits.itinerary.oxygen_l == (20 + on_board + 20) * 4 * 1.5
    flown = first.block_min + second.block_min
    assert plan(brought).itinerary.oxygen_l == (4 * 32 + flown) * 4 * 1.5


def test_a_patient_flies_low_enough_in_an_unpressurized_cabin():
    journey = Journey(legs=(asked("KSEA", "KSLC"),), care=replace(TEAM, max_cabin_altitude_ft=8000))

    found = plan(journey, craft(is_pressurized=False))

    assert [leg.altitude_ft for leg in found.itinerary.legs] == [20_000, 5000, 5000]
    assert "cabin_altitude_unknown" not in codes(found)
    lower = replace(journey, care=replace(TEAM, max_cabin_altitude_ft=4000))
    refused = plan(lower, craft(is_pressurized=False))
    assert [(each.code, each.value, each.limit) for each in refused.reasons] == [
        ("cabin_altitude", 5000, 4000)
    ]


def test_what_a_cabin_holds_decides_how_high_it_may_go():
    """455 hPa holds 8,000 ft up to about 29,000 ft and sea level up to about 15,000."""
    low = replace(TEAM, max_cabin_altitude_ft=8000)
    sea = replace(TEAM, max_cabin_altitude_ft=600)
    journey = Journey(legs=(asked("KSEA", "KSLC"),), care=low)

    known, unknown = plan(journey, craft(cabin_hpa=455)), plan(journey)
    at_sea_level = plan(replace(journey, care=sea), craft(cabin_hpa=455))

    assert known.itinerary.legs[1].altitude_ft == 20_000
    assert "cabin_altitude_unknown" not in codes(known)
    assert at_sea_level.itinerary.legs[1].altitude_ft == 5000
    assert finding(unknown, "cabin_altitude_unknown").value == 20_000


def test_a_destination_higher_than_the_patient_may_go_is_in_the_way():
    care = replace(TEAM, max_cabin_altitude_ft=5000)
    high = field("KDEN", elevation_ft=5434)

    there = plan(Journey(legs=(asked("KBOI", "KDEN"),), care=care), KDEN=high)
    away = plan(Journey(legs=(asked("KDEN", "KBOI"),), care=care), KDEN=high)

    assert [(each.code, each.limit) for each in there.reasons] == [("field_elevation", 5000)]
    assert away.reasons == ()
    assert not finding(away, "field_elevation").is_blocking


def test_cruise_is_clear_of_the_higher_airport():
    high = field("KSLC", elevation_ft=4227)

    leg = plan(Journey(legs=(asked("KBOI", "KSLC"),)), KSLC=high).itinerary.legs[0]

    assert leg.altitude_ft == 6000


def test_a_day_and_a_night_away_are_two_duties_and_one_night():
    """Eleven at night to eight in the morning, local: one date apart."""
    back = asked("KSLC", "KBOI", sequence=2, earliest_departure_at=MORNING + timedelta(days=1))

    found = plan(Journey(legs=(asked("KBOI", "KSLC"), back)))

    legs, (out, home) = found.itinerary.legs, found.itinerary.duties
    assert found.itinerary.nights == 1
    assert (out.start_at, out.end_at) == (MORNING - minutes(60), legs[0].in_at + minutes(30))
    assert (home.first_leg, home.last_leg) == (2, 2)
    assert "crew_duty" not in codes(found)


def test_a_long_wait_without_room_for_a_rest_is_one_long_duty():
    """Rest, release and report take 11.5 h together; ten hours are no rest."""
    back = asked("KSLC", "KBOI", sequence=2, earliest_departure_at=MORNING + timedelta(hours=11.5))

    found = plan(Journey(legs=(asked("KBOI", "KSLC"), back)))

    (duty,) = found.itinerary.duties
    assert found.itinerary.nights == 0
    assert duty.minutes == 60 + 690 + 75 + 30
    assert (finding(found, "crew_duty").value, finding(found, "crew_duty").is_blocking) == (
        855,
        False,
    )


def test_a_technical_stop_keeps_everybody_on_board():
    found = plan(
        Journey(legs=(asked("KSEA", "KJFK", wind=STILL),), care=TEAM),
        stops=("KRAP", "KFSD", "KOMA", "KORD"),
    )

    live = [leg for leg in found.itinerary.legs if leg.kind == "live"]
    assert [leg.is_technical_stop for leg in live] == [True, False]
    assert [leg.has_patient for leg in live] == [True, True]
    assert {leg.requested_leg for leg in live} == {1}
    assert live[1].out_at == live[0].in_at + minutes(Parameters().fuel_stop_min)


def test_a_stop_that_is_closed_when_it_is_needed_is_passed_by():
    """Without handlers both would do; the better one is shut all week but Sunday."""
    shut = (Handler(name="FBO", hours_kind="weekly", hours={"6": [["08:00", "09:00"]]}),)
    journey = Journey(legs=(asked("KSEA", "KJFK", wind=STILL),), care=TEAM)
    stops = ("KFSD", "KOMA")

    free = plan(journey, craft("KSEA"), stops=stops)
    closed = plan(journey, craft("KSEA"), stops=stops, KFSD=field("KFSD", handlers=shut))
    only = plan(journey, craft("KSEA"), stops=("KFSD",), KFSD=field("KFSD", handlers=shut))

    assert ways(free)[0] == "KSEA-KFSD"
    assert ways(closed)[0] == "KSEA-KOMA"
    assert ways(only)[0] == "KSEA-KFSD"
    assert {reason.code for reason in only.reasons} == {"airport_hours"}


def test_a_stop_known_to_sell_fuel_is_worth_some_minutes():
    sells = (Handler(name="FBO", hours_kind="h24", fuels=("jet_a1",)),)
    journey = Journey(legs=(asked("KSEA", "KJFK", wind=STILL),), care=TEAM)

    found = plan(
        journey,
        craft("KSEA"),
        stops=("KFSD", "KOMA"),
        KOMA=field("KOMA", handlers=sells),
    )

    assert ways(found)[0] == "KSEA-KOMA"


def test_times_do_not_depend_on_the_local_clock_going_forward_in_the_night():
    """America/Denver skips an hour on 8 March 2026 at 09:00 UTC; UTC times know nothing of it."""
    leaving = datetime(2026, 3, 8, 8, 30, tzinfo=UTC)

    leg = plan(
        Journey(legs=(asked("KBOI", "KSLC", earliest_departure_at=leaving),))
    ).itinerary.legs[0]

    assert leg.in_at - leg.out_at == minutes(75)
