"""
The permission matrix: every route, method and role, with one's own and with foreign records.

The expectation is `permission_table`, written by hand; the routes come from the URL conf, so what
is served and not declared fails here.
"""

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework.test import APIClient

from benchmarks.undone import undone
from tests.architecture import permission_world as build
from tests.architecture.permission_table import ONESELF, PUBLIC, ROLES_BY_ROUTE
from tests.architecture.permission_table_agreements import SHARED_AGREEMENTS
from tests.architecture.permission_table_clients import SHARED_CLIENTS
from tests.architecture.permission_table_documents import SHARED_DOCUMENTS
from tests.architecture.permission_table_payments import SHARED_PAYMENTS
from tests.architecture.permission_table_portal import PORTAL_PAGES, SHARED_PORTAL
from tests.architecture.routes import METHODS, Route, api_routes, other_paths
from tests.rpas.factories import OperatorFactory
from users.models import RoleGrant
from users.role_grants import ROLES
from users.services.seeding import seed_roles

pytestmark = pytest.mark.django_db
ROUTES = api_routes()
CODES = [spec.code for spec in ROLES]
GUARDED = [route for route in ROUTES if str(route) in ROLES_BY_ROUTE]
# Everybody at work shares these: there is no foreign row.
SHARED = {
    "users/roles",
    "users/permissions",
    "users/departments",
    "airports/airports",
    "airports/weather",
    "airports/airspace",
    "compliance/rules",
    "contacts/contacts",
    "contacts/communications",
    "contacts/fbos",
    "contacts/ground",
    "contacts/cities",
    # The company's own fleet; clients and machines hold no grant for it.
    "aircraft/aircraft",
    "aircraft/types",
    "aircraft/directives",
    "aircraft/tasks",
    "aircraft/maintenance",
    "aircraft/visits",
    "aircraft/defects",
    "aircraft/flight-hours",
    "operations/patients",
    "operations/patient-matches",
    "operations/privacy-breaches",
    "operations/requirements",
    "operations/passengers",
    # The desk's own work, one for the whole company.
    "operations/trips",
    "operations/legs",
    "operations/ground-legs",
    "operations/services",
    "operations/crew",
    "operations/duty-periods",
    "operations/control-duties",
    "operations/occurrences",
    "operations/crew-log",
    "operations/calendars",
    # The company's own offers and prices, closed to clients in the same way.
    "operations/quotes",
    "operations/quote-versions",
    "operations/declines",
    "operations/offers",
    "finance/rate-cards",
    "finance/rates",
    "finance/tax-rules",
    "finance/invoices",
    "finance/customer-credits",
    "finance/accounts",
    "finance/transactions",
    "finance/journal-entries",
    "finance/currency-rates",
    "finance/cancellation-terms",
    # The desk's own work, one for the whole company.
    "operations/releases",
    "operations/risk-worksheets",
    "operations/evidence",
    "operations/opsspecs",
    "operations/leg-briefs",
    *SHARED_DOCUMENTS,
    *SHARED_AGREEMENTS,
    *SHARED_PAYMENTS,
    *SHARED_CLIENTS,
    *SHARED_PORTAL,
}
ONE_ROW = [route for route in GUARDED if route.is_of_one_row and route.kind not in SHARED]
# Read before the row is looked up, because of what they weigh.
BODIES = {
    "flight-operations/operations/{number}/telemetry/ POST": build.Body(build.positions),
    "flight-operations/operations/{number}/log-imports/ POST": build.Body(
        build.flight_log, "multipart"
    ),
}
# Who may change accounts sees everybody's; nobody else sees a client's.
SEES_EVERYBODY = {"admin"}


@pytest.fixture(scope="module")
def world(kept_rows: None) -> SimpleNamespace:
    """Two operators with one record of every kind, and at the first one a person in each role."""
    # What a fresh installation grants, whatever the database at hand was seeded with.
    RoleGrant.objects.all().delete()
    seed_roles()
    operator = OperatorFactory(key_staff=True)
    people = build.people_in_roles(operator, CODES)
    shared = build.shared_rows()
    colleague, stranger = map(build.person_with_role, ("remote_pilot", "client"))
    theirs = build.person_rows(colleague, token_issuer=people["chief_remote_pilot"])
    return SimpleNamespace(
        people=people,
        clients={code: _client(person) for code, person in people.items()},
        own={**shared, **build.operator_rows(operator), **theirs},
        foreign={
            **build.operator_rows(OperatorFactory(key_staff=True)),
            **build.person_rows(stranger, token_issuer=stranger),
        },
    )


def _client(person: Any) -> APIClient:
    """Signed in without a session to look up: sessions have tests of their own, this is grants."""
    client = APIClient()
    client.force_authenticate(person)
    return client


def test_every_route_is_declared_and_every_declaration_is_a_route():
    served = {str(route) for route in ROUTES}
    declared = {*ROLES_BY_ROUTE, *PUBLIC, *ONESELF}

    assert len(declared) == len(ROLES_BY_ROUTE) + len(PUBLIC) + len(ONESELF)
    assert served - declared == set(), "served and not declared in permission_table"
    assert declared - served == set(), "declared in permission_table and not served"


def test_beside_api_and_admin_only_documents_and_health_are_served():
    assert other_paths() == {
        # Sends on to the admin.
        "",
        "swagger/",
        "redoc/",
        r"^swagger\.(?P<format>json|yaml)$",
        "healthz",
        "readyz",
        "metrics",
        # The pages of who signs: the link is the key.
        "sign/<str:token>/",
        "sign/<str:token>/document.pdf",
        # The page of who pays a bill by its link.
        "pay/<str:token>/",
        *PORTAL_PAGES,
    }


def test_the_table_names_every_role_and_no_other():
    named = {role for roles in ROLES_BY_ROUTE.values() for role in roles}

    assert named == set(CODES) - {"client"}


@pytest.mark.parametrize("route", [r for r in ROUTES if str(r) not in PUBLIC], ids=str)
def test_nobody_reaches_anything_without_signing_in(world, route):
    answer = _ask(APIClient(), route, world.own)

    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert "WWW-Authenticate" in answer


@pytest.mark.parametrize("route", [r for r in ROUTES if str(r) in PUBLIC], ids=str)
def test_public_routes_ask_for_no_account(world, route):
    assert not _is_refused(_ask(APIClient(), route, world.own))


@pytest.mark.parametrize("route", [r for r in ROUTES if str(r) in ONESELF], ids=str)
def test_any_account_may_do_what_concerns_itself(world, route):
    refused = {
        code for code, each in world.clients.items() if _is_refused(_ask(each, route, world.own))
    }

    assert refused == set()


@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_exactly_the_roles_declared_may(world, route):
    allowed = set()
    for code, client in world.clients.items():
        answer = _ask(client, route, world.own)
        assert answer.status_code < 500, (code, answer.status_code)
        if not _is_refused(answer):
            allowed.add(code)
            assert answer.status_code not in (401, 404), (code, answer.json())

    assert allowed == ROLES_BY_ROUTE[str(route)]


@pytest.mark.parametrize("route", ONE_ROW, ids=str)
def test_a_foreign_record_is_not_there(world, route):
    answers = {
        code: _ask(world.clients[code], route, world.foreign).status_code
        for code in sorted(ROLES_BY_ROUTE[str(route)] - _all_seeing(route))
    }

    assert answers == dict.fromkeys(answers, 404)


@pytest.mark.parametrize(
    "route", [r for r in GUARDED if r.is_list and r.kind in {o.kind for o in ONE_ROW}], ids=str
)
def test_a_list_holds_ones_own_records_and_no_foreign_one(world, route):
    field, own = world.own[route.kind]
    _, foreign = world.foreign[route.kind]
    for code in sorted(ROLES_BY_ROUTE[str(route)] - _all_seeing(route)):
        rows = _ask(world.clients[code], route, world.own, page_size=200).json()["results"]
        shown = {row[field] for row in rows}

        assert foreign not in shown, code
        assert own in shown, code


@pytest.mark.parametrize("path", sorted({route.path for route in GUARDED}))
def test_a_method_that_is_not_declared_does_nothing_even_for_the_admin(world, path):
    served = {route.method for route in ROUTES if route.path == path}
    for method in sorted({name.upper() for name in METHODS} - served):
        answer = _ask(world.clients["admin"], Route(path, method), world.own)

        assert answer.status_code in (403, 405), method


def test_the_matrix_counts_what_it_checks(capsys):
    roles = len(CODES) + 1
    cells = len(GUARDED) * roles
    foreign = sum(len(ROLES_BY_ROUTE[str(r)] - _all_seeing(r)) for r in ONE_ROW)
    undeclared = {str(route) for route in ROUTES} - {*ROLES_BY_ROUTE, *PUBLIC, *ONESELF}
    with capsys.disabled():
        sys.stdout.write(
            f"\npermission matrix: {len({r.path for r in ROUTES})} routes, {len(ROUTES)} methods,"
            f" {roles} roles (one of them none), {cells} cells of one's own, {foreign} foreign,"
            f" {len(undeclared)} undeclared\n"
        )

    assert not undeclared


def _all_seeing(route: Route) -> set[str]:
    return SEES_EVERYBODY if route.path.startswith("users/") else set()


def _is_refused(answer: Any) -> bool:
    """Whether the answer refuses for want of a grant; a service's own refusal has another code."""
    return answer.status_code in (401, 403) and answer.json()["code"] in (
        "not_authenticated",
        "permission_denied",
    )


def _ask(client: APIClient, route: Route, rows: build.Rows, **query: Any) -> Any:
    """Ask, to write with the least body that is read, and undo whatever that did."""
    key = rows[route.kind][1] if route.is_of_one_row else ""
    address = route.address(key, rows.get(route.inner_kind, ("", None))[1])
    if route.method == "GET":
        return client.get(address, query)
    body = BODIES.get(str(route), build.Body())
    with undone():
        return getattr(client, route.method.lower())(
            address, body.content(), format=body.format, headers={"if-match": '"1"'}
        )
