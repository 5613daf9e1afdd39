"""The F2 technical log on paper; found by `common` at start-up."""

from documents.kinds import DocumentKind, register
from rpas.documents.technical_log import part_a, part_b

LOG = "rpas.f2technicallogparta"
# Part 101 MOS chapter 10.
KEPT_YEARS = 7

KINDS = (
    DocumentKind(
        key="f2_part_a",
        title="F2 technical log Part A",
        subject=LOG,
        gather=part_a,
        make="rpas.view_f2technicallogparta",
        read="rpas.view_f2technicallogparta",
        layout="f2_part_a.html",
        classification="internal",
        retention_years=KEPT_YEARS,
        keeps_uploads=True,
        has_letterhead=False,
    ),
    DocumentKind(
        key="f2_part_b",
        title="F2 technical log Part B",
        subject=LOG,
        gather=part_b,
        make="rpas.view_f2flighthoursentry",
        read="rpas.view_f2flighthoursentry",
        layout="f2_part_b.html",
        classification="internal",
        retention_years=KEPT_YEARS,
        keeps_uploads=True,
        has_letterhead=False,
        is_landscape=True,
    ),
)

for kind in KINDS:
    register(kind)
