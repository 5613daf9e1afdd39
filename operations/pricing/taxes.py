"""
Taxes on a priced journey, from dated rows.

United States excise tax (26 USC 4261-4282) by journey and segment, Australian goods and services
tax. What is not clear is taxed and told as a finding.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec import Struct, structs

from operations.itinerary import Finding, Itinerary, PlannedLeg
from operations.pricing import ambulance
from operations.pricing.book import PriceBook, PriceMissing, TaxRow
from operations.pricing.facts import PriceFacts
from operations.pricing.journeys import (
    AUSTRALIA,
    UNITED_STATES,
    Journey,
    carried,
    departs_apart,
    is_us_domestic,
    journeys,
)
from operations.pricing.lines import LegBase, PricedLine, amount, exact, split, total

SMALL_KG = Decimal(6000) * Decimal("0.45359237")
HUNDRED = Decimal(100)
PERCENT = "percent"


class Charged(Struct, frozen=True):
    """One line as it is charged: the override's amount where there is one."""

    amount: Decimal
    leg: int | None
    is_taxable: bool


class Taxes(Struct, frozen=True):
    """Tax lines, the base of each leg with the decision on it, and what must be cleared up."""

    lines: tuple[PricedLine, ...]
    bases: tuple[LegBase, ...]
    findings: tuple[Finding, ...]


class Rule(Struct, frozen=True):
    """How the tax on a leg was decided, by which rule, on what evidence."""

    code: str
    decision: str
    citation: str
    evidence: str = ""


def taxes(
    itinerary: Itinerary, charged: Sequence[Charged], book: PriceBook, facts: PriceFacts
) -> Taxes:
    """
    Every tax on one itinerary.

    Raises PriceMissing for a rate that is needed and not on file, CurrenciesDiffer.
    """
    return _Reckoning(itinerary, charged, book, facts).result()


class _Reckoning:
    def __init__(
        self, plan: Itinerary, charged: Sequence[Charged], book: PriceBook, facts: PriceFacts
    ) -> None:
        self.plan, self.charged, self.book, self.facts = plan, charged, book, facts
        self.journeys = journeys(plan)
        self.findings: list[Finding] = []
        self.transport = self._bases([row for row in charged if row.is_taxable])
        self.everything = self._bases(charged)

    def result(self) -> Taxes:
        domestic = [j for j in self.journeys if is_us_domestic(j, self.facts)]
        abroad = [j for j in self.journeys if j.touches(UNITED_STATES) and j not in domestic]
        lines: list[PricedLine] = []
        bases: list[LegBase] = []
        if domestic or abroad:
            lines += self._excise(domestic, abroad, bases)
        lines += self._goods_and_services(bases)
        self._others(bases)
        bases.sort(key=lambda base: base.leg)
        return Taxes(tuple(lines), tuple(bases), tuple(self.findings))

    def _bases(self, rows: Sequence[Charged]) -> dict[int, Decimal]:
        """
        What falls to each live leg; the legs' shares add up to all of it.

        Positioning falls to the live leg it leads to, after the last one to that; what is charged
        for the whole trip is shared by block time.
        """
        live = [leg for leg in self.plan.legs if leg.kind == "live"]
        if not live:
            return {}
        serves, bases = _served(self.plan), {leg.sequence: Decimal(0) for leg in live}
        for row in rows:
            if row.leg is not None:
                bases[serves[row.leg]] += row.amount
        shared = total([row.amount for row in rows if row.leg is None], self.book.currency)
        weights = {leg.sequence: exact(leg.block_min) for leg in live}
        for sequence, share in split(shared, weights, self.book.currency).items():
            bases[sequence] += share
        return bases

    def _excise(
        self, domestic: list[Journey], abroad: list[Journey], bases: list[LegBase]
    ) -> list[PricedLine]:
        if self._is_small():
            small = Rule("FET-SMALL", "exempt", "26 USC 4281")
            bases += self._decided([*domestic, *abroad], small, self.transport)
            return []
        taxed = [leg for j in domestic for leg in j.legs if self._is_taxed(leg, bases)]
        lines = self._cargo(taxed) if self.facts.is_cargo else self._persons(taxed)
        return [*lines, *self._international(abroad, bases)]

    def _is_small(self) -> bool:
        small = self.facts.mtow_kg <= SMALL_KG and not self.facts.is_established_line
        if small and self.facts.is_jet is None:
            text = "Whether the aircraft is a jet is not on record; it is taxed (26 USC 4281)."
            self.findings.append(Finding(code="FET-SMALL-EVIDENCE", message=text))
        return small and self.facts.is_jet is False

    def _is_taxed(self, leg: PlannedLeg, bases: list[LegBase]) -> bool:
        verdict = ambulance.decide(leg, self.facts)
        self._note(leg, verdict)
        bases.append(self._base(leg, _excise_rule(verdict), self.transport))
        return verdict.decision != "exempt"

    def _note(self, leg: PlannedLeg, verdict: ambulance.Exemption) -> None:
        if verdict.decision == "unclear":
            text = f"Tax is charged on leg {leg.sequence}: {verdict.reason}."
            self.findings.append(
                Finding(code=ambulance.EVIDENCE_CODE, message=text, leg=leg.sequence)
            )

    def _persons(self, taxed: list[PlannedLeg]) -> Iterator[PricedLine]:
        if not taxed:
            return
        row = self.book.tax("FET-PCT", UNITED_STATES)
        yield self._percent(row, {leg.sequence: self.transport[leg.sequence] for leg in taxed})
        people = [leg for leg in taxed if carried(leg)]
        for leg in taxed:
            if not carried(leg):
                text = f"Leg {leg.sequence} names nobody and is not cargo; it is taxed."
                self.findings.append(
                    Finding(code="FET-PERSONS-EVIDENCE", message=text, leg=leg.sequence)
                )
        # One take-off and one landing each: a planned technical stop ends a segment and begins
        # another, 26 USC 4261(b)(2).
        segments = [leg for leg in people if not self._is_rural(leg)]
        if segments:
            row = self.book.tax("FET-SEG", UNITED_STATES)
            yield self._each(row, {leg.sequence: carried(leg) for leg in segments}, "segment")
        apart = {leg.sequence: carried(leg) for leg in people if departs_apart(leg)}
        if apart:
            yield self._each(self.book.tax("FET-AKHI", UNITED_STATES), apart, "departure")

    def _cargo(self, taxed: list[PlannedLeg]) -> Iterator[PricedLine]:
        if taxed:
            row = self.book.tax("FET-CARGO", UNITED_STATES)
            yield self._percent(row, {leg.sequence: self.transport[leg.sequence] for leg in taxed})

    def _international(self, abroad: list[Journey], bases: list[LegBase]) -> Iterator[PricedLine]:
        """Per person and journey instead of a percentage: 26 USC 4261(c)."""
        persons = {}
        for journey in abroad:
            verdicts = [ambulance.decide(leg, self.facts) for leg in journey.legs]
            for leg, verdict in zip(journey.legs, verdicts, strict=True):
                self._note(leg, verdict)
            is_exempt = all(verdict.decision == "exempt" for verdict in verdicts)
            text = verdicts[0].reason if is_exempt else ""
            named = "exempt" if is_exempt else "international"
            rule = Rule("FET-INTL", named, "26 USC 4261(c)", text)
            bases += self._decided([journey], rule, self.transport)
            if not is_exempt and journey.persons and not self.facts.is_cargo:
                persons[journey.legs[0].sequence] = journey.persons
        if persons:
            yield self._each(self.book.tax("FET-INTL", UNITED_STATES), persons, "journey")

    def _goods_and_services(self, bases: list[LegBase]) -> Iterator[PricedLine]:
        """
        A percentage of everything charged for journeys within Australia; journeys that begin or
        end abroad are GST-free, s 38-355. Care may be GST-free too; taxed until somebody says.
        """
        at_home = [j for j in self.journeys if j.is_within(AUSTRALIA)]
        abroad = [j for j in self.journeys if j.touches(AUSTRALIA) and j not in at_home]
        act = "A New Tax System (Goods and Services Tax) Act 1999"
        taken = {base.leg for base in bases}
        zero = Rule("GST", "exempt", f"{act} s 38-355", "begins or ends outside Australia")
        free = self._decided(abroad, zero, self.everything)
        bases += [base for base in free if base.leg not in taken]
        if at_home:
            row = self.book.tax("GST", AUSTRALIA)
            rule = Rule("GST", "taxed", row.citation)
            bases += self._decided(at_home, rule, self.everything)
            legs = [leg for journey in at_home for leg in journey.legs]
            yield self._percent(row, {leg.sequence: self.everything[leg.sequence] for leg in legs})
            if any(leg.is_acute_care for leg in legs):
                text = "GST is charged; ambulance services may be GST-free (s 38-10(5))."
                self.findings.append(Finding(code="GST-CARE-EVIDENCE", message=text))

    def _others(self, bases: list[LegBase]) -> None:
        done = {base.leg for base in bases}
        open_ones = [j for j in self.journeys if j.legs[0].sequence not in done]
        for journey in open_ones:
            bases += self._decided([journey], Rule("TAX", "unknown", ""), self.everything)
            ends = sorted({journey.origin.country, journey.destination.country})
            text = f"Taxes of {', '.join(ends)} are not on file and not charged."
            self.findings.append(
                Finding(code="TAX-UNKNOWN", message=text, leg=journey.legs[0].sequence)
            )

    def _decided(
        self, found: Sequence[Journey], rule: Rule, amounts: dict[int, Decimal]
    ) -> list[LegBase]:
        return [self._base(leg, rule, amounts) for journey in found for leg in journey.legs]

    def _base(self, leg: PlannedLeg, rule: Rule, amounts: dict[int, Decimal]) -> LegBase:
        return LegBase(
            leg=leg.sequence,
            amount=amounts[leg.sequence],
            code=rule.code,
            is_exempt=rule.decision == "exempt",
            decision=rule.decision,
            citation=rule.citation,
            evidence=rule.evidence,
        )

    def _is_rural(self, leg: PlannedLeg) -> bool:
        """26 USC 4261(e)(1): no segment tax to or from a rural airport."""
        rural = self.facts.rural_airports
        return leg.origin.airport_id in rural or leg.destination.airport_id in rural

    def _percent(self, row: TaxRow, shares: dict[int, Decimal]) -> PricedLine:
        if row.basis != PERCENT:
            raise PriceMissing(f"The rate of {row.code} is not on file as a percentage")
        base = total(list(shares.values()), self.book.currency)
        return _line(
            row,
            quantity=base,
            unit="percent",
            formula="taxable amount x percent / 100",
            inputs={f"leg {leg}": str(share) for leg, share in shares.items()},
            computed=amount(base * row.rate / HUNDRED, self.book.currency),
        )

    def _each(self, row: TaxRow, persons: dict[int, int], unit: str) -> PricedLine:
        if row.basis == PERCENT:
            raise PriceMissing(f"The rate of {row.code} is not on file as an amount")
        count = Decimal(sum(persons.values()))
        formula = f"persons on each {unit} x rate"
        inputs = {f"leg {leg}": str(number) for leg, number in persons.items()}
        exchange = self.book.exchange_of(row)
        if exchange is not None:
            formula += " x exchange"
            inputs["rate"] = f"{row.rate.normalize():f} {row.currency}"
            inputs["exchange"] = (
                f"{exchange.factor.normalize():f} ({exchange.source}, {exchange.rate_on})"
            )
            # What is printed comes to what is charged.
            row = structs.replace(row, rate=exact(row.rate * exchange.factor))
        return _line(
            row,
            quantity=count,
            unit=unit,
            formula=formula,
            inputs=inputs,
            computed=amount(count * row.rate, self.book.currency),
        )


def _excise_rule(verdict: ambulance.Exemption) -> Rule:
    if verdict.decision == "taxed":
        return Rule("FET-PCT", "taxed", "26 USC 4261(a)", verdict.reason)
    return Rule("FET-AMB", verdict.decision, ambulance.CITATION, verdict.reason)


def _line(
    row: TaxRow,
    *,
    quantity: Decimal,
    unit: str,
    formula: str,
    inputs: dict[str, str],
    computed: Decimal,
) -> PricedLine:
    return PricedLine(
        kind="tax",
        code=row.code,
        description=f"{row.code} ({row.citation})"[:200],
        formula=formula,
        inputs=inputs,
        quantity=quantity,
        unit=unit,
        unit_price=row.rate,
        computed=computed,
        effective_from=row.effective_from,
        tax_id=row.id,
    )


def _served(plan: Itinerary) -> dict[int, int]:
    """The live leg that each leg's charges fall to."""
    live = [leg.sequence for leg in plan.legs if leg.kind == "live"]
    return {
        leg.sequence: next((each for each in live if each >= leg.sequence), live[-1])
        for leg in plan.legs
    }
