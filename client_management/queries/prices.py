"""The contract and the prices that hold for a client's work on a day."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db.models import F

from client_management.exceptions import NoContract, PriceNotOnFile
from client_management.models import ClientOrganization, Contract, ContractRate, ServiceRequest
from client_management.pricing import Book, PriceMissing, PriceRow, TaxRow
from finance.models import TaxBasis, TaxRule


def contract_for(organization: ClientOrganization, *, on: date, currency: str) -> Contract:
    """
    The client's own contract on a day, else the house's standard terms; 1 query.

    Raises NoContract.
    """
    rows = Contract.objects.in_force(on).filter(currency=currency)
    own_first = rows.filter(organization=organization) | rows.filter(organization=None)
    contract = own_first.order_by(F("organization").asc(nulls_last=True), "pk").first()
    if contract is None:
        raise NoContract(currency=currency, on=on)
    return contract


def contract_of(request: ServiceRequest, *, on: date) -> Contract:
    """The contract a request names, where it stands, else the one that holds; at most 2 queries."""
    named = request.contract
    if named is not None and Contract.objects.in_force(on).filter(pk=named.pk).exists():
        return named
    return contract_for(request.organization, on=on, currency=request.currency)


def price_book(contract: Contract, request: ServiceRequest, *, on: date) -> Book:
    """
    The prices of a contract for one kind of work, the narrower row first, and its taxes; 2 queries.

    Raises PriceNotOnFile where the client's tax has no rate on the day.
    """
    rates = ContractRate.objects.filter(contract=contract).in_force(on)
    fitting = rates.filter(service_type__in=["", request.service_type])
    return Book(
        currency=contract.currency,
        on=on,
        prices=_narrowest(fitting.order_by("service_type", "pk")),
        taxes=_taxes(request.organization, contract, on),
    )


def _narrowest(rates: Iterable[ContractRate]) -> dict[str, PriceRow]:
    # Rows for all kinds of work come first and are written over by those for this one.
    return {
        str(rate.kind): PriceRow(
            rate_id=rate.pk,
            kind=str(rate.kind),
            unit=str(rate.unit),
            amount=rate.amount,
            minimum_quantity=rate.minimum_quantity,
        )
        for rate in rates
    }


def _taxes(organization: ClientOrganization, contract: Contract, on: date) -> tuple[TaxRow, ...]:
    code = organization.tax_code
    if not code:
        return ()
    rows = TaxRule.objects.in_force(on).filter(code=code, basis=TaxBasis.PERCENT)
    rule = rows.order_by("pk").first()
    if rule is None:
        raise PriceNotOnFile(contract=contract.number, reason=f"no rate of the tax {code} on {on}")
    percent = Decimal(rule.rate)
    return (TaxRow(rule_id=rule.pk, code=rule.code, name=rule.name, percent=percent),)


def refused(contract: Contract, fault: PriceMissing) -> PriceNotOnFile:
    """A price that is missing, as callers hear of it."""
    return PriceNotOnFile(contract=contract.number, reason=str(fault))
