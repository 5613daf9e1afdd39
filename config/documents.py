"""Where the API's own description is served."""

from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import AllowAny


class OpenApiDocumentView(SpectacularJSONAPIView):
    """The OpenAPI 3.1 document; left out of both documents, as the Swagger document is."""

    permission_classes = [AllowAny]
    swagger_schema = None
