"""What people of one trade need together, as patterns of permission names."""

from users.money_grants import PRICES

PEOPLE = (
    "users.view_user",
    "users.view_userprofile",
    "users.view_department",
    "users.view_role",
    "users.view_roleassignment",
    "users.view_permission",
)
PAPERS = (
    "users.view_qualification",
    "users.view_flightexperience",
    "users.view_checkrecord",
    "users.view_declaredflight",
    "users.view_flyingdeclaration",
)
# Who can help where, too: everybody at work may have to call them.
PLACES = (
    "airports.view_*",
    "contacts.view_fbo",
    "contacts.view_groundprovider",
    "contacts.view_city",
)
# People's numbers and what was said with them: those who deal with customers and hospitals.
CONTACTS = (
    "contacts.view_contact",
    "contacts.view_communication",
    "contacts.add_communication",
)
CONTACT_DESK = (
    *CONTACTS,
    "contacts.add_contact",
    "contacts.change_contact",
    "contacts.deactivate_contact",
    "contacts.add_fbo",
    "contacts.change_fbo",
    "contacts.add_groundprovider",
    "contacts.change_groundprovider",
    "contacts.add_city",
    "contacts.change_city",
)
COMPLIANCE = ("common.view_verdict", "common.view_compliancestate", "common.view_ruleoverride")
CREWED = ("aircraft.view_*",)
# What is flown, by whom and when: everybody concerned with crewed flying.
TRIPS = (
    "operations.view_trip",
    "operations.view_tripleg",
    "operations.view_groundleg",
    "operations.view_legdelay",
    "operations.view_legdeparture",
    "operations.view_serviceitem",
    "operations.view_crewline",
    "operations.view_dutyperiod",
    "operations.view_controlduty",
    "operations.view_occurrence",
    "operations.view_occurrencereminder",
    "operations.view_crewlogentry",
    # One's own addresses for a calendar program.
    "operations.view_calendarfeed",
    "operations.add_calendarfeed",
    "operations.revoke_calendarfeed",
    "operations.view_flightrelease",
    "operations.view_riskworksheet",
    "operations.view_tripevidence",
    "operations.view_opsspec",
    "operations.view_medicalrequirement",
    "operations.view_passenger",
)
QUOTES = (
    "operations.view_quote",
    "operations.view_quoteversion",
    "operations.view_decline",
    *PRICES,
)
# One's own; of somebody else's whoever plans trips writes it down (operations.services.duties).
DUTY_STEPS = (
    "operations.report_dutyperiod",
    "operations.extend_dutyperiod",
    "operations.end_dutyperiod",
)
TRIP_DESK = (
    "operations.add_trip",
    "operations.plan_trip",
    "operations.change_trip",
    "operations.confirm_trip",
    "operations.move_trip",
    "operations.state_departure_trip",
    "operations.delay_trip",
    "operations.divert_trip",
    "operations.cancel_trip",
    "operations.abort_trip",
    "operations.add_serviceitem",
    "operations.change_serviceitem",
    "operations.move_serviceitem",
    "operations.recheck_serviceitem",
    "operations.add_crewline",
    "operations.release_crewline",
    *DUTY_STEPS,
    "operations.add_passenger",
    "operations.change_passenger",
    "operations.*_controlduty",
    "operations.add_occurrence",
    "operations.notify_occurrence",
    "operations.add_riskworksheet",
    "operations.change_riskworksheet",
    "operations.add_tripevidence",
    "operations.withdraw_tripevidence",
)
QUOTE_DESK = (
    "operations.add_quote",
    "operations.change_quote",
    "operations.price_quote",
    "operations.send_quote",
    "operations.accept_quote",
    "operations.withdraw_quote",
    "operations.book_quote",
    "operations.add_decline",
    "operations.add_medicalrequirement",
    "operations.change_medicalrequirement",
)
# A patient is a number, a mass and a stretcher to whoever plans and flies; who that is shows to who
# arranges, what ails them to who treats (operations.privacy). Anybody aboard or at the desk may
# break the glass.
PATIENTS = (
    "operations.view_patient",
    "operations.view_needs_patient",
    "operations.break_glass_patient",
)
PATIENT_INTAKE = (
    "operations.add_patient",
    "operations.change_patient",
    "operations.search_patient",
    "operations.view_patientmatch",
    "operations.settle_patientmatch",
    "operations.view_identity_patient",
)
# Unsecured data seen or lost: reported by who deals with them, decided by who answers for care.
BREACH_REPORTS = ("operations.add_privacybreach", "operations.view_privacybreach")
MANIFESTS = ("operations.view_manifest_passenger",)
# Signatures are asked for at the desk; who reads a document sees those under it.
AGREEMENTS = ("documents.view_agreement", "documents.download_agreement")
AGREEMENT_DESK = (
    *AGREEMENTS,
    "documents.add_agreement",
    "documents.send_agreement",
    "documents.withdraw_agreement",
)
FLY_TRIPS = (
    "operations.answer_crewline",
    "operations.add_occurrence",
    *DUTY_STEPS,
    "operations.move_trip",
)
# Which kinds of documents, and of which records: the grants of the kinds and of the records say.
DOCUMENTS = (
    "documents.view_document",
    "documents.generate_document",
    "documents.link_document",
    "documents.add_document",
)
DRONES = (
    "rpas.view_*",
    "flight_operations.view_*",
    "dispatcher.view_*",
    "dispatcher.overview_dispatchschedule",
    # Only a notice of one's own.
    "dispatcher.acknowledge_dispatchnotice",
)
# Plans the day and watches it; which centers there are is the chief's.
DISPATCH_DESK = (
    "dispatcher.*_dispatchschedule",
    "dispatcher.*_assignment",
    "dispatcher.*_operationdemand",
    "dispatcher.*_resourceprofile",
    "dispatcher.*_dispatchevent",
    "dispatcher.cancel_optimizationrun",
    "dispatcher.recommend_dispatchcenter",
)
BASICS = (*PEOPLE, *DOCUMENTS, *PAPERS, *PLACES, *COMPLIANCE, *DRONES)
SAFETY_REPORTS = (
    "flight_operations.add_smshazardregister",
    "flight_operations.add_smsincidentreport",
)
WEATHER_DESK = ("airports.add_weatherdata",)
CREWED_DEFECTS = ("aircraft.add_defect",)
OWN_PAPERS = ("users.add_qualification", "users.add_flightexperience")
# What is flown elsewhere counts against the limits of crewed flying.
OWN_FLYING = ("users.add_declaredflight", "users.add_flyingdeclaration")
FLY_DRONES = (
    "flight_operations.add_flightoperation",
    "flight_operations.change_flightoperation",
    "flight_operations.plan_flightoperation",
    "flight_operations.submit_flightoperation",
    "flight_operations.start_flightoperation",
    "flight_operations.land_flightoperation",
    "flight_operations.log_flightoperation",
    "flight_operations.cancel_flightoperation",
    "flight_operations.ingest_flightoperation",
    "flight_operations.add_logimport",
    "flight_operations.add_preflightchecklist",
    "flight_operations.tick_preflightchecklist",
    "flight_operations.acknowledge_conformancealert",
    "flight_operations.add_smsriskassessment",
    "flight_operations.change_smsriskassessment",
    "flight_operations.submit_smsriskassessment",
    "flight_operations.revise_smsriskassessment",
    "rpas.daily_inspection_f2flighthoursentry",
    "rpas.add_f2flighthoursentry",
    "rpas.add_f2defectentry",
    "rpas.assign_battery",
    "rpas.quarantine_battery",
    "rpas.quarantine_rpasaircraft",
)
# To care for patients on board, and to decide whether they may fly.
MEDICAL = (
    *PEOPLE,
    *DOCUMENTS,
    *PAPERS,
    *PLACES,
    *CONTACTS,
    *CREWED,
    *SAFETY_REPORTS,
    *OWN_PAPERS,
    *TRIPS,
    *FLY_TRIPS,
    *PATIENTS,
    *PATIENT_INTAKE,
    *AGREEMENTS,
    "operations.view_medical_patient",
    "documents.view_medical_document",
    "operations.add_medicalrequirement",
    "operations.change_medicalrequirement",
    "operations.review_medicalrequirement",
)
