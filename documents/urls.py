from django.urls import path
from rest_framework.routers import SimpleRouter

from documents.views.documents import DocumentAccessViewSet, DocumentViewSet
from documents.views.letterheads import LetterheadViewSet
from documents.views.making import DownloadView, GenerateViewSet, PackViewSet
from documents.views.templates import DocumentTemplateViewSet, KindViewSet

router = SimpleRouter()
router.register("documents", DocumentViewSet, basename="document")
router.register("packs", PackViewSet, basename="pack")
router.register("kinds", KindViewSet, basename="kind")
router.register("templates", DocumentTemplateViewSet, basename="template")
router.register("accesses", DocumentAccessViewSet, basename="access")

app_name = "documents"
urlpatterns = [
    path("generate/", GenerateViewSet.as_view({"post": "create"}), name="generate"),
    path(
        "letterhead/",
        LetterheadViewSet.as_view({"get": "retrieve", "patch": "partial_update"}, detail=True),
        name="letterhead",
    ),
    path("downloads/<str:token>/", DownloadView.as_view(), name="download"),
    *router.urls,
]
