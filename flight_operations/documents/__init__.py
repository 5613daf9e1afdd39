"""The documents that drone operations are printed as; found by `common` at start-up."""

from documents.kinds import DocumentKind, register
from flight_operations.documents.mission import mission_report
from flight_operations.documents.release import drone_release

OPERATION = "flight_operations.flightoperation"
VIEW = "flight_operations.view_flightoperation"
# Part 101 MOS chapter 10.
KEPT_YEARS = 7

KINDS = (
    DocumentKind(
        key="drone_release",
        title="Operational release of an RPA operation",
        subject=OPERATION,
        gather=drone_release,
        make="flight_operations.view_operationalrelease",
        read="flight_operations.view_operationalrelease",
        layout="drone_release.html",
        classification="internal",
        retention_years=KEPT_YEARS,
        keeps_uploads=True,
    ),
    DocumentKind(
        key="mission_report",
        title="Flight report",
        subject=OPERATION,
        gather=mission_report,
        make=VIEW,
        read=VIEW,
        layout="mission_report.html",
        retention_years=KEPT_YEARS,
        keeps_uploads=True,
    ),
)

for kind in KINDS:
    register(kind)
