"""The page where a bill is paid: plain HTML that works without scripts; no account, no cookie."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.exceptions import DomainError
from common.languages import told
from common.shown import amount, day
from documents.views.link_pages import LinkPage
from documents.wording import NONE
from finance.exceptions import PaymentLinkClosed
from finance.models import PaymentIntent, PaymentLink, ProviderName
from finance.queries.pay_links import PayPage as Bill
from finance.queries.pay_links import last_attempt, link_by_token, page_of
from finance.services import payments, reconciliation
from finance.views.pay_links import PayLinkThrottle

SILENT = gettext_noop("{provider} does not answer. Nothing was paid; try again in a minute.")
REFUSED = gettext_noop(
    "{provider} cannot take this payment. Nothing was paid; choose another way to pay."
)


class PayPage(LinkPage):
    """
    Read a bill, and go on to the page of who takes the money.

    That page is reached by a link: browsers do not follow a form to another site here.
    """

    throttle_class = PayLinkThrottle
    template = "finance/pay.html"

    def by_token(self, token: str) -> PaymentLink | None:
        """Who holds a wrong token finds nothing."""
        return link_by_token(token)

    def opened(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A link that was withdrawn is told from one that never was."""
        try:
            return super().opened(request, *args, **kwargs)
        except PaymentLinkClosed as closed:
            return self.page(request, "withdrawn", status=closed.status)

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the bill; who comes back from paying sees how that stands."""
        if "back" in request.GET and request.method == "GET":
            last = last_attempt(self._link())
            if last is not None:
                reconciliation.ask_for_payer(last, at=timezone.now())
        return self._shown(request)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Have a provider's page opened and lead there; the same one for every click."""
        provider, at = request.POST.get("provider", ""), timezone.now()
        if provider not in ProviderName.values:
            return self._shown(request, _("Choose how you want to pay."), 400)
        try:
            intent = payments.record_checkout(self._link(), provider=provider, at=at)
            intent = payments.carry_out(intent, actor=None, at=at)
        except DomainError as refusal:
            return self._shown(request, told(refusal), refusal.status)
        if not intent.checkout_url:
            text = REFUSED if intent.status == "failed" else SILENT
            name = ProviderName(provider).label
            return self._shown(request, _(text).format(provider=name), 503)
        return self._leading_to(request, intent)

    def _link(self) -> PaymentLink:
        return cast(PaymentLink, self.found)

    def _leading_to(self, request: HttpRequest, intent: PaymentIntent) -> HttpResponse:
        shown = {"provider": ProviderName(intent.provider).label, "url": intent.checkout_url}
        return self.page(request, "leading", status=200, bill=self._bill(), **shown)

    def _bill(self) -> Bill:
        link = link_by_token(str(self.kwargs["token"])) or self._link()
        return page_of(link, at=timezone.now())

    def _shown(self, request: HttpRequest, refusal: str = "", status: int = 200) -> HttpResponse:
        bill = self._bill()
        return self.page(
            request,
            _state(bill),
            status=status,
            bill=bill,
            due_on=day(bill.due_on) if bill.due_on else NONE,
            total=_money(bill.total),
            owed=_money(bill.owed),
            ways=[(name, ProviderName(name).label) for name in bill.providers],
            refusal=refusal,
        )


def _state(bill: Bill) -> str:
    """What there is to do for who opens the link."""
    if not bill.owed["amount"]:
        return "settled"
    if bill.attempt in ("authorized", "processing"):
        return "under_way"
    return "open" if bill.providers else "closed"


def _money(shown: dict[str, Any]) -> str:
    return f"{shown['currency']} {amount(shown['amount'], shown['currency'])}"
