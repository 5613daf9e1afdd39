"""Papers, money, messages and wishes as pages."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import NotFound, ValidationError

from client_management.models import Digest, MessageThread, MessageVia
from client_management.queries.messages import (
    GENERAL,
    messages_of,
    subject_named,
    threads_for,
    threads_open_to,
)
from client_management.queries.portal import (
    currencies_of,
    documents_of,
    invoices_of,
    owed_by,
)
from client_management.queries.portal_access import access_to
from client_management.services import messages
from client_management.services.accesses import PREFERENCES, set_preferences
from client_management.views.coverage import attached
from client_management.views.pages.door import ClientPage
from client_management.views.statement_period import currency_of, period_of
from client_management.views.threads import message_file
from common.exceptions import DomainError, StaleVersion
from documents.services import access as papers
from finance.models import UNSETTLED, ProviderName
from finance.queries.pay_links import providers_in_use
from finance.queries.receivables import statement
from finance.services import payments
from finance.services.payment_links import link_to_pay
from users.queries.preferences import chosen_by
from users.services.preferences import change_preferences
from users.views.preferences_form import PreferencesForm, refuse_stale

MOST = 100


class Documents(ClientPage):
    """Papers for the client."""

    section = "documents"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The newest first."""
        return self.show("portal/documents.html", rows=list(documents_of(self.access)[:MOST]))


class DocumentFile(ClientPage):
    """One paper."""

    def get(self, request: HttpRequest, number: str) -> HttpResponseBase:
        """The file; that it was had is on record."""
        row = self.one(documents_of(self.access), number=number)
        found = papers.hand_to(row, user=request.user, at=timezone.now())
        return attached(found.content, found.file_name, found.media_type)

    def again(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.missing()


class Invoices(ClientPage):
    """Bills and the account."""

    section = "invoices"
    flag = "can_view_invoices"

    def get(self, request: HttpRequest) -> HttpResponse:
        """What is to be paid, what was paid, day by day over the days that are asked for."""
        client = self.organization
        # Days that cannot be are said above the usual ones.
        asked = {} if self.errors else request.GET
        since, until = period_of(asked, today=client.local_day(timezone.now()))
        currency = currency_of(asked, usual=client.currency)
        account = statement(client.contact, currency=currency, since=since, until=until)
        rows = list(invoices_of(client)[:MOST])
        for row in rows:
            row.is_payable = row.status in UNSETTLED and row.balance > 0
        return self.show(
            "portal/invoices.html",
            rows=rows,
            account=account,
            owed=owed_by(client),
            currencies=sorted({client.currency, currency, *currencies_of(client)}),
        )


class Pay(ClientPage):
    """Paying one bill: with whom, then on to the provider's own page."""

    section = "invoices"
    flag = "can_view_invoices"

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        """The bill and who takes money for it."""
        row = self.one(invoices_of(self.organization), number=number)
        labels = dict(ProviderName.choices)
        is_open = row.status in UNSETTLED and row.balance > 0
        shown = [(name, labels[name]) for name in providers_in_use()] if is_open else []
        return self.show("portal/pay.html", row=row, providers=shown)


class PayDeed(ClientPage):
    """On to the provider; what is asked of it is outside the page's transaction."""

    section = "invoices"
    flag = "can_view_invoices"

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Record the attempt behind the door, then carry it out in front of it."""
        self.intent: Any = None
        response = super().answer(request, *args, **kwargs)
        if self.intent is None:
            return response
        intent = payments.carry_out(self.intent, actor=None, at=timezone.now())
        if urlsplit(intent.checkout_url).scheme not in ("http", "https"):
            return response
        # A link, not a redirect: the policy of the pages lets no form lead to another site.
        return self.show("portal/pay_on.html", address=intent.checkout_url)

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        """Begin to pay."""
        provider = request.POST.get("provider", "")
        if provider not in ProviderName.values:
            raise ValidationError({"provider": "?"})
        row = self.one(invoices_of(self.organization), number=number)
        at = timezone.now()
        link = link_to_pay(row, actor=request.user, at=at)
        self.intent = payments.record_checkout(link, provider=provider, at=at)
        return self.go("pay", number)

    def again(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.go("invoices")


class Threads(ClientPage):
    """What is written about what."""

    section = "messages"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Newest message first."""
        rows = threads_for(threads_open_to(self.access), request.user)
        return self.show("portal/threads.html", rows=list(rows[:MOST]), general=GENERAL)


class Thread(ClientPage):
    """What is written about one thing."""

    section = "messages"
    files: Sequence[messages.CheckedFile] = ()
    refusal: DomainError | None = None

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Look at files in front of the door: a scanner's minute is not spent in a transaction."""
        sent = [file for _, each in request.FILES.lists() for file in each]
        if sent and access_to(request.user, str(kwargs["organization"]), at=timezone.now()):
            try:
                self.files = messages.checked(sent)
            except DomainError as refusal:
                self.refusal = refusal
        return super().answer(request, *args, **kwargs)

    def get(self, request: HttpRequest, about: str) -> HttpResponse:
        """Oldest first, the newest hundred; they count as read."""
        thread = self._thread(about)
        rows = list(messages_of(thread)[:MOST])
        if rows:
            messages.mark_read(thread, up_to=rows[0], user=request.user)
        return self.show(
            "portal/thread.html",
            thread=thread,
            about=about,
            rows=rows[::-1],
            typed=request.POST.get("body", "")[:20_000],
        )

    def post(self, request: HttpRequest, about: str) -> HttpResponse:
        """Write."""
        if self.refusal is not None:
            raise self.refusal
        messages.post_message(
            self._thread(about),
            body=request.POST.get("body", "")[:20_000],
            files=self.files,
            is_from_client=True,
            via=MessageVia.PORTAL,
            actor=request.user,
            at=timezone.now(),
        )
        return self.go("thread", about, mark="#newest")

    def _thread(self, about: str) -> MessageThread:
        found = subject_named(self.access, about[:16])
        if found is None:
            raise NotFound
        request, job = found
        return messages.thread_of(self.organization, request=request, job=job)


class ThreadFile(ClientPage):
    """A file that came with a message."""

    def get(self, request: HttpRequest, about: str, file: str) -> HttpResponseBase:
        """As an attachment."""
        found = subject_named(self.access, about[:16])
        if found is None:
            raise NotFound
        of_request, of_job = found
        thread = messages.thread_of(self.organization, request=of_request, job=of_job)
        return message_file(thread, file)


class Wishes(ClientPage):
    """What one wants to hear of by mail, and how things are shown to oneself."""

    section = "wishes"
    form: PreferencesForm | None = None

    def get(self, request: HttpRequest) -> HttpResponse:
        """As it is set."""
        form = self.form or PreferencesForm(row=chosen_by(request.user))
        return self.show("portal/wishes.html", digests=Digest.choices, form=form)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Set the one or the other."""
        if "version" in request.POST:
            return self._show_otherwise(request)
        changes: dict[str, Any] = {
            name: request.POST.get(name) == "yes" for name in PREFERENCES if name != "digest"
        }
        digest = request.POST.get("digest", "")
        if digest not in Digest.values:
            raise ValidationError({"digest": "?"})
        set_preferences(
            self.access, changes={**changes, "digest": digest}, version=None, at=timezone.now()
        )
        return self.go("wishes", mark="?saved=yes")

    def _show_otherwise(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        self.form = form = PreferencesForm(request.POST, row=chosen_by(user))
        if form.is_valid():
            version, at = form.cleaned_data["version"], timezone.now()
            try:
                change_preferences(user, version=version, changes=form.changes(), at=at)
            except StaleVersion as refusal:
                refuse_stale(form, refusal)
            else:
                return self.go("wishes", mark="?saved=yes")
        response = self.get(request)
        response.status_code = 400
        return response
