"""Which facts of a trip need more than leave to see the trip: the grant of the record itself."""

from common.compliance.subjects import Guard
from operations.privacy import VIEW_REQUIREMENT

EVIDENCE = ("evidence",)
CREW = ("crew",)

GUARDS = (
    Guard(VIEW_REQUIREMENT, ("medical",)),
    Guard("operations.view_passenger", ("passengers",)),
    Guard(
        "operations.view_tripevidence",
        ("evidence.*.reference", "evidence.*.details"),
        tells=EVIDENCE,
    ),
    # As a profile shows it: to who keeps profiles. Whoever plans and flies reads what the rules say
    # of the crew without that.
    Guard("users.change_userprofile", ("crew.*.date_of_birth",)),
    Guard("users.view_qualification", ("crew.*.papers",), tells=CREW),
    Guard("users.view_checkrecord", ("crew.*.checks",), tells=CREW),
    Guard("users.view_flightexperience", ("crew.*.experience",), tells=CREW),
    Guard("users.view_flyingdeclaration", ("crew.*.declared",), tells=CREW),
)
