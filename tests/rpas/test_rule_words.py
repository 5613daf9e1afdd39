"""What people write stands inside our sentences without breaking them."""

import pytest

from common.compliance.findings import Stage
from common.compliance.service import assess
from rpas.rules.registration import in_short
from rpas.services.defects import raise_defect
from tests.rpas.factories import AircraftFactory, OperatorChangeFactory
from tests.users.factories import UserFactory


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Crack in the arm.", "Crack in the arm"),
        ("Crack in the arm", "Crack in the arm"),
        ("Crack ... ", "Crack"),
        ("x" * 100, "x" * 80),
        ("", ""),
    ],
)
def test_a_text_in_short(text, short):
    assert in_short(text) == short


@pytest.mark.django_db
def test_a_defect_that_ends_with_a_stop_is_told_with_one(now):
    aircraft = AircraftFactory()
    text = "Hairline crack in the front left arm."
    raise_defect(aircraft, severity="major", description=text, actor=UserFactory(), at=now)

    judged = assess("rpas.rpasaircraft", aircraft.pk, stage=Stage.RELEASE, at=now)

    message = next(f.message for f in judged.assessment.findings if f.rule == "F2-MAJOR")
    assert message.endswith("open major defects: Hairline crack in the front left arm.")


@pytest.mark.django_db
def test_a_change_that_ends_with_a_stop_is_told_without(now):
    change = OperatorChangeFactory(kind="aircraft_serial", description="Aircraft added.")

    judged = assess("rpas.rpasoperator", change.operator_id, stage=Stage.RELEASE, at=now)

    messages = [f.message for f in judged.assessment.findings]
    assert any(message.startswith("Aircraft added: not") for message in messages)
