"""The chart of accounts: what comes with the installation, and finding an account by its use."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked
from finance.exceptions import AccountInUse
from finance.models import Account, AccountKind, AccountRole

SEED = Path(__file__).parents[1] / "reference" / "accounts.csv"


@dataclass(frozen=True)
class AccountSeedReport:
    """How many accounts came new and how many were there."""

    added: int
    kept: int


class Chart:
    """The accounts as they stand, read once: by role, and by the service that was sold."""

    def __init__(self) -> None:
        self._by_role: dict[str, Account] = {}
        self._by_service: dict[str, Account] = {}
        self._read()
        if set(AccountRole.values) - set(self._by_role):
            seed_accounts()
            self._read()

    def role(self, role: str) -> Account:
        """The account of a role; there always is one."""
        return self._by_role[role]

    def revenue(self, service: str) -> Account:
        """The account that the revenue of a service goes to."""
        return self._by_service.get(service) or self._by_role[AccountRole.REVENUE]

    def _read(self) -> None:
        for account in Account.objects.in_use():
            if account.role:
                self._by_role[account.role] = account
            for service in account.services:
                self._by_service[service] = account


@transaction.atomic
def seed_accounts() -> AccountSeedReport:
    """Add the accounts that come with the installation; those that are there are left alone."""
    with SEED.open(newline="", encoding="utf-8") as source:
        rows = [_seeded(row) for row in csv.DictReader(source)]
    before = Account.objects.count()
    Account.objects.bulk_create(rows, ignore_conflicts=True)
    added = Account.objects.count() - before
    return AccountSeedReport(added=added, kept=len(rows) - added)


@transaction.atomic
def open_account(*, code: str, actor: Any, at: datetime, **values: Any) -> Account:
    """Open an account; the services it names are taken from no other. Raises InvalidInput."""
    _check_services(None, values.get("services", ()), values["kind"])
    account = Account.objects.create(code=code, **values)
    record("account.opened", account, actor=actor, at=at)
    return account


@transaction.atomic
def amend_account(
    account: Account, *, changes: Mapping[str, Any], version: int | None, actor: Any, at: datetime
) -> Account:
    """
    Rename an account, give it other services, or take it out of use.

    Raises AccountInUse for one that the services need, InvalidInput, StaleVersion.
    """
    account = locked(account, version=version)
    if account.role and not changes.get("is_active", True):
        raise AccountInUse(account=str(account))
    _check_services(account, changes.get("services", ()), account.kind)
    for name, value in changes.items():
        setattr(account, name, value)
    account.save()
    record("account.amended", account, actor=actor, at=at, fields=sorted(changes))
    return account


def _check_services(account: Account | None, services: Any, kind: str) -> None:
    if not services:
        return
    if kind != AccountKind.REVENUE:
        raise InvalidInput("/services", "Only revenue is split by service.")
    others = Account.objects.in_use().filter(services__overlap=list(services))
    if account is not None:
        others = others.exclude(pk=account.pk)
    other = others.order_by("code").first()
    if other is not None:
        raise InvalidInput("/services", f"One of them goes to {other} already.")


def _seeded(row: Mapping[str, str]) -> Account:
    return Account(
        code=row["code"],
        name=row["name"],
        kind=row["kind"],
        role=row["role"],
        services=row["services"].split(),
    )
