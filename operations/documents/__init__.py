"""The documents that trips and offers are printed as; found by `common` at start-up."""

from documents.kinds import DocumentKind, register
from operations.documents import border, itineraries, medical, offers, releases
from operations.documents.parts import IDENTITY, MEDICAL, NEEDS
from operations.privacy import PASSENGER_FIELDS, VIEW_REQUIREMENT

TRIP = "operations.trip"
OFFER = "operations.quoteversion"
VIEW_TRIP = "operations.view_trip"
VIEW_OFFER = "operations.view_quoteversion"
MANIFEST = PASSENGER_FIELDS["manifest"].permission
# Release, border and medical papers; invoices and what they rest on (DESIGN of the retention).
KEPT_YEARS = 7

KINDS = (
    DocumentKind(
        key="quote",
        title="Quote",
        subject=OFFER,
        gather=offers.quote,
        make=VIEW_OFFER,
        read=VIEW_OFFER,
        layout="quote.html",
        retention_years=KEPT_YEARS,
    ),
    DocumentKind(
        key="charter_contract",
        title="Charter contract",
        subject=OFFER,
        gather=offers.charter_contract,
        make=VIEW_OFFER,
        read=VIEW_OFFER,
        layout="charter_contract.html",
        retention_years=KEPT_YEARS,
        is_signable=True,
    ),
    DocumentKind(
        key="ambulance_consent",
        title="Consent to air ambulance transport",
        subject=TRIP,
        gather=medical.ambulance_consent,
        make="operations.plan_trip",
        read=VIEW_TRIP,
        layout="ambulance_consent.html",
        also_read=(NEEDS,),
        retention_years=KEPT_YEARS,
        is_signable=True,
        # The signed file names the patient, or who signs for one.
        is_sealed=True,
    ),
    DocumentKind(
        key="customer_itinerary",
        title="Itinerary",
        subject=TRIP,
        gather=itineraries.customer_itinerary,
        make=VIEW_TRIP,
        read=VIEW_TRIP,
        layout="customer_itinerary.html",
    ),
    DocumentKind(
        key="internal_itinerary",
        title="Crew brief",
        subject=TRIP,
        gather=itineraries.internal_itinerary,
        make="operations.view_crewline",
        read="operations.view_crewline",
        layout="internal_itinerary.html",
        also_read=(NEEDS,),
        classification="internal",
    ),
    DocumentKind(
        key="general_declaration",
        title="General Declaration",
        subject=TRIP,
        gather=border.general_declaration,
        make="operations.view_crewline",
        read="operations.view_crewline",
        layout="general_declaration.html",
        retention_years=KEPT_YEARS,
        has_letterhead=False,
    ),
    DocumentKind(
        key="passenger_manifest",
        title="Passenger manifest",
        subject=TRIP,
        gather=border.passenger_manifest,
        make=MANIFEST,
        read=MANIFEST,
        layout="passenger_manifest.html",
        retention_years=KEPT_YEARS,
        is_landscape=True,
        also_read=(NEEDS,),
        has_letterhead=False,
        is_sealed=True,
    ),
    DocumentKind(
        key="border_manifest",
        title="Passenger manifest for borders",
        subject=TRIP,
        gather=border.border_manifest,
        make=MANIFEST,
        read=MANIFEST,
        layout="passenger_manifest.html",
        retention_years=KEPT_YEARS,
        is_landscape=True,
        also_read=(NEEDS, IDENTITY),
        has_letterhead=False,
        is_sealed=True,
    ),
    DocumentKind(
        key="cargo_manifest",
        title="Cargo manifest",
        subject=TRIP,
        gather=border.cargo_manifest,
        make=VIEW_TRIP,
        read=VIEW_TRIP,
        layout="cargo_manifest.html",
        retention_years=KEPT_YEARS,
        has_letterhead=False,
    ),
    DocumentKind(
        key="crew_list",
        title="Crew list",
        subject=TRIP,
        gather=border.crew_list,
        # Birth dates and passports stand on it, which colleagues do not see otherwise.
        make=MANIFEST,
        read=MANIFEST,
        layout="crew_list.html",
        retention_years=KEPT_YEARS,
        is_landscape=True,
        has_letterhead=False,
        is_sealed=True,
    ),
    DocumentKind(
        key="medical_summary",
        title="Medical summary",
        subject=TRIP,
        gather=medical.medical_summary,
        make=MEDICAL,
        read=MEDICAL,
        layout="medical_summary.html",
        also_read=(NEEDS, IDENTITY),
        classification="medical",
        retention_years=KEPT_YEARS,
        in_pack=False,
    ),
    DocumentKind(
        key="operational_release",
        title="Operational release",
        subject=TRIP,
        gather=releases.operational_release,
        make="operations.view_flightrelease",
        read="operations.view_flightrelease",
        layout="operational_release.html",
        # Its findings name the conditions of a medical decision.
        also_read=(VIEW_REQUIREMENT,),
        classification="internal",
        retention_years=KEPT_YEARS,
    ),
)

for kind in KINDS:
    register(kind)
