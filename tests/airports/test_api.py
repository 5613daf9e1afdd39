from datetime import timedelta

import pytest
from django.utils import timezone

from airports.models import Airport, AirspaceRestriction, WeatherData
from common.geo import point
from tests.airports.factories import AirportFactory, FrequencyFactory, RunwayFactory, report

pytestmark = pytest.mark.django_db
BASE = "/api/airports"
AREA = {
    "type": "Polygon",
    "coordinates": [[[149.1, -35.2], [149.3, -35.2], [149.3, -35.4], [149.1, -35.2]]],
}
FENCE = {"name": "Fire at Kowen", "kind": "EMERG", "area": AREA, "floor": "SFC", "ceiling": "UNL"}
ROUTE = {"waypoints": [{"lat": -35.3, "lon": 149.2}, {"lat": -33.9, "lon": 151.2}]}
SEARCH = {
    "area": AREA,
    "start_at": "2026-03-15T00:00:00Z",
    "end_at": "2026-03-15T01:00:00Z",
}
READS = [
    "/airports/",
    "/airports/YSCB/",
    "/airports/YSCB/weather/",
    "/weather/",
    "/weather/latest/?stations=YSCB",
    "/weather/at/?stations=YSCB&time=2026-03-15T00:00:00Z",
    "/airspace/",
    "/sun/?at=-35.3,149.2",
]
WRITES = [
    ("/weather/", {"raw": "METAR YSCB 142200Z CAVOK"}),
    ("/airspace/", FENCE),
    ("/airports/YSCB/set-tower/", {"is_controlled": True, "reason": "ERSA"}),
]
POSTED_READS = [("/distance/", ROUTE), ("/airspace/search/", SEARCH)]


@pytest.fixture
def canberra():
    return AirportFactory(ident="YSCB", icao="YSCB", iata="CBR", name="Canberra Airport")


def metar(minutes_ago=10, station="YSCB", body="29015KT CAVOK 18/12 Q1006"):
    at = timezone.now()
    return report(f"METAR {station} {at - timedelta(minutes=minutes_ago):%d%H%MZ} {body}", at=at)


@pytest.mark.parametrize("path", READS)
def test_reads_need_a_sign_in_and_the_grant(api, stranger, reader, canberra, path):
    assert api.get(BASE + path).status_code == 401
    assert stranger.get(BASE + path).status_code == 403
    assert reader.get(BASE + path).status_code == 200


@pytest.mark.parametrize(("path", "body"), POSTED_READS)
def test_posted_reads_need_a_sign_in_and_the_grant(api, stranger, reader, path, body):
    assert api.post(BASE + path, body).status_code == 401
    assert stranger.post(BASE + path, body).status_code == 403
    assert reader.post(BASE + path, body).status_code == 200


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write[0])
def test_writes_need_their_own_grant_and_change_nothing_without(
    api, stranger, reader, canberra, write
):
    path, body = write
    assert api.post(BASE + path, body).status_code == 401
    assert stranger.post(BASE + path, body).status_code == 403
    assert reader.post(BASE + path, body).status_code == 403
    assert not WeatherData.objects.exists()
    assert not AirspaceRestriction.objects.exists()
    assert Airport.objects.get().is_controlled is None


@pytest.mark.parametrize("path", READS)
def test_unknown_parameter_is_refused(reader, canberra, path):
    joint = "&" if "?" in path else "?"

    assert reader.get(f"{BASE}{path}{joint}colour=red").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/airports/?near=1,2",
        "/airports/?near=a,b,c",
        "/airports/?near=nan,0,5",
        "/airports/?near=95,0,5",
        "/airports/?near=0,0,5000",
        "/airports/?near=0,0,-1",
        "/airports/?bbox=1,2,3",
        "/airports/?bbox=10,5,20,5",
        "/airports/?bbox=-200,0,10,10",
        "/airports/?bbox=" + "1," * 500,
        "/airports/?kind=spaceport",
        "/airports/?is_controlled=maybe",
        "/airports/?format=xml",
        "/airports/?page=0",
        "/airports/?page=99999999",
        "/airports/?page_size=201",
        "/airports/?ordering=raw",
        "/airports/?country=" + "A" * 3,
        "/airports/?search=%00",
        "/airspace/?bbox=1,2,3,4,5",
        "/airspace/?start_at=yesterday",
        "/airspace/?start_at=2026-03-15T01:00:00Z&end_at=2026-03-15T00:00:00Z",
        "/weather/?issued_from=now",
        "/weather/?cursor=junk",
        "/weather/latest/",
        "/weather/latest/?stations=TOOLONG",
        "/weather/latest/?stations=" + ",".join(f"Y{n:03d}" for n in range(101)),
        "/weather/at/?stations=YSCB",
        "/weather/at/?stations=YSCB&time=2026-03-15T00:00:00",
        "/weather/at/?stations=YSCB&time=99999-01-01",
        "/sun/",
        "/sun/?at=91,0",
        "/sun/?at=0,0&date=15.3.2026",
        "/sun/?at=0,0&date=1066-10-14",
    ],
)
def test_malformed_parameter_is_refused_as_a_problem_document(reader, path):
    response = reader.get(BASE + path)

    assert response.status_code in (400, 404), response.content
    assert response["Content-Type"].startswith("application/problem+json")


def test_search_finds_by_code_and_by_name(reader, canberra):
    AirportFactory(name="Somewhere else")

    for query in ("search=canberra", "code=CBR", "code=yscb", "search=YSCB"):
        found = reader.get(f"{BASE}/airports/?{query}").json()["results"]
        assert [row["ident"] for row in found] == ["YSCB"], query


def test_near_orders_by_distance_within_the_radius(reader, canberra):
    AirportFactory(ident="YNEA", point=point(lat=-35.21, lon=149.2))
    AirportFactory(ident="YFAR", point=point(lat=-33.0, lon=149.2))

    rows = reader.get(f"{BASE}/airports/?near=-35.2,149.2,50").json()["results"]

    assert [row["ident"] for row in rows] == ["YNEA", "YSCB"]


@pytest.mark.parametrize(
    ("box", "count"), [("149,-36,150,-35", 1), ("150,-36,151,-35", 0), ("170,-36,150,-35", 1)]
)
def test_box_may_cross_the_antimeridian(reader, canberra, box, count):
    assert reader.get(f"{BASE}/airports/?bbox={box}").json()["count"] == count


def test_list_as_geojson(reader, canberra):
    response = reader.get(f"{BASE}/airports/?format=geojson")

    assert response["Content-Type"].startswith("application/geo+json")
    (feature,) = response.json()["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [149.195, -35.3069]}
    assert feature["properties"]["icao"] == "YSCB"


@pytest.mark.parametrize("code", ["YSCB", "yscb", "CBR"])
def test_detail_by_any_code_with_runways_and_frequencies(reader, canberra, code):
    RunwayFactory(airport=canberra)
    FrequencyFactory(airport=canberra)

    row = reader.get(f"{BASE}/airports/{code}/").json()

    assert (row["ident"], row["runways"][0]["le_ident"]) == ("YSCB", "17")
    assert row["frequencies"] == [{"kind": "TWR", "description": "", "mhz": 118.7}]


def test_unknown_aerodrome_is_not_found(reader):
    assert reader.get(f"{BASE}/airports/YZZZ/").status_code == 404


def test_list_takes_the_same_queries_whatever_its_length(reader, django_assert_max_num_queries):
    AirportFactory.create_batch(30)

    with django_assert_max_num_queries(8):
        assert len(reader.get(f"{BASE}/airports/").json()["results"]) == 30


def test_tower_is_set_by_hand(editor, canberra):
    hours = {"0": [["06:00", "22:00"]]}

    response = editor.post(
        f"{BASE}/airports/YSCB/set-tower/",
        {"is_controlled": True, "tower_hours": hours, "reason": "ERSA"},
    )

    assert response.status_code == 200, response.content
    assert response.json()["tower_hours"] == hours
    assert Airport.objects.get().control_source == "manual"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"is_controlled": "perhaps", "reason": "x"},
        {"is_controlled": True, "reason": "x", "tower_hours": {"8": []}},
        {"is_controlled": True, "reason": "x" * 2001},
        {"is_controlled": True, "reason": "x", "status": "open"},
    ],
)
def test_unsound_tower_is_refused(editor, canberra, body):
    assert editor.post(f"{BASE}/airports/YSCB/set-tower/", body).status_code == 400


def test_entered_report_comes_back_decoded(editor, canberra):
    raw = f"METAR YSCB {timezone.now():%d%H%MZ} 29015G25KT 9000 -SHRA BKN035 18/12 Q1006"

    response = editor.post(f"{BASE}/weather/", {"raw": raw})

    assert response.status_code == 201, response.content
    (row,) = response.json()
    assert (row["airport"], row["wind_gust_kt"], row["flight_category"]) == ("YSCB", 25.0, "VFR")


@pytest.mark.parametrize(
    ("raw", "status"),
    [("", 400), ("x" * 20_001, 400), ("hello", 400), (7, 400), (None, 400), ("METAR", 400)],
)
def test_text_that_is_no_report_is_refused(editor, raw, status):
    response = editor.post(f"{BASE}/weather/", {"raw": raw})

    assert response.status_code == status
    assert not WeatherData.objects.exists()


def test_same_entry_with_one_idempotency_key_is_one_entry(editor):
    body = {"raw": f"METAR YSCB {timezone.now():%d%H%MZ} 29015KT CAVOK 18/12 Q1006"}

    answers = [
        editor.post(f"{BASE}/weather/", body, headers={"Idempotency-Key": "k1"}) for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert WeatherData.objects.count() == 1


def test_latest_history_and_at_a_time(reader, canberra):
    older, newer = metar(minutes_ago=70), metar(minutes_ago=10)
    between = (timezone.now() - timedelta(minutes=30)).isoformat().replace("+00:00", "Z")

    def ids(path):
        body = reader.get(BASE + path).json()
        return [row["id"] for row in (body["results"] if isinstance(body, dict) else body)]

    assert ids("/weather/latest/?stations=YSCB,YSSY") == [newer.pk]
    assert ids("/weather/?station=yscb") == [newer.pk, older.pk]
    assert ids(f"/weather/at/?stations=YSCB&time={between}") == [older.pk]
    assert ids("/airports/YSCB/weather/") == [newer.pk]


def test_one_report_is_read(reader):
    row = metar()

    assert reader.get(f"{BASE}/weather/{row.pk}/").json()["raw"] == row.raw


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_reports_cannot_be_edited_over_the_api(editor, method):
    row = metar()

    assert getattr(editor, method)(f"{BASE}/weather/{row.pk}/", {}).status_code in (403, 405)


def test_route_is_measured_and_timed(reader, canberra):
    body = {
        "waypoints": [{"code": "CBR"}, {"lat": -33.946, "lon": 151.177}],
        "cruise_kt": 280,
        "wind": {"direction_deg": 240, "speed_kt": 30},
    }

    found = reader.post(f"{BASE}/distance/", body).json()

    assert found["distance_nm"] == pytest.approx(128, abs=2)
    assert found["legs"][0]["ground_speed_kt"] > 280
    assert found["duration"].startswith("00:2")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"waypoints": []}, 400),
        ({"waypoints": [{"lat": 0, "lon": 0}]}, 400),
        ({"waypoints": [{"lat": 0, "lon": 0}] * 51}, 400),
        ({"waypoints": [{"lat": 0}, {"lat": 0, "lon": 0}]}, 400),
        ({"waypoints": [{"lat": 95, "lon": 0}, {"lat": 0, "lon": 0}]}, 400),
        ({"waypoints": [{"code": "NOPE"}, {"lat": 0, "lon": 0}]}, 400),
        ({**ROUTE, "cruise_kt": 0}, 400),
        ({**ROUTE, "wind": {"direction_deg": 0, "speed_kt": 10}}, 400),
        ({**ROUTE, "cruise_kt": 50, "wind": {"direction_deg": 50, "speed_kt": 90}}, 400),
        ({**ROUTE, "cruise_kt": 50, "leg_winds": []}, 400),
        ({**ROUTE, "cruise_kt": "NaN"}, 400),
        ({**ROUTE, "speed": 50}, 400),
        ([], 400),
    ],
)
def test_unsound_route_is_refused(reader, body, status):
    response = reader.post(f"{BASE}/distance/", body, format="json")

    assert response.status_code == status, response.content


def test_airspace_is_put_in_force_searched_and_retired(editor):
    created = editor.post(f"{BASE}/airspace/", FENCE)
    assert created.status_code == 201, created.content
    pk = created.json()["id"]

    (facts,) = editor.post(f"{BASE}/airspace/search/", SEARCH).json()
    assert (facts["restriction_id"], facts["heights"], facts["is_met"]) == (pk, "overlap", True)

    retired = editor.post(f"{BASE}/airspace/{pk}/retire/", {"reason": "Fire is out"})
    assert (retired.status_code, retired.json()["is_active"]) == (200, False)
    again = editor.post(f"{BASE}/airspace/{pk}/retire/", {"reason": "Again"})
    assert (again.status_code, again.json()["code"]) == (409, "airspace_retired")
    assert editor.post(f"{BASE}/airspace/search/", SEARCH).json() == []
    assert editor.get(f"{BASE}/airspace/").json()["count"] == 0
    assert editor.get(f"{BASE}/airspace/?is_active=false").json()["count"] == 1


def test_airspace_as_geojson_in_a_box(editor):
    editor.post(f"{BASE}/airspace/", FENCE)

    inside, outside = (
        editor.get(f"{BASE}/airspace/?format=geojson&bbox={box}").json()["features"]
        for box in ("149,-36,150,-35", "10,-36,11,-35")
    )

    assert (inside[0]["properties"]["kind"], outside) == ("EMERG", [])


BOW_TIE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
HUGE = {
    "type": "Polygon",
    "coordinates": [[[i / 100_000, i % 2 / 100] for i in range(10_001)] + [[0, 0]]],
}


@pytest.mark.parametrize(
    "changes",
    [
        {"area": BOW_TIE},
        {"area": HUGE},
        {"area": {"type": "Point", "coordinates": [0, 0]}},
        {"area": {**AREA, "crs": {"type": "name"}}},
        {"area": {"type": "Polygon", "coordinates": [[[0, 0], [999, 0], [1, 1], [0, 0]]]}},
        {"area": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}},
        {"area": None},
        {"floor": "low"},
        {"ceiling": ""},
        {"kind": "ZZ"},
        {"name": "x" * 201},
        {"valid_from": "2026-03-15T02:00:00Z", "valid_until": "2026-03-15T01:00:00Z"},
        {"valid_from": "soon"},
        {"is_active": False},
    ],
)
def test_unsound_airspace_is_refused_and_nothing_is_written(editor, changes):
    response = editor.post(f"{BASE}/airspace/", FENCE | changes, format="json")

    assert response.status_code == 400, response.content
    assert not AirspaceRestriction.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"end_at": "2026-03-14T00:00:00Z"},
        {"floor_agl_m": 200},
        {"ceiling_agl_m": 1e9},
        {"terrain_min_m": 100},
        {"terrain_min_m": 100, "terrain_max_m": 50},
        {"area": BOW_TIE},
        {"start_at": None},
    ],
)
def test_unsound_search_is_refused(reader, changes):
    assert reader.post(f"{BASE}/airspace/search/", SEARCH | changes).status_code == 400


def test_sun_of_a_local_day(reader):
    body = reader.get(f"{BASE}/sun/?at=-33.87,151.21&date=2026-03-15").json()

    assert body["timezone"] == "Australia/Sydney"
    assert body["sunrise_at"].startswith("2026-03-14T19:5")
    assert [event["name"] for event in body["events"]] == [
        "civil_dawn",
        "sunrise",
        "sunset",
        "civil_dusk",
    ]


def test_a_list_answers_with_the_fields_asked_for(reader, canberra):
    response = reader.get(f"{BASE}/airports/?fields=ident,name")

    assert response.json()["results"] == [{"ident": "YSCB", "name": "Canberra Airport"}]


@pytest.mark.parametrize("fields", ["ident,nonsense", ",", "ident,"])
def test_fields_that_are_not_there_are_refused(reader, canberra, fields):
    response = reader.get(f"{BASE}/airports/?fields={fields}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/fields"


def test_fields_are_for_lists(reader, canberra):
    assert reader.get(f"{BASE}/airports/YSCB/?fields=ident").status_code == 400


@pytest.mark.parametrize("moment", ["2026-03-15T09:00:00", "2026-03-15", "yesterday"])
def test_a_moment_without_its_offset_filters_nothing(reader, canberra, moment):
    response = reader.get(f"{BASE}/weather/?issued_from={moment}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/issued_from"
