"""
Who may call what: every route and method of the API, and the seeded roles that may.

Written down by hand and derived from nothing, so that a changed grant, view or route fails the
test until somebody has looked here. A row names who may do this *at all*; which rows they reach is
the own/foreign part of the test, and what a service refuses in the matter itself is the service's.
Paths are below `/api/`.
"""

from tests.architecture.permission_table_agreements import AGREEMENTS, PUBLIC_AGREEMENTS
from tests.architecture.permission_table_clients import CLIENTS
from tests.architecture.permission_table_dispatch import DISPATCH
from tests.architecture.permission_table_documents import DOCUMENTS, PUBLIC_DOCUMENTS
from tests.architecture.permission_table_ledger import LEDGER
from tests.architecture.permission_table_live import DISPATCHER_LIVE
from tests.architecture.permission_table_payments import FINANCE_PAYMENTS, PUBLIC_PAYMENTS
from tests.architecture.permission_table_portal import DELIVERIES, PORTAL
from tests.architecture.permission_table_webhooks import WEBHOOKS

CHIEF = "admin chief_remote_pilot"
# Whoever keeps accounts and roles.
ADMIN = "admin"
# Cares for patients on board, or answers for that.
CARERS = "medical_staff medical_director"
# Everybody employed; not clients, not machines.
STAFF = (
    f"admin dispatcher pilot {CARERS} flight_coordinator chief_pilot chief_remote_pilot"
    " remote_pilot maintenance_controller accountant"
)
# Licenses and medicals: everybody who flies, plans or keeps aircraft; not those who bill.
PAPERS = STAFF.removesuffix(" accountant")
# Anybody who may notice something unsafe may say so, whether or not they see the register.
SAFETY_REPORTERS = PAPERS
DRONE_READERS = (
    "admin dispatcher flight_coordinator chief_pilot chief_remote_pilot remote_pilot"
    " maintenance_controller"
)
# A station reads the flight it sends the positions of.
FLIGHT_READERS = f"{DRONE_READERS} ground_station"
RULE_READERS = f"{DRONE_READERS} pilot"
# Declares papers and hours of one's own; another's only who may change papers (the service).
OWN_PAPERS = f"admin pilot {CARERS} chief_pilot chief_remote_pilot remote_pilot"
CHIEF_PILOTS = "admin chief_pilot chief_remote_pilot"
# Answers for the checks of crewed pilots (14 CFR 119.71); a pilot declares what they fly elsewhere.
CREW_CHIEFS = "admin chief_pilot"
DECLARERS = f"{CREW_CHIEFS} pilot"
# MOS 10.07: the technical log is the maintenance controller's and the chief remote pilot's.
AIRWORTHINESS = "admin chief_remote_pilot maintenance_controller"
# Finds a defect, takes a battery out, grounds an aircraft: whoever has it in their hands.
AIRCRAFT_HANDLERS = f"{AIRWORTHINESS} remote_pilot"
PLANNERS = "admin dispatcher chief_remote_pilot remote_pilot"
# Prepares applications; that an authority granted one is the chief remote pilot's word.
APPLICANTS = "admin dispatcher chief_remote_pilot"
# Whoever stands on the site: checks, flies, lands, writes the log.
DRONE_PILOTS = "admin chief_remote_pilot remote_pilot"
STATIONS = f"{DRONE_PILOTS} ground_station"
# Deal with customers and hospitals: see their numbers and write down what was said.
CONTACT_READERS = (
    f"admin dispatcher flight_coordinator chief_pilot chief_remote_pilot {CARERS} accountant"
)
# Keep the directory; one contact made of two is the coordinator's word.
CONTACT_DESK = "admin dispatcher flight_coordinator"
CONTACT_MERGERS = "admin flight_coordinator"
# Crewed flying: who plans it, flies it, cares for patients in it or keeps it airworthy.
CREWED_READERS = (
    f"admin dispatcher pilot {CARERS} flight_coordinator chief_pilot maintenance_controller"
)
# 14 CFR 91.403, 43.9: what concerns airworthiness is signed for by who keeps the aircraft.
CREWED_KEEPERS = "admin maintenance_controller"
# Also answers for how the aircraft is flown and whether it flies at all.
CREWED_GROUNDERS = f"{CREWED_KEEPERS} chief_pilot"
# A defect is written down by whoever finds it in flight or in the hangar.
CREWED_FINDERS = f"{CREWED_GROUNDERS} pilot"
# Crewed trips: who plans them, flies them, cares for patients on them.
TRIP_READERS = f"admin dispatcher pilot {CARERS} flight_coordinator chief_pilot"
# Who bills sees the trip, not its crew and services.
TRIP_BILLERS = f"{TRIP_READERS} accountant"
TRIP_DESK = "admin dispatcher flight_coordinator chief_pilot"
TRIP_BOOKERS = "admin flight_coordinator"
# Answer for themselves, report for duty.
TRIP_CREWS = f"admin pilot {CARERS} chief_pilot"
# One's own duty, and at the desk somebody else's.
DUTY_WRITERS = f"{TRIP_CREWS} dispatcher flight_coordinator"
# Write down what happens, in the cockpit or at the desk.
TRIP_MOVERS = TRIP_READERS
TRIP_DIVERTERS = f"{TRIP_DESK} pilot"
TRIP_CLOSERS = "admin flight_coordinator chief_pilot"
CREW_LOG_KEEPERS = "admin chief_pilot"
# Requests and offers: the desk, the chief pilot, and who bills.
QUOTE_READERS = "admin dispatcher flight_coordinator chief_pilot accountant"
# Takes requests down, prices them and sends the offers.
QUOTE_DESK = "admin flight_coordinator"
# Another amount than the computed one is the chief pilot's word.
QUOTE_OVERRIDES = "admin chief_pilot"
PRICE_KEEPERS = "admin accountant"
WEATHER_DESK = "admin dispatcher flight_coordinator chief_pilot chief_remote_pilot remote_pilot"

# No account needed; METRICS_TOKEN guards /metrics.
PUBLIC = [
    "token/ POST",
    "token/refresh/ POST",
    "token/verify/ POST",
    "token/logout/ POST",
    "openapi.json GET",
    # The address itself is the key.
    "operations/calendars/feeds/{secret}/ GET",
    # The link is the key.
    "operations/offers/{token}/ GET",
    "operations/offers/{token}/ POST",
    "operations/offers/{token}/accept/ POST",
    "operations/offers/{token}/decline/ POST",
    *PUBLIC_DOCUMENTS,
    *PUBLIC_AGREEMENTS,
    *PUBLIC_PAYMENTS,
]
# Any account may, for itself alone, a client's or one without any role too.
ONESELF = [
    "me/ GET",
    "me/ PATCH",
    "me/preferences/ GET",
    "me/preferences/ PATCH",
    "me/password/ POST",
    "me/totp/ POST",
    "me/totp/confirm/ POST",
    "me/totp/disable/ POST",
    "me/totp/recovery-codes/ POST",
    # A key to a client's portal is asked for behind the account.
    *PORTAL,
]

USERS = {
    "users/users/ GET": STAFF,
    "users/users/ POST": ADMIN,
    "users/users/{pk}/ GET": STAFF,
    "users/users/{pk}/ PATCH": ADMIN,
    "users/users/{pk}/assign_role/ POST": ADMIN,
    "users/users/{pk}/deactivate/ POST": ADMIN,
    "users/users/{pk}/reactivate/ POST": ADMIN,
    "users/users/{pk}/reset_totp/ POST": ADMIN,
    "users/users/{pk}/set_password/ POST": ADMIN,
    "users/users/{pk}/withdraw_role/ POST": ADMIN,
    "users/profiles/ GET": STAFF,
    "users/profiles/{pk}/ GET": STAFF,
    "users/profiles/{pk}/ PATCH": CHIEF_PILOTS,
    "users/roles/ GET": STAFF,
    "users/roles/ POST": ADMIN,
    "users/roles/{code}/ GET": STAFF,
    "users/roles/{code}/ PATCH": ADMIN,
    "users/permissions/ GET": STAFF,
    "users/permissions/{pk}/ GET": STAFF,
    "users/role-assignments/ GET": STAFF,
    "users/role-assignments/ POST": ADMIN,
    "users/role-assignments/{pk}/ GET": STAFF,
    "users/role-assignments/{pk}/withdraw/ POST": ADMIN,
    "users/departments/ GET": STAFF,
    "users/departments/ POST": ADMIN,
    "users/departments/{code}/ GET": STAFF,
    "users/departments/{code}/ PATCH": ADMIN,
    "users/qualifications/ GET": PAPERS,
    "users/qualifications/ POST": OWN_PAPERS,
    "users/qualifications/{pk}/ GET": PAPERS,
    "users/qualifications/{pk}/ PATCH": CHIEF_PILOTS,
    "users/qualifications/{pk}/history/ GET": PAPERS,
    "users/qualifications/{pk}/revoke/ POST": CHIEF_PILOTS,
    "users/qualifications/{pk}/verify/ POST": CHIEF_PILOTS,
    "users/flight-experience/ GET": PAPERS,
    "users/flight-experience/ POST": OWN_PAPERS,
    "users/flight-experience/{pk}/ GET": PAPERS,
    "users/flight-experience/{pk}/ PATCH": CHIEF_PILOTS,
    "users/checks/ GET": PAPERS,
    "users/checks/ POST": CREW_CHIEFS,
    "users/checks/{pk}/ GET": PAPERS,
    "users/checks/{pk}/ PATCH": CREW_CHIEFS,
    "users/checks/{pk}/withdraw/ POST": CREW_CHIEFS,
    "users/declared-flights/ GET": PAPERS,
    "users/declared-flights/ POST": DECLARERS,
    "users/declared-flights/{pk}/ GET": PAPERS,
    "users/declared-flights/{pk}/ PATCH": CREW_CHIEFS,
    "users/declared-flights/{pk}/withdraw/ POST": CREW_CHIEFS,
    "users/flying-declarations/ GET": PAPERS,
    "users/flying-declarations/ POST": DECLARERS,
    "users/flying-declarations/{pk}/ GET": PAPERS,
    "users/flying-declarations/{pk}/withdraw/ POST": CREW_CHIEFS,
    "users/api-tokens/ GET": CHIEF,
    "users/api-tokens/ POST": CHIEF,
    "users/api-tokens/{pk}/ GET": CHIEF,
    "users/api-tokens/{pk}/revoke/ POST": CHIEF,
}
AIRPORTS = {
    "airports/airports/ GET": STAFF,
    "airports/airports/{ident}/ GET": STAFF,
    "airports/airports/{ident}/set-tower/ POST": ADMIN,
    "airports/airports/{ident}/weather/ GET": STAFF,
    "airports/weather/ GET": STAFF,
    "airports/weather/ POST": WEATHER_DESK,
    "airports/weather/at/ GET": STAFF,
    "airports/weather/latest/ GET": STAFF,
    "airports/weather/{pk}/ GET": STAFF,
    "airports/distance/ POST": STAFF,
    "airports/airspace/ GET": STAFF,
    "airports/airspace/ POST": CHIEF,
    "airports/airspace/search/ POST": STAFF,
    "airports/airspace/{pk}/ GET": STAFF,
    "airports/airspace/{pk}/retire/ POST": CHIEF,
    "airports/sun/ GET": STAFF,
}
CONTACTS = {
    "contacts/contacts/ GET": CONTACT_READERS,
    "contacts/contacts/ POST": CONTACT_DESK,
    "contacts/contacts/find-duplicates/ POST": CONTACT_READERS,
    "contacts/contacts/{pk}/ GET": CONTACT_READERS,
    "contacts/contacts/{pk}/ PATCH": CONTACT_DESK,
    "contacts/contacts/{pk}/deactivate/ POST": CONTACT_DESK,
    "contacts/contacts/{pk}/duplicates/ GET": CONTACT_READERS,
    "contacts/contacts/{pk}/merge/ POST": CONTACT_MERGERS,
    "contacts/contacts/{pk}/merge-preview/ GET": CONTACT_MERGERS,
    "contacts/contacts/{pk}/merges/ GET": CONTACT_READERS,
    "contacts/contacts/{pk}/reactivate/ POST": CONTACT_DESK,
    "contacts/communications/ GET": CONTACT_READERS,
    "contacts/communications/ POST": CONTACT_READERS,
    "contacts/communications/{pk}/ GET": CONTACT_READERS,
    "contacts/communications/{pk}/correct/ POST": CONTACT_READERS,
    "contacts/fbos/ GET": STAFF,
    "contacts/fbos/ POST": CONTACT_DESK,
    "contacts/fbos/{pk}/ GET": STAFF,
    "contacts/fbos/{pk}/ PATCH": CONTACT_DESK,
    "contacts/fbos/{pk}/attendance/ GET": STAFF,
    "contacts/fbos/{pk}/fees/ GET": STAFF,
    "contacts/fbos/{pk}/set-fee/ POST": CONTACT_DESK,
    "contacts/ground/ GET": STAFF,
    "contacts/ground/ POST": CONTACT_DESK,
    "contacts/ground/{pk}/ GET": STAFF,
    "contacts/ground/{pk}/ PATCH": CONTACT_DESK,
    "contacts/ground/{pk}/attendance/ GET": STAFF,
    "contacts/ground/{pk}/fees/ GET": STAFF,
    "contacts/ground/{pk}/set-fee/ POST": CONTACT_DESK,
    "contacts/cities/ GET": STAFF,
    "contacts/cities/ POST": CONTACT_DESK,
    "contacts/cities/{pk}/ GET": STAFF,
    "contacts/cities/{pk}/ PATCH": CONTACT_DESK,
    "contacts/directory/ GET": STAFF,
}
AIRCRAFT = {
    "aircraft/aircraft/ GET": CREWED_READERS,
    "aircraft/aircraft/ POST": CREWED_KEEPERS,
    "aircraft/aircraft/suitable/ POST": CREWED_READERS,
    "aircraft/aircraft/{tail_number}/ GET": CREWED_READERS,
    "aircraft/aircraft/{tail_number}/ PATCH": CREWED_KEEPERS,
    "aircraft/aircraft/{tail_number}/availability/ GET": CREWED_READERS,
    "aircraft/aircraft/{tail_number}/forecast/ GET": CREWED_READERS,
    "aircraft/aircraft/{tail_number}/ground/ POST": CREWED_GROUNDERS,
    "aircraft/aircraft/{tail_number}/history/ GET": CREWED_READERS,
    "aircraft/aircraft/{tail_number}/performance/ GET": CREWED_READERS,
    "aircraft/aircraft/{tail_number}/performance-tables/ GET": CREWED_READERS,
    "aircraft/aircraft/{tail_number}/retire/ POST": CREWED_KEEPERS,
    "aircraft/aircraft/{tail_number}/return-to-service/ POST": CREWED_KEEPERS,
    "aircraft/aircraft/{tail_number}/set-performance/ POST": CREWED_GROUNDERS,
    "aircraft/types/ GET": CREWED_READERS,
    "aircraft/types/ POST": CREWED_KEEPERS,
    "aircraft/types/{designator}/ GET": CREWED_READERS,
    "aircraft/types/{designator}/ PATCH": CREWED_KEEPERS,
    "aircraft/directives/ GET": CREWED_READERS,
    "aircraft/directives/unanswered/ GET": CREWED_READERS,
    "aircraft/directives/{source_id}/ GET": CREWED_READERS,
    "aircraft/tasks/ GET": CREWED_READERS,
    "aircraft/tasks/ POST": CREWED_KEEPERS,
    "aircraft/tasks/due/ GET": CREWED_READERS,
    "aircraft/tasks/{pk}/ GET": CREWED_READERS,
    "aircraft/tasks/{pk}/ PATCH": CREWED_KEEPERS,
    "aircraft/tasks/{pk}/complete/ POST": CREWED_KEEPERS,
    "aircraft/maintenance/ GET": CREWED_READERS,
    "aircraft/maintenance/ POST": CREWED_KEEPERS,
    "aircraft/maintenance/{pk}/ GET": CREWED_READERS,
    "aircraft/visits/ GET": CREWED_READERS,
    "aircraft/visits/ POST": CREWED_KEEPERS,
    "aircraft/visits/{number}/ GET": CREWED_READERS,
    "aircraft/visits/{number}/ PATCH": CREWED_KEEPERS,
    "aircraft/visits/{number}/cancel/ POST": CREWED_KEEPERS,
    "aircraft/visits/{number}/complete/ POST": CREWED_KEEPERS,
    "aircraft/visits/{number}/history/ GET": CREWED_READERS,
    "aircraft/defects/ GET": CREWED_READERS,
    "aircraft/defects/ POST": CREWED_FINDERS,
    "aircraft/defects/{number}/ GET": CREWED_READERS,
    "aircraft/defects/{number}/certify/ POST": CREWED_KEEPERS,
    "aircraft/defects/{number}/defer/ POST": CREWED_KEEPERS,
    "aircraft/defects/{number}/extend/ POST": CREWED_KEEPERS,
    "aircraft/defects/{number}/history/ GET": CREWED_READERS,
    "aircraft/defects/{number}/rectify/ POST": CREWED_KEEPERS,
    "aircraft/flight-hours/ GET": CREWED_READERS,
    "aircraft/flight-hours/ POST": CREWED_GROUNDERS,
    "aircraft/flight-hours/{pk}/ GET": CREWED_READERS,
    "aircraft/flight-hours/{pk}/correct/ POST": CREWED_KEEPERS,
}
RPAS = {
    "rpas/operators/ GET": DRONE_READERS,
    "rpas/operators/ POST": CHIEF,
    "rpas/operators/{pk}/ GET": DRONE_READERS,
    "rpas/operators/{pk}/ PATCH": CHIEF,
    "rpas/operators/{pk}/maintenance-due/ GET": DRONE_READERS,
    "rpas/members/ GET": DRONE_READERS,
    "rpas/members/ POST": CHIEF,
    "rpas/members/{pk}/ GET": DRONE_READERS,
    "rpas/members/{pk}/ PATCH": CHIEF,
    "rpas/members/{pk}/authorize/ POST": CHIEF,
    "rpas/key-personnel/ GET": DRONE_READERS,
    "rpas/key-personnel/ POST": CHIEF,
    "rpas/key-personnel/{pk}/ GET": DRONE_READERS,
    "rpas/key-personnel/{pk}/end/ POST": CHIEF,
    "rpas/operator-changes/ GET": DRONE_READERS,
    "rpas/operator-changes/ POST": CHIEF,
    "rpas/operator-changes/{pk}/ GET": DRONE_READERS,
    "rpas/operator-changes/{pk}/approve/ POST": CHIEF,
    "rpas/operator-changes/{pk}/notify/ POST": CHIEF,
    "rpas/aircraft/ GET": DRONE_READERS,
    "rpas/aircraft/ POST": AIRWORTHINESS,
    "rpas/aircraft/{registration}/ GET": DRONE_READERS,
    "rpas/aircraft/{registration}/ PATCH": AIRWORTHINESS,
    "rpas/aircraft/{registration}/change-configuration/ POST": AIRWORTHINESS,
    "rpas/aircraft/{registration}/configuration/ GET": DRONE_READERS,
    "rpas/aircraft/{registration}/history/ GET": DRONE_READERS,
    "rpas/aircraft/{registration}/quarantine/ POST": AIRCRAFT_HANDLERS,
    "rpas/aircraft/{registration}/retire/ POST": AIRWORTHINESS,
    "rpas/aircraft/{registration}/return-to-service/ POST": AIRWORTHINESS,
    "rpas/aircraft/{registration}/send-to-maintenance/ POST": AIRWORTHINESS,
    "rpas/aircraft/{registration}/verify-log/ POST": AIRWORTHINESS,
    "rpas/batteries/ GET": DRONE_READERS,
    "rpas/batteries/ POST": AIRWORTHINESS,
    "rpas/batteries/{pk}/ GET": DRONE_READERS,
    "rpas/batteries/{pk}/ PATCH": AIRWORTHINESS,
    "rpas/batteries/{pk}/assign/ POST": AIRCRAFT_HANDLERS,
    "rpas/batteries/{pk}/history/ GET": DRONE_READERS,
    "rpas/batteries/{pk}/quarantine/ POST": AIRCRAFT_HANDLERS,
    "rpas/batteries/{pk}/retire/ POST": AIRWORTHINESS,
    "rpas/batteries/{pk}/return-to-service/ POST": AIRWORTHINESS,
    "rpas/technical-logs/ GET": DRONE_READERS,
    "rpas/technical-logs/ POST": AIRWORTHINESS,
    "rpas/technical-logs/{number}/ GET": DRONE_READERS,
    "rpas/technical-logs/{number}/history/ GET": DRONE_READERS,
    "rpas/technical-logs/{number}/issue/ POST": AIRWORTHINESS,
    "rpas/flight-hours/ GET": DRONE_READERS,
    "rpas/flight-hours/daily-inspection/ POST": AIRCRAFT_HANDLERS,
    "rpas/flight-hours/{pk}/ GET": DRONE_READERS,
    "rpas/flight-hours/{pk}/correct/ POST": AIRWORTHINESS,
    "rpas/defects/ GET": DRONE_READERS,
    "rpas/defects/ POST": AIRCRAFT_HANDLERS,
    "rpas/defects/{pk}/ GET": DRONE_READERS,
    "rpas/defects/{pk}/certify/ POST": AIRWORTHINESS,
    "rpas/defects/{pk}/defer/ POST": AIRWORTHINESS,
    "rpas/defects/{pk}/history/ GET": DRONE_READERS,
    "rpas/defects/{pk}/rectify/ POST": AIRWORTHINESS,
    "rpas/maintenance-schedules/ GET": DRONE_READERS,
    "rpas/maintenance-schedules/ POST": AIRWORTHINESS,
    "rpas/maintenance-schedules/{pk}/ GET": DRONE_READERS,
    "rpas/maintenance-schedules/{pk}/ PATCH": AIRWORTHINESS,
    "rpas/maintenance-schedules/{pk}/complete/ POST": AIRWORTHINESS,
    "rpas/maintenance-schedules/{pk}/records/ GET": DRONE_READERS,
    "rpas/maintenance-schedules/{pk}/trigger/ POST": AIRWORTHINESS,
    "rpas/ground-stations/ GET": DRONE_READERS,
    "rpas/ground-stations/ POST": CHIEF,
    "rpas/ground-stations/{pk}/ GET": DRONE_READERS,
    "rpas/ground-stations/{pk}/ PATCH": CHIEF,
}
# Crewed trips: who plans, flies or cares sees them; the accountant sees only what was flown.
TRIP_READERS = f"admin dispatcher pilot {CARERS} flight_coordinator chief_pilot"
TRIP_DESK = "admin dispatcher flight_coordinator chief_pilot"
RISK_WRITERS = f"{TRIP_DESK} pilot"
CHIEF_PILOT = "admin chief_pilot"
OPERATIONS_GATE = {
    "operations/assessments/ GET": f"{TRIP_READERS} accountant",
    "operations/releases/ GET": TRIP_READERS,
    "operations/releases/ POST": CHIEF_PILOT,
    "operations/releases/{pk}/ GET": TRIP_READERS,
    "operations/releases/{pk}/revoke/ POST": CHIEF_PILOT,
    "operations/risk-worksheets/ GET": TRIP_READERS,
    "operations/risk-worksheets/ POST": RISK_WRITERS,
    "operations/risk-worksheets/template/ GET": TRIP_READERS,
    "operations/risk-worksheets/{pk}/ GET": TRIP_READERS,
    "operations/risk-worksheets/{pk}/ PATCH": RISK_WRITERS,
    "operations/risk-worksheets/{pk}/approve/ POST": CHIEF_PILOT,
    "operations/risk-worksheets/{pk}/sign/ POST": f"{CHIEF_PILOT} pilot",
    "operations/evidence/ GET": TRIP_READERS,
    "operations/evidence/ POST": RISK_WRITERS,
    "operations/evidence/{pk}/ GET": TRIP_READERS,
    "operations/evidence/{pk}/withdraw/ POST": TRIP_DESK,
    "operations/opsspecs/ GET": TRIP_READERS,
    "operations/opsspecs/ POST": CHIEF_PILOT,
    "operations/opsspecs/{pk}/ GET": TRIP_READERS,
    "operations/opsspecs/{pk}/ PATCH": CHIEF_PILOT,
    "operations/leg-briefs/ GET": TRIP_READERS,
    "operations/leg-briefs/{pk}/ GET": TRIP_READERS,
    "operations/leg-briefs/{pk}/ PATCH": TRIP_DESK,
}
FLIGHT_OPERATIONS = {
    "flight-operations/operations/ GET": FLIGHT_READERS,
    "flight-operations/operations/ POST": PLANNERS,
    "flight-operations/operations/{number}/ GET": FLIGHT_READERS,
    "flight-operations/operations/{number}/ PATCH": PLANNERS,
    "flight-operations/operations/{number}/abort/ POST": DRONE_PILOTS,
    "flight-operations/operations/{number}/assessment/ GET": FLIGHT_READERS,
    "flight-operations/operations/{number}/authorise/ POST": CHIEF,
    "flight-operations/operations/{number}/cancel/ POST": PLANNERS,
    "flight-operations/operations/{number}/complete-log/ POST": DRONE_PILOTS,
    "flight-operations/operations/{number}/finalise/ POST": CHIEF,
    "flight-operations/operations/{number}/history/ GET": FLIGHT_READERS,
    "flight-operations/operations/{number}/land/ POST": DRONE_PILOTS,
    "flight-operations/operations/{number}/log/ GET": FLIGHT_READERS,
    "flight-operations/operations/{number}/observe/ POST": DRONE_PILOTS,
    "flight-operations/operations/{number}/plan/ POST": PLANNERS,
    "flight-operations/operations/{number}/reject/ POST": CHIEF,
    "flight-operations/operations/{number}/release/ POST": CHIEF,
    "flight-operations/operations/{number}/releases/ GET": FLIGHT_READERS,
    "flight-operations/operations/{number}/revoke/ POST": CHIEF,
    "flight-operations/operations/{number}/start/ POST": DRONE_PILOTS,
    "flight-operations/operations/{number}/submit/ POST": PLANNERS,
    "flight-operations/pilot-logs/ GET": DRONE_READERS,
    "flight-operations/pilot-logs/{pk}/ GET": DRONE_READERS,
    "flight-operations/dashboard/ GET": FLIGHT_READERS,
    "flight-operations/authorizations/ GET": DRONE_READERS,
    "flight-operations/authorizations/ POST": APPLICANTS,
    "flight-operations/authorizations/record-granted/ POST": CHIEF,
    "flight-operations/authorizations/{pk}/ GET": DRONE_READERS,
    "flight-operations/authorizations/{pk}/ PATCH": APPLICANTS,
    "flight-operations/authorizations/{pk}/grant/ POST": CHIEF,
    "flight-operations/authorizations/{pk}/history/ GET": DRONE_READERS,
    "flight-operations/authorizations/{pk}/refuse/ POST": CHIEF,
    "flight-operations/authorizations/{pk}/revoke/ POST": CHIEF,
    "flight-operations/checklists/ GET": DRONE_READERS,
    "flight-operations/checklists/ POST": DRONE_PILOTS,
    "flight-operations/checklists/{number}/ GET": DRONE_READERS,
    "flight-operations/checklists/{number}/answer/ POST": DRONE_PILOTS,
    "flight-operations/checklists/{number}/refresh/ POST": DRONE_PILOTS,
    "flight-operations/risk-assessments/ GET": DRONE_READERS,
    "flight-operations/risk-assessments/ POST": DRONE_PILOTS,
    "flight-operations/risk-assessments/{number}/ GET": DRONE_READERS,
    "flight-operations/risk-assessments/{number}/ PATCH": DRONE_PILOTS,
    "flight-operations/risk-assessments/{number}/approve/ POST": CHIEF,
    "flight-operations/risk-assessments/{number}/history/ GET": DRONE_READERS,
    "flight-operations/risk-assessments/{number}/reject/ POST": CHIEF,
    "flight-operations/risk-assessments/{number}/replace/ POST": CHIEF,
    "flight-operations/risk-assessments/{number}/revise/ POST": DRONE_PILOTS,
    "flight-operations/risk-assessments/{number}/submit/ POST": DRONE_PILOTS,
    "flight-operations/risk-assessments/{number}/supersede/ POST": CHIEF,
    "flight-operations/hazards/ GET": DRONE_READERS,
    "flight-operations/hazards/ POST": SAFETY_REPORTERS,
    "flight-operations/hazards/{number}/ GET": DRONE_READERS,
    "flight-operations/hazards/{number}/ PATCH": CHIEF,
    "flight-operations/hazards/{number}/accept/ POST": CHIEF,
    "flight-operations/hazards/{number}/close/ POST": CHIEF,
    "flight-operations/hazards/{number}/history/ GET": DRONE_READERS,
    "flight-operations/hazards/{number}/link-incident/ POST": CHIEF,
    "flight-operations/hazards/{number}/mitigate/ POST": CHIEF,
    "flight-operations/hazards/{number}/reopen/ POST": CHIEF,
    "flight-operations/incidents/ GET": DRONE_READERS,
    "flight-operations/incidents/ POST": SAFETY_REPORTERS,
    "flight-operations/incidents/{number}/ GET": DRONE_READERS,
    "flight-operations/incidents/{number}/ PATCH": CHIEF,
    "flight-operations/incidents/{number}/act/ POST": CHIEF,
    "flight-operations/incidents/{number}/close/ POST": CHIEF,
    "flight-operations/incidents/{number}/history/ GET": DRONE_READERS,
    "flight-operations/incidents/{number}/investigate/ POST": CHIEF,
    "flight-operations/incidents/{number}/notify/ POST": CHIEF,
    "flight-operations/operations/{number}/telemetry/ POST": STATIONS,
    "flight-operations/operations/{number}/telemetry/ GET": FLIGHT_READERS,
    "flight-operations/operations/{number}/telemetry/track/ GET": FLIGHT_READERS,
    "flight-operations/operations/{number}/telemetry/last/ GET": FLIGHT_READERS,
    "flight-operations/operations/{number}/stream/ GET": FLIGHT_READERS,
    "flight-operations/operations/{number}/log-imports/ POST": STATIONS,
    "flight-operations/conformance-alerts/ GET": DRONE_READERS,
    "flight-operations/conformance-alerts/{pk}/ GET": DRONE_READERS,
    "flight-operations/conformance-alerts/{pk}/acknowledge/ POST": PLANNERS,
    "flight-operations/log-imports/ GET": DRONE_READERS,
    "flight-operations/log-imports/{pk}/ GET": DRONE_READERS,
}
# Planned before anybody offers or books it: whoever plans trips. What it costs: who prices.
CREWED_PLANNERS = "admin dispatcher flight_coordinator chief_pilot"
PRICERS = "admin flight_coordinator"
OPERATIONS_PLANNING = {
    "operations/itineraries/ POST": CREWED_PLANNERS,
    "operations/options/ POST": PRICERS,
}
# A patient as a number; which fields show beside it is tests/operations/privacy.
PATIENT_READERS = f"admin dispatcher pilot {CARERS} flight_coordinator chief_pilot accountant"
# Take the call of a hospital, or the patient over: write down who it is, and look for them.
PATIENT_DESK = f"admin {CARERS} flight_coordinator"
# Aboard or at the desk when it cannot wait.
GLASS_BREAKERS = f"admin dispatcher pilot {CARERS} flight_coordinator chief_pilot"
# Who flies or hands over a manifest; the medical crew knows its patient's escorts anyway.
MANIFEST_READERS = "admin dispatcher pilot flight_coordinator chief_pilot"
PASSENGER_DESK = "admin dispatcher flight_coordinator chief_pilot"
# That a patient may fly is a medical decision.
MEDICAL = f"admin {CARERS}"
MEDICAL_DIRECTOR = "admin medical_director"
BREACH_REPORTERS = "admin medical_director flight_coordinator"
BREACH_KEEPERS = "admin medical_director"
OPERATIONS_PRIVACY = {
    "operations/patients/ GET": PATIENT_READERS,
    "operations/patients/ POST": PATIENT_DESK,
    "operations/patients/search/ POST": PATIENT_DESK,
    "operations/patients/{number}/ GET": PATIENT_READERS,
    "operations/patients/{number}/ PATCH": PATIENT_DESK,
    "operations/patients/{number}/accesses/ GET": ADMIN,
    "operations/patients/{number}/break-glass/ POST": GLASS_BREAKERS,
    # Whoever may search; nobody else hears of them.
    "operations/patient-matches/ GET": PATIENT_DESK,
    "operations/patient-matches/{pk}/ GET": PATIENT_DESK,
    "operations/patient-matches/{pk}/history/ GET": PATIENT_DESK,
    "operations/patient-matches/{pk}/settle/ POST": PATIENT_DESK,
    # Whoever deals with patients reports; the medical director decides what it was.
    "operations/privacy-breaches/ GET": BREACH_REPORTERS,
    "operations/privacy-breaches/ POST": BREACH_REPORTERS,
    "operations/privacy-breaches/{number}/ GET": BREACH_REPORTERS,
    "operations/privacy-breaches/{number}/ PATCH": BREACH_KEEPERS,
    "operations/privacy-breaches/{number}/close/ POST": BREACH_KEEPERS,
    "operations/privacy-breaches/{number}/history/ GET": BREACH_REPORTERS,
    "operations/privacy-breaches/{number}/notify/ POST": BREACH_KEEPERS,
    "operations/privacy-breaches/{number}/reopen/ POST": BREACH_KEEPERS,
    "operations/privacy-breaches/{number}/rule-out/ POST": BREACH_KEEPERS,
    "operations/requirements/ GET": TRIP_READERS,
    "operations/requirements/ POST": PATIENT_DESK,
    "operations/requirements/{pk}/ GET": TRIP_READERS,
    "operations/requirements/{pk}/ PATCH": PATIENT_DESK,
    "operations/requirements/{pk}/review/ POST": MEDICAL,
    # Not by who decided.
    "operations/requirements/{pk}/approve/ POST": MEDICAL_DIRECTOR,
    "operations/passengers/ GET": TRIP_READERS,
    "operations/passengers/ POST": PASSENGER_DESK,
    "operations/passengers/manifest/ GET": MANIFEST_READERS,
    "operations/passengers/{pk}/ GET": TRIP_READERS,
    "operations/passengers/{pk}/ PATCH": PASSENGER_DESK,
}
OPERATIONS_TRIPS = {
    "operations/trips/ GET": TRIP_BILLERS,
    "operations/trips/ POST": TRIP_DESK,
    "operations/trips/book/ POST": TRIP_BOOKERS,
    "operations/trips/hold/ POST": TRIP_BOOKERS,
    "operations/trips/{number}/ GET": TRIP_BILLERS,
    "operations/trips/{number}/ PATCH": TRIP_DESK,
    "operations/trips/{number}/abort/ POST": TRIP_DESK,
    "operations/trips/{number}/cancel/ POST": TRIP_DESK,
    "operations/trips/{number}/close/ POST": TRIP_CLOSERS,
    "operations/trips/{number}/confirm/ POST": TRIP_DESK,
    "operations/trips/{number}/delay/ POST": TRIP_DESK,
    "operations/trips/{number}/delay-preview/ POST": TRIP_DESK,
    "operations/trips/{number}/divert/ POST": TRIP_DIVERTERS,
    "operations/trips/{number}/assessment/ GET": TRIP_BILLERS,
    "operations/trips/{number}/release/ POST": CREW_LOG_KEEPERS,
    "operations/trips/{number}/releases/ GET": TRIP_BILLERS,
    "operations/trips/{number}/revoke/ POST": CREW_LOG_KEEPERS,
    "operations/trips/{number}/history/ GET": TRIP_BILLERS,
    "operations/trips/{number}/plan/ POST": TRIP_DESK,
    "operations/legs/ GET": TRIP_READERS,
    "operations/legs/{pk}/ GET": TRIP_READERS,
    "operations/legs/{pk}/correct/ POST": TRIP_MOVERS,
    # Past the gate, so not by everybody who may note a time.
    "operations/legs/{pk}/had-left/ POST": TRIP_DIVERTERS,
    "operations/legs/{pk}/history/ GET": TRIP_READERS,
    "operations/legs/{pk}/move/ POST": TRIP_MOVERS,
    "operations/legs/{pk}/record-delay/ POST": TRIP_DESK,
    "operations/legs/{pk}/return-to-stand/ POST": TRIP_MOVERS,
    "operations/ground-legs/ GET": TRIP_READERS,
    "operations/ground-legs/{pk}/ GET": TRIP_READERS,
    "operations/ground-legs/{pk}/clock/ POST": TRIP_MOVERS,
    "operations/services/ GET": TRIP_READERS,
    "operations/services/ POST": TRIP_DESK,
    "operations/services/{pk}/ GET": TRIP_READERS,
    "operations/services/{pk}/ PATCH": TRIP_DESK,
    "operations/services/{pk}/history/ GET": TRIP_READERS,
    "operations/services/{pk}/cancel/ POST": TRIP_DESK,
    "operations/services/{pk}/confirm/ POST": TRIP_DESK,
    "operations/services/{pk}/hold/ POST": TRIP_DESK,
    "operations/services/{pk}/not-needed/ POST": TRIP_DESK,
    "operations/services/{pk}/recheck/ POST": TRIP_DESK,
    "operations/services/{pk}/reopen/ POST": TRIP_DESK,
    "operations/services/{pk}/request/ POST": TRIP_DESK,
    "operations/crew/ GET": TRIP_READERS,
    "operations/crew/ POST": TRIP_DESK,
    "operations/crew/{pk}/ GET": TRIP_READERS,
    "operations/crew/{pk}/accept/ POST": TRIP_CREWS,
    "operations/crew/{pk}/decline/ POST": TRIP_CREWS,
    "operations/crew/{pk}/history/ GET": TRIP_READERS,
    "operations/crew/{pk}/release/ POST": TRIP_DESK,
    "operations/duty-periods/ GET": TRIP_READERS,
    "operations/duty-periods/{pk}/ GET": TRIP_READERS,
    "operations/duty-periods/{pk}/end/ POST": DUTY_WRITERS,
    "operations/duty-periods/{pk}/extend/ POST": DUTY_WRITERS,
    "operations/duty-periods/{pk}/history/ GET": TRIP_READERS,
    "operations/duty-periods/{pk}/report/ POST": DUTY_WRITERS,
    "operations/control-duties/ GET": TRIP_READERS,
    "operations/control-duties/ POST": TRIP_DESK,
    "operations/control-duties/{pk}/ GET": TRIP_READERS,
    "operations/control-duties/{pk}/ PATCH": TRIP_DESK,
    "operations/control-duties/{pk}/cancel/ POST": TRIP_DESK,
    "operations/control-duties/{pk}/end/ POST": TRIP_DESK,
    "operations/occurrences/ GET": TRIP_READERS,
    "operations/occurrences/ POST": TRIP_READERS,
    "operations/occurrences/{number}/ GET": TRIP_READERS,
    "operations/occurrences/{number}/ PATCH": CREW_LOG_KEEPERS,
    "operations/occurrences/{number}/close/ POST": CREW_LOG_KEEPERS,
    "operations/occurrences/{number}/file/ POST": CREW_LOG_KEEPERS,
    "operations/occurrences/{number}/history/ GET": TRIP_READERS,
    "operations/occurrences/{number}/investigate/ POST": CREW_LOG_KEEPERS,
    "operations/occurrences/{number}/notify/ POST": TRIP_DESK,
    "operations/crew-log/ GET": TRIP_READERS,
    "operations/crew-log/{pk}/ GET": TRIP_READERS,
    "operations/crew-log/{pk}/correct/ POST": CREW_LOG_KEEPERS,
    "operations/calendars/ GET": TRIP_READERS,
    "operations/calendars/ POST": TRIP_READERS,
    "operations/calendars/{pk}/ GET": TRIP_READERS,
    "operations/calendars/{pk}/revoke/ POST": TRIP_READERS,
}
COMPLIANCE = {
    "compliance/rules/ GET": RULE_READERS,
    "compliance/rules/set_parameter/ POST": CHIEF_PILOTS,
    "compliance/rules/{code}/ GET": RULE_READERS,
    "compliance/rule-settings/ GET": CHIEF_PILOTS,
    "compliance/rule-settings/{pk}/ GET": CHIEF_PILOTS,
    "compliance/verdicts/ GET": RULE_READERS,
    "compliance/verdicts/{pk}/ GET": RULE_READERS,
    "compliance/verdicts/{pk}/replay/ GET": RULE_READERS,
    "compliance/overrides/ GET": RULE_READERS,
    "compliance/overrides/ POST": CHIEF_PILOTS,
    "compliance/overrides/{pk}/ GET": RULE_READERS,
    "compliance/overrides/{pk}/withdraw/ POST": CHIEF_PILOTS,
    "compliance/summary/ GET": RULE_READERS,
}
OPERATIONS_QUOTES = {
    "operations/quotes/ GET": QUOTE_READERS,
    "operations/quotes/ POST": QUOTE_DESK,
    "operations/quotes/{number}/ GET": QUOTE_READERS,
    "operations/quotes/{number}/ PATCH": QUOTE_DESK,
    "operations/quotes/{number}/options/ POST": QUOTE_DESK,
    "operations/quotes/{number}/price/ POST": QUOTE_DESK,
    "operations/quotes/{number}/send/ POST": QUOTE_DESK,
    "operations/quotes/{number}/accept/ POST": QUOTE_DESK,
    "operations/quotes/{number}/decline/ POST": QUOTE_DESK,
    "operations/quotes/{number}/withdraw/ POST": QUOTE_DESK,
    "operations/quotes/{number}/supersede/ POST": QUOTE_DESK,
    "operations/quotes/{number}/versions/ GET": QUOTE_READERS,
    "operations/quotes/{number}/declines/ GET": QUOTE_READERS,
    "operations/quotes/{number}/history/ GET": QUOTE_READERS,
    "operations/quote-versions/{pk}/ GET": QUOTE_READERS,
    "operations/quote-versions/{pk}/override-line/ POST": QUOTE_OVERRIDES,
    "operations/declines/ GET": QUOTE_READERS,
    "operations/declines/ POST": QUOTE_DESK,
    "operations/declines/{pk}/ GET": QUOTE_READERS,
    "operations/response-times/ GET": QUOTE_READERS,
}
FINANCE = {
    "finance/rate-cards/ GET": QUOTE_READERS,
    "finance/rate-cards/ POST": PRICE_KEEPERS,
    "finance/rate-cards/{code}/ GET": QUOTE_READERS,
    "finance/rate-cards/{code}/ PATCH": PRICE_KEEPERS,
    "finance/rates/ GET": QUOTE_READERS,
    "finance/rates/ POST": PRICE_KEEPERS,
    "finance/rates/{pk}/ GET": QUOTE_READERS,
    "finance/rates/{pk}/end/ POST": PRICE_KEEPERS,
    "finance/rates/{pk}/replace/ POST": PRICE_KEEPERS,
    "finance/tax-rules/ GET": QUOTE_READERS,
    "finance/tax-rules/ POST": PRICE_KEEPERS,
    "finance/tax-rules/{pk}/ GET": QUOTE_READERS,
    "finance/tax-rules/{pk}/end/ POST": PRICE_KEEPERS,
}

ROLES_BY_ROUTE = {
    route: frozenset(roles.split())
    for table in (
        USERS,
        AIRPORTS,
        CONTACTS,
        AIRCRAFT,
        OPERATIONS_PLANNING,
        RPAS,
        FLIGHT_OPERATIONS,
        OPERATIONS_PRIVACY,
        OPERATIONS_TRIPS,
        OPERATIONS_QUOTES,
        FINANCE,
        LEDGER,
        FINANCE_PAYMENTS,
        CLIENTS,
        DELIVERIES,
        OPERATIONS_GATE,
        COMPLIANCE,
        AGREEMENTS,
        DISPATCH,
        DOCUMENTS,
        DISPATCHER_LIVE,
        WEBHOOKS,
    )
    for route, roles in table.items()
}
