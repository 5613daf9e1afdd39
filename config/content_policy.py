"""The content security policy: strict everywhere, with what the admin and the documents need."""

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

DOCUMENT_PAGES = {"swagger", "redoc"}


class ContentPolicyMiddleware(CSPMiddleware):
    """Adds to the policy of a page what CSP_ADMIN_UPDATE or CSP_DOCS_UPDATE allow it."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """The parts of the policy for the page that answered."""
        parts = super().get_policy_parts(request, response, report_only)
        match = request.resolver_match
        if match is not None and "admin" in match.app_names:
            parts.update = settings.CSP_ADMIN_UPDATE
        elif match is not None and match.url_name in DOCUMENT_PAGES:
            parts.update = settings.CSP_DOCS_UPDATE
        return parts
