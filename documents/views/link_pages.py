"""Pages whose address is the key: plain HTML that works without scripts; no account, no cookie."""

from typing import Any, ClassVar, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from common.api.throttling import AccountThrottle
from common.languages import in_language, language_of
from documents.queries.letterheads import letterhead


# Without cookies nothing is sent along by a browser unasked: the address itself is the secret that
# a forged request would have to know.
@method_decorator(csrf_exempt, name="dispatch")
class LinkPage(View):
    """
    A page for whoever holds its link.

    `by_token` finds the row behind an address, which is then `found`; `template` shows it in a
    state, and also says that an address is unknown, or that there were too many requests.
    """

    http_method_names = ["get", "head", "post"]
    throttle_class: ClassVar[type[AccountThrottle]]
    template: ClassVar[str]
    found: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page in its reader's language."""
        self.language = language_of(request)
        return in_language(self.language, lambda: self._found_page(request, *args, **kwargs))

    def _found_page(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Count the request, find the row, and keep the address to ourselves."""
        throttle = self.throttle_class()
        if not throttle.allow_request(cast(Any, request), cast(Any, self)):
            response: HttpResponseBase = self.page(request, "limited", status=429)
            response["Retry-After"] = str(int(throttle.wait() or 0) + 1)
        else:
            self.found = self.by_token(str(kwargs["token"]))
            if self.found is None:
                response = self.page(request, "unknown", status=404)
            else:
                response = self.opened(request, *args, **kwargs)
        response["Cache-Control"] = "no-store, private"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response

    def opened(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """What who holds a good link is answered."""
        return super().dispatch(request, *args, **kwargs)

    def by_token(self, token: str) -> Any:
        """The row that a token opens; none, for a page that does not say."""
        return None

    def page(self, request: HttpRequest, state: str, *, status: int, **shown: Any) -> HttpResponse:
        """The template in a state, with who it comes from."""
        head = letterhead()
        given = {
            "state": state,
            "operator": head.name,
            "phone": head.phone,
            "language": self.language,
            **shown,
        }
        return render(request, self.template, given, status=status)
