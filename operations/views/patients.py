from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from aircraft.views.questions import asked
from common.api.docs import documented
from common.api.etags import with_etag
from common.api.idempotency import idempotent
from common.api.pagination import NewestFirstCursorPagination
from operations.models import AccessPurpose, Patient, PatientAccess
from operations.models.patient import SEALED
from operations.privacy import PATIENT_FIELDS, view_of
from operations.serializers import patients as shapes
from operations.serializers.personal import PurposeQuerySerializer
from operations.services import access, patients
from operations.views.personal import PersonalViewSet
from users.requests import UserRequest

Row = shapes.PatientRowSerializer
PURPOSES = ", ".join(f"`{purpose}`" for purpose in AccessPurpose.values)


class PatientViewSet(mixins.ListModelMixin, PersonalViewSet):
    """
    People carried for medical care. Lists and answers to writes show number, mass and stretcher;
    who somebody is, and what ails them, shows in one record at a time, and every look is on record.
    """

    tag = "operations"
    queryset = Patient.objects.order_by("-pk")
    serializer_class = Row
    lookup_field = "number"
    lookup_value_regex = "PT-[0-9]{4}-[0-9]{4,8}"
    search_fields = ["number"]
    ordering_fields = ["number"]
    input_serializers = {
        "create": shapes.RegisterPatientSerializer,
        "partial_update": shapes.ChangePatientSerializer,
        "search": shapes.SearchPatientSerializer,
        "break_glass": shapes.BreakGlassSerializer,
    }
    action_permissions = {"accesses": "operations.view_patientaccess"}

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if getattr(self, "swagger_fake_view", False):
            return context
        return {**context, "view": view_of(PATIENT_FIELDS, self.holds())}

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.defer(*SEALED) if self.action == "list" else rows

    @documented(
        summary="Read a patient",
        responses={200: shapes.PatientSerializer},
        parameters={"purpose": ("string", f"What for, where a person is shown: {PURPOSES}.")},
    )
    def retrieve(self, request: UserRequest, number: str) -> Response:
        """
        What the caller may see of a patient; the names of the other fields are in `withheld`.

        The look is written down in the same transaction: no record, no answer. Example:
        `?purpose=care`.
        """
        purpose = asked(request, PurposeQuerySerializer)["purpose"]
        with transaction.atomic():
            patient = self.get_object()
            view = access.look_at_patient(
                patient,
                holds=self.holds(),
                purpose=purpose,
                actor=request.user,
                at=timezone.now(),
            )
            data = shapes.PatientSerializer(patient, context={"view": view}).data
        return with_etag(Response(data), patient)

    @documented(
        summary="Register a patient",
        request=shapes.RegisterPatientSerializer,
        responses={201: Row},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Put a patient on file; 409 where somebody on file looks the same, for who may search. For
        others the answer is the same either way, and a match is left to who may settle it.

        Example: `{"mass_kg": 82, "needs_stretcher": true, "family_name": "Example", "given_names":
        "Ana Maria", "date_of_birth": "1961-04-02", "sex": "female", "medical_record_number":
        "RPA 00417-2", "diagnosis": "Polytrauma, stable", "infectious_status": ""}`.
        """
        patient = patients.register_patient(
            **self.validated(),
            may_search=self.holds()("operations.search_patient"),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(patient, status.HTTP_201_CREATED)

    @documented(
        summary="Change a patient's record",
        request=shapes.ChangePatientSerializer,
        responses={200: Row},
    )
    def partial_update(self, request: UserRequest, number: str) -> Response:
        """Change what one may see; decisions on flights to come are taken back. Needs If-Match."""
        patient = patients.change_patient(
            self.get_object(),
            changes=self.validated(),
            holds=self.holds(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(patient)

    @documented(
        summary="Search for a patient",
        request=shapes.SearchPatientSerializer,
        responses={200: Row(many=True)},
    )
    @action(detail=False, methods=["post"], pagination_class=None, filter_backends=[])
    def search(self, request: UserRequest) -> Response:
        """
        Patients of a record number, or of a name and birth date, 20 at most; on record either way.

        Example: `{"purpose": "transport", "medical_record_number": "RPA 00417-2"}`.
        """
        given = self.validated()
        told = {"purpose": given.pop("purpose"), "actor": request.user, "at": timezone.now()}
        if number := given.get("medical_record_number"):
            found = patients.search_by_record_number(number, **told)
        else:
            found = patients.search_by_birth(**given, **told)
        return Response(Row(found, many=True, context=self.get_serializer_context()).data)

    @documented(
        summary="Break the glass",
        request=shapes.BreakGlassSerializer,
        responses={201: shapes.GlassSerializer},
    )
    @action(detail=True, methods=["post"], url_path="break-glass")
    @idempotent
    def break_glass(self, request: UserRequest, number: str) -> Response:
        """
        Open the whole record to the caller for 60 minutes, in an emergency; read the patient then.

        Example: `{"purpose": "emergency", "reason": "Cardiac arrest in flight, no nurse"}`.
        """
        glass = access.break_glass(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return Response(shapes.GlassSerializer(glass).data, status=status.HTTP_201_CREATED)

    @documented(
        summary="List who looked at a patient",
        responses={200: shapes.PatientAccessSerializer(many=True)},
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=NewestFirstCursorPagination,
        filter_backends=[],
    )
    def accesses(self, request: Request, number: str) -> Response:
        """Every look at the record and every search that found it, newest first."""
        rows = PatientAccess.objects.visible_to(request.user).filter(patient=self.get_object())
        page = self.paginate_queryset(rows.select_related("user"))
        return self.get_paginated_response(shapes.PatientAccessSerializer(page, many=True).data)
