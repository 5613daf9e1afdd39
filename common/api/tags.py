"""The parts of the API in the order of a working day."""

TAGS = [
    (
        "auth",
        "The day begins: sign in, with a second factor where one is set, refresh, sign out.",
    ),
    (
        "dispatcher",
        "The desk looks at its board: centers, day plans, assignments, events, notices, the live"
        " stream.",
    ),
    (
        "airports",
        "What the day looks like outside: aerodromes, weather, airspace, distances, daylight.",
    ),
    (
        "contacts",
        "Who calls and who is called: people, organizations, FBOs, ground providers, what was"
        " said.",
    ),
    (
        "operations",
        "Crewed flying from the first call to the closed log: requests, plans, offers, trips, crew,"
        " patients, passengers, releases, occurrences.",
    ),
    (
        "client-management",
        "Drone work from the request to what is delivered: clients, contracts, requests, quotes,"
        " jobs, coverage, deliverables, messages.",
    ),
    ("portal", "The same work as a client's own people see it and answer it."),
    (
        "aircraft",
        "The crewed fleet: performance, suitability, maintenance, defects, flight hours.",
    ),
    (
        "rpas",
        "The drone fleet: operators, members, aircraft, batteries, ground stations, F2 technical"
        " logs, maintenance.",
    ),
    (
        "compliance",
        "May it fly: rules, verdicts with their reasons, overrides, the summary of colors.",
    ),
    (
        "flight-operations",
        "Drone operations: plan, check, authorize, release, fly with telemetry, land, log; risks"
        " and incidents.",
    ),
    (
        "documents",
        "Papers of the day: made, handed in, signed, sent, and who had what.",
    ),
    (
        "finance",
        "The day is billed: prices, taxes, invoices, payments, refunds, the books, reports.",
    ),
    (
        "users",
        "Who may do what: people, roles, permissions, licenses, checks, machine tokens.",
    ),
]
