from typing import Any

from django.contrib.gis.geos import Point
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.peers.models import BaselineLog

MEASURED = [
    "sequence", "recorded_at", "lat", "lon", "altitude_m", "speed_ms", "heading_deg",
    "battery_percent",
]  # fmt: skip


class RowSerializer(serializers.ModelSerializer):
    """A position with its operation as a related field: one SELECT per row."""

    class Meta:
        model = BaselineLog
        fields = ["operation", *MEASURED]


class BareRowSerializer(serializers.ModelSerializer):
    """The same without the related field, for a kinder baseline."""

    class Meta:
        model = BaselineLog
        fields = MEASURED


class BaselineView(APIView):
    """ModelSerializer(many=True) and bulk_create; checks no limits."""

    permission_classes = [IsAuthenticated]
    throttle_classes: list[Any] = []
    serializer_class: type[serializers.ModelSerializer] = RowSerializer

    def post(self, request: Request, operation_id: int) -> Response:
        """Store positions."""
        serializer = self.serializer_class(data=request.data, many=True)
        serializer.is_valid(raise_exception=True)
        BaselineLog.objects.bulk_create(
            BaselineLog(
                **({"operation_id": operation_id} | row), location=Point(row["lon"], row["lat"])
            )
            for row in serializer.validated_data
        )
        return Response({"accepted": len(serializer.validated_data)})


class BareBaselineView(BaselineView):
    """The kinder baseline: the operation comes from the address."""

    serializer_class = BareRowSerializer
