from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from client_management.queries.portal import documents_of, invoices_of
from client_management.serializers import portal_money as shapes
from client_management.views.coverage import attached
from client_management.views.portal.door import PortalViewSet
from client_management.views.statement_period import currency_of, period_of
from common.api.docs import documented, documented_action
from common.api.idempotency import idempotent
from documents.models import Document
from documents.services import access as papers
from finance.models import Invoice
from finance.pay_tokens import address_of
from finance.queries.pay_links import page_of
from finance.queries.receivables import statement
from finance.services.payment_links import link_to_pay
from users.requests import UserRequest


class PortalDocumentViewSet(PortalViewSet):
    """Papers for a client."""

    queryset = Document.objects.order_by("-pk")
    serializer_class = shapes.PortalDocumentSerializer

    file_actions = {"download": "*/*"}

    @documented(
        summary="List documents", responses={200: shapes.PortalDocumentSerializer(many=True)}
    )
    def list(self, request: Request, organization: str) -> Response:
        """Papers about the client's own records and bills, newest first."""
        return self.page_of(documents_of(self.access), shapes.PortalDocumentSerializer)

    @documented(summary="Download a document", responses={200: "The file."})
    def download(self, request: UserRequest, organization: str, number: str) -> HttpResponseBase:
        """The file; that it was had is on record."""
        document = self.one_of(documents_of(self.access), number=number)
        found = papers.hand_to(document, user=request.user, at=timezone.now())
        return attached(found.content, found.file_name, found.media_type)


class PortalInvoiceViewSet(PortalViewSet):
    """A client's bills, its account, and where to pay."""

    queryset = Invoice.objects.order_by("-pk")
    serializer_class = shapes.PortalInvoiceSerializer
    flags = dict.fromkeys(("list", "retrieve", "pay", "statement"), "can_view_invoices")
    extra_query = ("since", "until", "currency")

    @documented(summary="List bills", responses={200: shapes.PortalInvoiceSerializer(many=True)})
    def list(self, request: Request, organization: str) -> Response:
        """What is to be paid and what was, newest first."""
        return self.page_of(invoices_of(self.organization), shapes.PortalInvoiceSerializer)

    @documented(summary="Read a bill", responses={200: shapes.PortalInvoiceSerializer})
    def retrieve(self, request: Request, organization: str, number: str) -> Response:
        """One bill; its PDF is among the documents."""
        bill = self.one_of(invoices_of(self.organization), number=number)
        return Response(shapes.PortalInvoiceSerializer(bill).data)

    @documented_action(
        summary="Get a link to pay a bill", responses={200: shapes.PortalPayLinkSerializer}
    )
    @idempotent
    def pay(self, request: UserRequest, organization: str, number: str) -> Response:
        """Where the bill is paid; the same address while it is open."""
        at = timezone.now()
        bill = self.one_of(invoices_of(self.organization), number=number)
        link = link_to_pay(bill, actor=request.user, at=at)
        shown = {
            "address": address_of(link.salt),
            "expires_at": link.expires_at,
            "providers": page_of(link, at=at).providers,
        }
        return Response(shapes.PortalPayLinkSerializer(shown).data)

    @documented(
        summary="Read the account",
        responses={200: shapes.PortalStatementSerializer},
        parameters={
            "since": ("string", "First day; 90 days ago when left out."),
            "until": ("string", "Last day; today when left out."),
            "currency": ("string", "The client's own when left out."),
        },
    )
    def statement(self, request: Request, organization: str) -> Response:
        """Bills and payments day by day, with what was owed after each."""
        today = self.organization.local_day(timezone.now())
        since, until = period_of(request.query_params, today=today)
        currency = currency_of(request.query_params, usual=self.organization.currency)
        found: Any = statement(
            self.organization.contact, currency=currency, since=since, until=until
        )
        return Response(shapes.PortalStatementSerializer(found).data)
