from typing import Any

from django.urls import path
from rest_framework.routers import SimpleRouter

from documents.views.agreements import AgreementViewSet
from documents.views.signing import SigningViewSet

router = SimpleRouter()
router.register("agreements", AgreementViewSet, basename="agreement")

# Reading is harmless, opening is noted: two verbs at one address, which no router writes.
SIGNING: dict[str, tuple[dict[str, Any], str]] = {
    "": ({"get": "retrieve", "post": "view"}, "signing"),
    "code/": ({"post": "code"}, "signing-code"),
    "document/": ({"get": "document", "post": "read"}, "signing-document"),
    "sign/": ({"post": "sign"}, "signing-sign"),
    "decline/": ({"post": "decline"}, "signing-decline"),
}

app_name = "agreements"
urlpatterns = [
    *router.urls,
    *[
        path(f"signing/<str:token>/{end}", SigningViewSet.as_view(verbs, detail=True), name=name)
        for end, (verbs, name) in SIGNING.items()
    ],
]
