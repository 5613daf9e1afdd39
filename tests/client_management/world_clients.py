"""One record of every kind that the desk keeps of clients, for tests of every route."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from client_management.services import accesses, contracts, invitations
from client_management.services.messages import CheckedFile, post_message, thread_of
from documents.content import Recognized
from tests.client_management import scene
from tests.rpas.factories import OperatorFactory
from tests.users.factories import UserFactory

PDF = Recognized("application/pdf", ".pdf", 1)


def client_rows() -> dict[str, tuple[str, Any]]:
    """The key in the address of one row of every kind; the company shares its clients."""
    at, actor = timezone.now(), UserFactory()
    organization = scene.client(actor, at)
    standing = scene.contract(actor, at, organization)
    request = scene.request(organization, actor, at)
    quote = scene.sent(request, actor, at)
    job = scene.job(organization, actor, at, is_confirmed=False)
    person = UserFactory()
    access = accesses.grant_access(organization, user=person, level="owner", actor=actor, at=at)
    invitation = invitations.invite(
        organization, email="somebody@client.example", level="viewer", actor=actor, at=at
    )
    cost = contracts.add_cost_rate(
        operator=OperatorFactory(),
        kind="pilot_hour",
        amount=Decimal(80),
        effective_from=date(2026, 1, 1),
        actor=actor,
        at=at,
    )
    kept = post_message(
        thread_of(organization, request=request),
        body="Site plan",
        files=[CheckedFile(name="plan.pdf", content=b"%PDF-1.7", kind=PDF)],
        is_from_client=False,
        via="desk",
        actor=actor,
        at=at,
    )
    return {
        "client-management/request-files": ("id", kept.files.get().pk),
        "client-management/organizations": ("number", organization.number),
        "client-management/contracts": ("number", standing.number),
        "client-management/contract-rates": ("id", standing.rates.earliest("pk").pk),
        "client-management/cost-rates": ("id", cost.pk),
        "client-management/portal-accesses": ("id", access.pk),
        "client-management/invitations": ("id", invitation.pk),
        "client-management/service-requests": ("number", request.number),
        "client-management/quotes": ("number", quote.number),
        "client-management/jobs": ("number", job.number),
    }
