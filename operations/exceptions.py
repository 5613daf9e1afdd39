from common.exceptions import DomainError


class PatientOnFile(DomainError):
    code = "patient_on_file"
    message = "Somebody of this record number, or name and birth date, is on file: search first."


class FieldWithheld(DomainError):
    """A field is changed by who may see it, so that nothing is written over unseen."""

    status = 403
    code = "field_withheld"
    message = "You may not see, and so not change, {fields}."


class RequirementFlown(DomainError):
    code = "requirement_flown"
    message = "The flight it was made for is over; set a new one."


class TripOver(DomainError):
    code = "trip_over"
    message = "{trip} is {status}: its passengers stand as they are."
