from finance.models.rates import Rate, RateCard, RateKind, RateUnit
from finance.models.taxes import TaxBasis, TaxRule

__all__ = ["Rate", "RateCard", "RateKind", "RateUnit", "TaxBasis", "TaxRule"]
