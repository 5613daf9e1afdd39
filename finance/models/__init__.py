from finance.models.rates import UNITS, Rate, RateCard, RateKind, RateUnit
from finance.models.taxes import TaxBasis, TaxRule

__all__ = ["UNITS", "Rate", "RateCard", "RateKind", "RateUnit", "TaxBasis", "TaxRule"]
