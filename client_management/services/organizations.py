"""Clients: taken on when we know them, suspended, closed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from client_management.events import OrganizationChanged
from client_management.exceptions import ClientHasWork, NotOnboarded, OrganizationNotActive
from client_management.models import (
    ClientOrganization,
    ClientStatus,
    JobStatus,
    OnboardingCheck,
    OnboardingKind,
)
from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.numbering import next_number
from common.outbox import announce
from contacts.models import Contact, ContactKind
from documents.models import Document

# What every client is asked for; insurance only where somebody asks for cover.
REQUIRED = (OnboardingKind.IDENTITY, OnboardingKind.TERMS)
OVER = (JobStatus.INVOICED, JobStatus.COMPLETED, JobStatus.CANCELLED)


@transaction.atomic
def create_organization(
    *, contact: Contact, name: str = "", actor: Any, at: datetime, **values: Any
) -> ClientOrganization:
    """
    Take a contact down as a client; a prospect until it was onboarded.

    Raises InvalidInput for a person, a contact that was merged or no longer is in use.
    """
    if contact.kind != ContactKind.ORGANIZATION or not contact.is_active:
        raise InvalidInput("/contact", "A client is an organization that is in use.")
    organization = ClientOrganization(contact=contact, name=name or contact.name, **values)
    _check(organization)
    organization.number = next_number("CLI", year=at.year)
    organization.save()
    record("client.created", organization, actor=actor, at=at)
    _changed(organization)
    return organization


@transaction.atomic
def amend_organization(
    organization: ClientOrganization,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> ClientOrganization:
    """Change what is on file about a client. Raises StaleVersion, InvalidInput."""
    organization = locked(organization, version=version)
    for name, value in changes.items():
        setattr(organization, name, value)
    _check(organization)
    organization.save()
    record("client.amended", organization, actor=actor, at=at, fields=sorted(changes))
    _changed(organization)
    return organization


@transaction.atomic
def record_check(
    organization: ClientOrganization,
    *,
    kind: str,
    reference: str = "",
    document: Document | None = None,
    valid_until: date | None = None,
    actor: Any,
    at: datetime,
) -> OnboardingCheck:
    """Write down that something about a client was checked; a later check takes its place."""
    organization = locked(organization)
    if valid_until is not None and valid_until <= organization.local_day(at):
        raise InvalidInput("/valid_until", "It is void already.")
    check, _ = OnboardingCheck.objects.update_or_create(
        organization=organization,
        kind=kind,
        defaults={
            "reference": reference,
            "document": document,
            "valid_until": valid_until,
            "checked_by": actor,
            "checked_at": at,
        },
    )
    record("client.checked", organization, actor=actor, at=at, kind=kind)
    _changed(organization)
    return check


@transaction.atomic
def activate_organization(
    organization: ClientOrganization, *, actor: Any, at: datetime
) -> ClientOrganization:
    """Take a client on, or end its suspension. Raises NotOnboarded, TransitionNotAllowed."""
    organization = locked(organization)
    require_onboarded(organization, at=at)
    return _moved(organization, ClientStatus.ACTIVE, "client.activated", actor=actor, at=at)


@transaction.atomic
def suspend_organization(
    organization: ClientOrganization, *, reason: str, actor: Any, at: datetime
) -> ClientOrganization:
    """Take on no more work for a client; what is under way goes on."""
    organization = locked(organization)
    return _moved(
        organization, ClientStatus.SUSPENDED, "client.suspended", actor=actor, at=at, reason=reason
    )


@transaction.atomic
def close_organization(
    organization: ClientOrganization, *, reason: str, actor: Any, at: datetime
) -> ClientOrganization:
    """Close a client for good. Raises ClientHasWork while a job is not billed."""
    organization = locked(organization)
    count = organization.jobs.exclude(status__in=OVER).count()
    if count:
        raise ClientHasWork(organization=organization.number, count=count)
    return _moved(
        organization, ClientStatus.CLOSED, "client.closed", actor=actor, at=at, reason=reason
    )


def missing_checks(organization: ClientOrganization, *, on: date) -> list[str]:
    """What the onboarding of a client still lacks on a day; 1 query."""
    wanted = set(REQUIRED)
    if organization.insurance_required:
        wanted.add(OnboardingKind.INSURANCE)
    standing = {
        check.kind
        for check in organization.checks.all()
        if check.valid_until is None or check.valid_until > on
    }
    missing = {str(kind) for kind in wanted - standing}
    if organization.insurance_required and not _is_insured(organization, on):
        missing.add(str(OnboardingKind.INSURANCE))
    return sorted(missing)


def require_onboarded(organization: ClientOrganization, *, at: datetime) -> None:
    """Raise NotOnboarded, naming what is missing."""
    missing = missing_checks(organization, on=organization.local_day(at))
    if missing:
        raise NotOnboarded(organization=organization.number, missing=", ".join(missing))


def require_active(organization: ClientOrganization) -> None:
    """Raise OrganizationNotActive unless work may be taken on for a client."""
    if organization.status != ClientStatus.ACTIVE:
        raise OrganizationNotActive(
            organization=organization.number, status=organization.get_status_display().lower()
        )


def _is_insured(organization: ClientOrganization, on: date) -> bool:
    amount, ends = organization.insurance_amount, organization.insurance_expires_on
    return (
        amount is not None
        and amount >= organization.insurance_required
        and ends is not None
        and ends >= on
    )


def _check(organization: ClientOrganization) -> None:
    person = organization.person
    if person is not None and not person.is_person:
        raise InvalidInput("/person", "This contact is no person.")
    try:
        ZoneInfo(organization.timezone)
    except (KeyError, ValueError, OSError):
        raise InvalidInput("/timezone", "Not an IANA time zone.") from None


def _moved(
    organization: ClientOrganization,
    to: str,
    deed: str,
    *,
    actor: Any,
    at: datetime,
    reason: str = "",
) -> ClientOrganization:
    move(organization, to, actor=actor, at=at, reason=reason)
    record(deed, organization, actor=actor, at=at, reason=reason)
    _changed(organization)
    return organization


def _changed(organization: ClientOrganization) -> None:
    announce(OrganizationChanged(organization_id=organization.pk))
