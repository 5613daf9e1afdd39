"""One patient, requirement and passenger, for tests of every route."""

from typing import Any

from tests.operations.factories import (
    PassengerFactory,
    PatientFactory,
    PatientMatchFactory,
    PrivacyBreachFactory,
    RequirementFactory,
)


def privacy_rows() -> dict[str, tuple[str, Any]]:
    """The key in the address of one row of every kind; whoever works here shares them."""
    patient = PatientFactory(known=True)
    return {
        "operations/patients": ("number", patient.number),
        "operations/privacy-breaches": ("number", PrivacyBreachFactory().number),
        "operations/patient-matches": ("id", PatientMatchFactory(patient=patient).pk),
        "operations/requirements": ("id", RequirementFactory(patient=patient).pk),
        "operations/passengers": ("id", PassengerFactory(known=True).pk),
    }
