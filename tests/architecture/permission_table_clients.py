"""Who may do what for clients and their jobs; merged into permission_table."""

READERS = "admin dispatcher flight_coordinator chief_remote_pilot accountant"
# How it can be flown: those who plan drones, and the desk.
PLANNERS = "admin dispatcher flight_coordinator chief_remote_pilot"
DESK = "admin flight_coordinator"
MONEY = "admin accountant"
DESK_AND_MONEY = "admin flight_coordinator accountant"

_ORGANIZATIONS = {
    "client-management/organizations/ GET": READERS,
    "client-management/organizations/ POST": DESK,
    "client-management/organizations/dashboard/ GET": READERS,
    "client-management/organizations/{number}/ GET": READERS,
    "client-management/organizations/{number}/ PATCH": DESK,
    "client-management/organizations/{number}/history/ GET": READERS,
    "client-management/organizations/{number}/check/ POST": DESK_AND_MONEY,
    "client-management/organizations/{number}/activate/ POST": MONEY,
    "client-management/organizations/{number}/suspend/ POST": MONEY,
    "client-management/organizations/{number}/close/ POST": MONEY,
}
_CONTRACTS = {
    "client-management/contracts/ GET": DESK_AND_MONEY,
    "client-management/contracts/ POST": MONEY,
    "client-management/contracts/{number}/ GET": DESK_AND_MONEY,
    "client-management/contracts/{number}/ PATCH": MONEY,
    "client-management/contracts/{number}/history/ GET": DESK_AND_MONEY,
    "client-management/contracts/{number}/activate/ POST": MONEY,
    "client-management/contracts/{number}/end/ POST": MONEY,
    "client-management/contract-rates/ GET": DESK_AND_MONEY,
    "client-management/contract-rates/ POST": MONEY,
    "client-management/contract-rates/{pk}/ GET": DESK_AND_MONEY,
    "client-management/contract-rates/{pk}/end/ POST": MONEY,
    "client-management/cost-rates/ GET": MONEY,
    "client-management/cost-rates/ POST": MONEY,
    "client-management/cost-rates/{pk}/ GET": MONEY,
    "client-management/cost-rates/{pk}/end/ POST": MONEY,
}
_ACCESS = {
    "client-management/portal-accesses/ GET": DESK,
    "client-management/portal-accesses/ POST": DESK,
    "client-management/portal-accesses/{pk}/ GET": DESK,
    "client-management/portal-accesses/{pk}/ PATCH": DESK,
    "client-management/portal-accesses/{pk}/revoke/ POST": DESK,
    "client-management/invitations/ GET": DESK,
    "client-management/invitations/ POST": DESK,
    "client-management/invitations/{pk}/ GET": DESK,
    "client-management/invitations/{pk}/resend/ POST": DESK,
    "client-management/invitations/{pk}/revoke/ POST": DESK,
}
_REQUESTS = {
    "client-management/service-requests/ GET": READERS,
    "client-management/service-requests/ POST": DESK,
    "client-management/service-requests/pipeline/ GET": READERS,
    "client-management/service-requests/pipeline-stages/ GET": READERS,
    "client-management/service-requests/{number}/ GET": READERS,
    "client-management/service-requests/{number}/ PATCH": DESK,
    "client-management/service-requests/{number}/history/ GET": READERS,
    "client-management/service-requests/{number}/assessments/ GET": READERS,
    "client-management/service-requests/{number}/submit/ POST": DESK,
    "client-management/service-requests/{number}/return/ POST": PLANNERS,
    "client-management/service-requests/{number}/assess/ POST": PLANNERS,
    "client-management/service-requests/{number}/approve/ POST": MONEY,
    "client-management/service-requests/{number}/files/ GET": READERS,
    "client-management/service-requests/{number}/files/ POST": DESK,
    "client-management/service-requests/{number}/area-file/ POST": DESK,
    "client-management/request-files/{pk}/ GET": READERS,
    "client-management/service-requests/{number}/decline/ POST": DESK,
    "client-management/service-requests/{number}/cancel/ POST": DESK,
    "client-management/quotes/ GET": READERS,
    "client-management/quotes/ POST": DESK,
    "client-management/quotes/{number}/ GET": READERS,
    "client-management/quotes/{number}/history/ GET": READERS,
    "client-management/quotes/{number}/override/ POST": MONEY,
    "client-management/quotes/{number}/send/ POST": DESK,
    "client-management/quotes/{number}/accept/ POST": DESK,
    "client-management/quotes/{number}/decline/ POST": DESK,
    "client-management/quotes/{number}/withdraw/ POST": DESK,
}
_JOBS = {
    "client-management/jobs/ GET": READERS,
    "client-management/jobs/{number}/ GET": READERS,
    "client-management/jobs/{number}/ PATCH": DESK,
    "client-management/jobs/{number}/history/ GET": READERS,
    "client-management/jobs/{number}/operations/ GET": READERS,
    "client-management/jobs/{number}/milestones/ POST": DESK,
    "client-management/jobs/{number}/reach-milestone/ POST": DESK,
    "client-management/jobs/{number}/confirm/ POST": DESK,
    "client-management/jobs/{number}/plan/ POST": PLANNERS,
    "client-management/jobs/{number}/hand-over/ POST": PLANNERS,
    "client-management/jobs/{number}/deliver/ POST": DESK,
    "client-management/jobs/{number}/rework/ POST": DESK,
    "client-management/jobs/{number}/accept/ POST": DESK,
    "client-management/jobs/{number}/hold/ POST": PLANNERS,
    "client-management/jobs/{number}/resume/ POST": PLANNERS,
    "client-management/jobs/{number}/cancel/ POST": DESK,
    "client-management/jobs/{number}/bill/ POST": DESK_AND_MONEY,
    "client-management/jobs/{number}/bill-early/ POST": MONEY,
    "client-management/jobs/{number}/margin/ GET": MONEY,
    "client-management/jobs/{number}/costs/ GET": MONEY,
    "client-management/jobs/{number}/enter-cost/ POST": MONEY,
    "client-management/jobs/{number}/void-cost/ POST": MONEY,
}
CLIENTS = {**_ORGANIZATIONS, **_CONTRACTS, **_ACCESS, **_REQUESTS, **_JOBS}
# The desk's own work, one for the whole company, closed to clients: they enter by their portal.
SHARED_CLIENTS = {
    "client-management/organizations",
    "client-management/contracts",
    "client-management/contract-rates",
    "client-management/cost-rates",
    "client-management/portal-accesses",
    "client-management/invitations",
    "client-management/service-requests",
    "client-management/request-files",
    "client-management/quotes",
    "client-management/jobs",
}
