from common.exceptions import DomainError


class PriceNotOnFile(DomainError):
    code = "price_not_on_file"
    message = "{reason}."


class CurrencyMismatch(DomainError):
    code = "currency_mismatch"
    message = "{reason}."


class RateCardNotForThis(DomainError):
    code = "rate_card_not_for_this"
    message = "Card {card} is {reason}."


class OfferSent(DomainError):
    code = "offer_sent"
    message = "{offer} was sent and never changes; price a new version."


class OfferNotSent(DomainError):
    code = "offer_not_sent"
    message = "{offer} was never sent."


class OfferOutdated(DomainError):
    code = "offer_outdated"
    message = "{offer} was priced before the request was changed; price it again."


class OfferSuperseded(DomainError):
    code = "offer_superseded"
    message = "{offer} was replaced by a newer version."


class OfferExpired(DomainError):
    code = "offer_expired"
    message = "{offer} was valid until {until}."


class OfferClosed(DomainError):
    code = "offer_closed"
    message = "{offer} cannot be answered: the quote is {status}."


class OfferStillValid(DomainError):
    code = "offer_still_valid"
    message = "{offer} is valid until {until}."


class ContentDiffers(DomainError):
    code = "content_differs"
    message = "What is to be accepted is not what {offer} says; read it again."


class OfferNotPermitted(DomainError):
    code = "offer_not_permitted"
    message = "{offer} cannot be sent: rules {rules} are red."


class TaxNotNegotiable(DomainError):
    code = "tax_not_negotiable"
    message = "A tax follows from what is charged; change a line that it is reckoned on."


class DeclinesNotAcknowledged(DomainError):
    code = "declines_not_acknowledged"
    message = "Earlier refusals near the same place or of the same patient must be acknowledged."


class RequestSettled(DomainError):
    code = "request_settled"
    message = "{quote} is {status}; the request cannot be changed."
