"""
Who may call what of deliverables, coverage, processing and messages; and the portal's own routes.

The portal asks for an account and answers by the account's key to a client: without one, which is
everybody's who works here, nothing is there. What it shows to whom has tests of its own
(tests/client_management/portal/test_isolation.py).
"""

# How it can be flown, and what came of it.
MAKERS = "admin dispatcher flight_coordinator chief_remote_pilot"
# What clients are given and told.
DESK = "admin flight_coordinator"

DELIVERIES = {
    "client-management/deliverables/ GET": MAKERS,
    "client-management/deliverables/{number}/ GET": MAKERS,
    "client-management/deliverables/{number}/history/ GET": MAKERS,
    "client-management/deliverables/{number}/issues/ GET": MAKERS,
    "client-management/deliverables/{number}/issues/{issue}/download/ GET": MAKERS,
    "client-management/deliverables/{number}/reviews/ GET": MAKERS,
    "client-management/deliverables/{number}/download/ GET": MAKERS,
    "client-management/deliverables/{number}/downloads/ GET": DESK,
    "client-management/deliverables/{number}/release/ POST": DESK,
    "client-management/deliverables/{number}/share/ POST": DESK,
    "client-management/deliverables/{number}/drop/ POST": DESK,
    "client-management/uploads/ POST": MAKERS,
    "client-management/uploads/{key}/ GET": MAKERS,
    "client-management/uploads/{key}/ PATCH": MAKERS,
    "client-management/uploads/{key}/ DELETE": MAKERS,
    "client-management/share-links/ GET": DESK,
    "client-management/share-links/{pk}/ GET": DESK,
    "client-management/share-links/{pk}/revoke/ POST": DESK,
    "client-management/coverage-reports/ GET": MAKERS,
    "client-management/coverage-reports/ POST": MAKERS,
    "client-management/coverage-reports/{number}/ GET": MAKERS,
    "client-management/coverage-reports/{number}/geojson/ GET": MAKERS,
    "client-management/coverage-reports/{number}/kml/ GET": MAKERS,
    "client-management/coverage-reports/{number}/map/ GET": MAKERS,
    "client-management/coverage-reports/{number}/refly/ POST": MAKERS,
    "client-management/processing-runs/ GET": MAKERS,
    "client-management/processing-runs/ POST": MAKERS,
    "client-management/processing-runs/{number}/ GET": MAKERS,
    "client-management/processing-runs/{number}/history/ GET": MAKERS,
    "client-management/processing-runs/{number}/cancel/ POST": MAKERS,
    "client-management/threads/ GET": DESK,
    "client-management/threads/ POST": DESK,
    "client-management/threads/{pk}/ GET": DESK,
    "client-management/threads/{pk}/messages/ GET": DESK,
    "client-management/threads/{pk}/messages/ POST": DESK,
    "client-management/threads/{pk}/files/{file}/ GET": DESK,
}
_CLIENT = "client-management/portal/organizations/{organization}/"
PORTAL = [
    "client-management/portal/me/ GET",
    "client-management/portal/organizations/ GET",
    f"{_CLIENT} GET",
    *[
        f"{_CLIENT}{end}"
        for end in (
            "dashboard/ GET",
            "preferences/ PATCH",
            "stream/ GET",
            "requests/ GET",
            "requests/ POST",
            "requests/{number}/ GET",
            "requests/{number}/ PATCH",
            "requests/{number}/submit/ POST",
            "requests/{number}/cancel/ POST",
            "requests/{number}/files/ GET",
            "requests/{number}/files/ POST",
            "requests/{number}/area-file/ POST",
            "quotes/ GET",
            "quotes/{number}/ GET",
            "quotes/{number}/ POST",
            "quotes/{number}/accept/ POST",
            "quotes/{number}/decline/ POST",
            "jobs/ GET",
            "jobs/{number}/ GET",
            "jobs/{number}/accept/ POST",
            "jobs/{number}/positions/ GET",
            "jobs/{number}/stream/ GET",
            "jobs/{number}/coverage/ GET",
            "jobs/{number}/coverage/geojson/ GET",
            "jobs/{number}/coverage/kml/ GET",
            "jobs/{number}/coverage/map/ GET",
            "deliverables/ GET",
            "deliverables/{number}/ GET",
            "deliverables/{number}/download/ GET",
            "deliverables/{number}/issues/ GET",
            "deliverables/{number}/issues/{issue}/download/ GET",
            "deliverables/{number}/accept/ POST",
            "deliverables/{number}/rework/ POST",
            "documents/ GET",
            "documents/{number}/download/ GET",
            "invoices/ GET",
            "invoices/{number}/ GET",
            "invoices/{number}/pay/ POST",
            "statement/ GET",
            "messages/ GET",
            "messages/{about}/ GET",
            "messages/{about}/ POST",
            "messages/{about}/files/{file}/ GET",
        )
    ],
]
# The pages of clients, which ask for an account; three are links whose address is the key.
_PAGE = "portal/<str:organization>/"
PORTAL_PAGES = {
    "portal/",
    "portal/sign-in/",
    "portal/sign-out/",
    "portal/language/",
    "portal/invitations/<str:token>/",
    "portal/quotes/<str:token>/",
    "portal/shared/<str:token>/",
    "portal/shared/<str:token>/download/",
    _PAGE,
    *[
        f"{_PAGE}{end}"
        for end in (
            "places.json",
            "requests/",
            "requests/new/",
            "requests/<str:number>/",
            "requests/<str:number>/edit/",
            "requests/<str:number>/submit/",
            "requests/<str:number>/cancel/",
            "requests/<str:number>/files/",
            "quotes/<str:number>/",
            "jobs/",
            "jobs/<str:number>/",
            "jobs/<str:number>/coverage.png",
            "deliverables/",
            "deliverables/<str:number>/",
            "deliverables/<str:number>/download/",
            "deliverables/<str:number>/issues/<str:issue>/download/",
            "documents/",
            "documents/<str:number>/download/",
            "invoices/",
            "invoices/<str:number>/",
            "invoices/<str:number>/pay/",
            "messages/",
            "messages/<str:about>/",
            "messages/<str:about>/files/<str:file>/",
            "wishes/",
        )
    ],
}
SHARED_PORTAL = {
    "client-management/deliverables",
    "client-management/uploads",
    "client-management/share-links",
    "client-management/coverage-reports",
    "client-management/processing-runs",
    "client-management/threads",
}
