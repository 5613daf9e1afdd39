"""The first calls that README.md shows are answered as it says."""

import re
from pathlib import Path

import pytest

from tests.airports.factories import AirportFactory
from tests.flight_operations.factories import OperationFactory
from tests.users.factories import UserFactory

README = Path(__file__).resolve().parents[2] / "README.md"
CALL = re.compile(r'curl -s "\$U(/api/[^"]+)"')

pytestmark = pytest.mark.django_db


def test_the_first_calls_are_answered(client_for):
    client = client_for(UserFactory(is_superuser=True))
    AirportFactory(ident="YSCB")
    number = OperationFactory().number
    calls = CALL.findall(README.read_text())

    answers = {
        call: client.get(re.sub(r"FO-\d{4}-\d{4}", number, call)).status_code for call in calls
    }

    assert answers == dict.fromkeys(calls, 200)
    assert len(calls) == 4
