"""Every staff address of the users app: how to ask it well and which grant it needs."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone


@dataclass(frozen=True)
class Case:
    """One endpoint: how to ask it well, and which grant it needs."""

    method: str
    path: str
    needs: str
    body: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    also: tuple[str, ...] = ()
    repeated: int | None = None
    empty: int = 400


REASON = {"reason": "because"}
SOON = (timezone.now() + timedelta(days=30)).isoformat()
PAPER = {"kind": "aroc", "authority": "CASA", "number": "7", "issued_on": "2024-01-01"}
HOURS = {"category": "multirotor", "flown_minutes": 600, "as_of_on": "2026-01-01"}
CHECK = {"kind": "135.297", "done_on": "2026-02-02", "examiner": "J. Ortiz"}
FLOWN = {"off_at": "2026-02-01T20:00:00Z", "on_at": "2026-02-01T21:30:00Z", "flight_min": 90}
CASES = [
    *(
        Case("get", f"/api/users/{name}/", f"users.view_{model}")
        for name, model in (
            ("users", "user"),
            ("profiles", "userprofile"),
            ("roles", "role"),
            ("permissions", "permission"),
            ("role-assignments", "roleassignment"),
            ("departments", "department"),
            ("qualifications", "qualification"),
            ("flight-experience", "flightexperience"),
            ("api-tokens", "apitoken"),
            ("checks", "checkrecord"),
            ("declared-flights", "declaredflight"),
            ("flying-declarations", "flyingdeclaration"),
        )
    ),
    Case("get", "/api/users/users/{user}/", "users.view_user"),
    Case("get", "/api/users/profiles/{profile}/", "users.view_userprofile"),
    Case("get", "/api/users/roles/{role}/", "users.view_role"),
    Case("get", "/api/users/role-assignments/{held}/", "users.view_roleassignment"),
    Case("get", "/api/users/departments/{department}/", "users.view_department"),
    Case("get", "/api/users/qualifications/{paper}/", "users.view_qualification"),
    Case("get", "/api/users/qualifications/{paper}/history/", "users.view_qualification"),
    Case("get", "/api/users/flight-experience/{hours}/", "users.view_flightexperience"),
    Case("get", "/api/users/checks/{check}/", "users.view_checkrecord"),
    Case("get", "/api/users/declared-flights/{flight}/", "users.view_declaredflight"),
    Case("get", "/api/users/flying-declarations/{declared}/", "users.view_flyingdeclaration"),
    Case(
        "post",
        "/api/users/checks/",
        "users.add_checkrecord",
        {"user": "{user}", **CHECK},
        201,
        repeated=409,
    ),
    Case(
        "patch",
        "/api/users/checks/{check}/",
        "users.change_checkrecord",
        {"examiner": "R. Novak"},
        repeated=412,
    ),
    Case(
        "post",
        "/api/users/checks/{check}/withdraw/",
        "users.withdraw_checkrecord",
        REASON,
        repeated=409,
    ),
    Case(
        "post",
        "/api/users/declared-flights/",
        "users.add_declaredflight",
        {"user": "{user}", **FLOWN},
        201,
        also=("users.change_declaredflight",),
        repeated=409,
    ),
    Case(
        "patch",
        "/api/users/declared-flights/{flight}/",
        "users.change_declaredflight",
        {"flight_min": 80},
        repeated=412,
    ),
    Case(
        "post",
        "/api/users/declared-flights/{flight}/withdraw/",
        "users.withdraw_declaredflight",
        REASON,
        repeated=409,
    ),
    Case(
        "post",
        "/api/users/flying-declarations/",
        "users.add_flyingdeclaration",
        {"user": "{user}", "from_on": "2026-01-01", "until_on": "2026-03-31"},
        201,
        also=("users.change_flyingdeclaration",),
        repeated=201,
    ),
    Case(
        "post",
        "/api/users/flying-declarations/{declared}/withdraw/",
        "users.withdraw_flyingdeclaration",
        REASON,
        repeated=409,
    ),
    Case(
        "get",
        "/api/users/api-tokens/{token}/",
        "users.view_apitoken",
        also=("users.change_apitoken",),
    ),
    Case(
        "post",
        "/api/users/users/",
        "users.add_user",
        {"email": "New@Example.com", "last_name": "New"},
        201,
        repeated=409,
    ),
    Case(
        "patch",
        "/api/users/users/{user}/",
        "users.change_user",
        {"first_name": "Changed"},
        repeated=412,
    ),
    Case(
        "post", "/api/users/users/{user}/deactivate/", "users.deactivate_user", REASON, repeated=409
    ),
    Case(
        "post",
        "/api/users/users/{closed}/reactivate/",
        "users.deactivate_user",
        REASON,
        repeated=409,
    ),
    Case(
        "post",
        "/api/users/users/{user}/assign_role/",
        "users.add_roleassignment",
        {"role": "{role}"},
        repeated=409,
    ),
    Case(
        "post",
        "/api/users/users/{user}/withdraw_role/",
        "users.withdraw_roleassignment",
        {"role": "{held_role}", **REASON},
        repeated=409,
    ),
    Case(
        "post",
        "/api/users/users/{user}/set_password/",
        "users.set_password_user",
        {"new_password": "another-long-word"},
        repeated=200,
    ),
    Case(
        "post",
        "/api/users/users/{user}/reset_totp/",
        "users.reset_totp_user",
        REASON,
        409,
    ),
    Case(
        "patch",
        "/api/users/profiles/{profile}/",
        "users.change_userprofile",
        {"department": "{department}", "timezone": "Australia/Perth", "arn": "7654321"},
        repeated=412,
    ),
    Case(
        "post",
        "/api/users/roles/",
        "users.add_role",
        {"code": "crew", "name": "Crew", "permissions": ["users.add_role"]},
        201,
        repeated=409,
    ),
    Case("patch", "/api/users/roles/{role}/", "users.change_role", {"name": "New"}, repeated=412),
    Case(
        "post",
        "/api/users/role-assignments/",
        "users.add_roleassignment",
        {"user": "{user}", "role": "{role}"},
        201,
        repeated=409,
    ),
    Case(
        "post",
        "/api/users/role-assignments/{held}/withdraw/",
        "users.withdraw_roleassignment",
        REASON,
        repeated=409,
    ),
    Case(
        "post",
        "/api/users/departments/",
        "users.add_department",
        {"code": "med", "name": "Medical", "parent": "{department}", "head": "{user}"},
        201,
        repeated=409,
    ),
    Case(
        "patch",
        "/api/users/departments/{department}/",
        "users.change_department",
        {"name": "New"},
        repeated=412,
    ),
    Case(
        "post",
        "/api/users/qualifications/",
        "users.add_qualification",
        {"user": "{user}", **PAPER},
        201,
        also=("users.change_qualification",),
        repeated=409,
    ),
    Case(
        "patch",
        "/api/users/qualifications/{paper}/",
        "users.change_qualification",
        {"expires_on": "2030-01-01"},
        repeated=412,
    ),
    Case(
        "post",
        "/api/users/qualifications/{paper}/verify/",
        "users.verify_qualification",
        repeated=409,
        empty=200,
    ),
    Case(
        "post",
        "/api/users/qualifications/{paper}/revoke/",
        "users.revoke_qualification",
        REASON,
        repeated=409,
    ),
    Case(
        "post",
        "/api/users/flight-experience/",
        "users.add_flightexperience",
        {"user": "{user}", **HOURS},
        201,
        also=("users.change_flightexperience",),
        repeated=409,
    ),
    Case(
        "patch",
        "/api/users/flight-experience/{hours}/",
        "users.change_flightexperience",
        {"landings": 5},
        repeated=412,
    ),
    Case(
        "post",
        "/api/users/api-tokens/",
        "users.add_apitoken",
        {"owner": "{me}", "name": "T", "scopes": ["users.view_user"], "expires_at": SOON},
        201,
        also=("users.view_user",),
        repeated=201,
    ),
    Case(
        "post",
        "/api/users/api-tokens/{token}/revoke/",
        "users.revoke_apitoken",
        REASON,
        also=("users.change_apitoken",),
        repeated=409,
    ),
]
