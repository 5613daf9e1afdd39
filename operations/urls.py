from typing import Any

from django.urls import path
from rest_framework.routers import SimpleRouter

from operations.views.declines import DeclineViewSet, ResponseTimesViewSet
from operations.views.offers import OfferViewSet
from operations.views.quote_versions import QuoteVersionViewSet
from operations.views.quotes import QuoteViewSet

router = SimpleRouter()
router.register("quotes", QuoteViewSet, basename="quote")
router.register("quote-versions", QuoteVersionViewSet, basename="quote-version")
router.register("declines", DeclineViewSet, basename="decline")
router.register("response-times", ResponseTimesViewSet, basename="response-time")

# Reading is harmless, opening is noted: two verbs at one address, which no router writes.
OFFERS: dict[str, tuple[dict[str, Any], str]] = {
    "": ({"get": "retrieve", "post": "view"}, "offer"),
    "accept/": ({"post": "accept"}, "offer-accept"),
    "decline/": ({"post": "decline"}, "offer-decline"),
}

app_name = "operations"
urlpatterns = [
    *router.urls,
    *[
        path(f"offers/<str:token>/{end}", OfferViewSet.as_view(verbs, detail=True), name=name)
        for end, (verbs, name) in OFFERS.items()
    ],
]
