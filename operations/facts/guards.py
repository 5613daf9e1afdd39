"""Which facts of a trip need more than leave to see the trip: the grant of the record itself."""

from common.compliance.subjects import Guard
from operations.privacy import VIEW_REQUIREMENT

GUARDS = (
    Guard(VIEW_REQUIREMENT, ("medical",)),
    Guard("operations.view_passenger", ("passengers",)),
    Guard("operations.view_tripevidence", ("evidence.*.reference", "evidence.*.details")),
    # As a profile shows it: to who keeps profiles.
    Guard("users.change_userprofile", ("crew.*.date_of_birth",)),
    Guard("users.view_qualification", ("crew.*.papers",)),
    Guard("users.view_checkrecord", ("crew.*.checks",)),
    Guard("users.view_flightexperience", ("crew.*.experience",)),
    Guard("users.view_flyingdeclaration", ("crew.*.declared",)),
)
