from typing import Any, ClassVar

from django.db.models import Count, Prefetch
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import ReadViewSet
from users.models import Department, Permission, Role, RoleAssignment, RoleGrant, User, UserProfile
from users.queries.people import held_assignment, with_roles
from users.requests import UserRequest
from users.serializers import people as shapes
from users.serializers.auth import SetPasswordSerializer
from users.services import accounts, departments, passwords, profiles, roles, second_factor


class UserFilter(StrictFilterSet):
    """Who is active, who holds which role, who works where."""

    role = filters.CharFilter(method="holding", label="Code of a role held now.")
    department = filters.CharFilter(field_name="profile__department__code")

    class Meta:
        model = User
        fields = ["is_active", "role", "department"]

    def holding(self, rows: Any, name: str, value: str) -> Any:
        held = RoleAssignment.objects.live(timezone.now()).filter(role__code=value)
        return rows.filter(pk__in=held.values("user"))


class UserViewSet(ReadViewSet):
    """People who can sign in."""

    tag = "users"
    queryset = User.objects.order_by("last_name", "first_name", "pk")
    serializer_class = shapes.UserSerializer
    filterset_class = UserFilter
    search_fields = ["email", "first_name", "last_name"]
    ordering_fields = ["email", "last_name", "created_at"]
    input_serializers: ClassVar[dict] = {
        "create": shapes.CreateUserSerializer,
        "partial_update": shapes.ChangeUserSerializer,
        "deactivate": ReasonSerializer,
        "reactivate": ReasonSerializer,
        "assign_role": shapes.AssignRoleSerializer,
        "withdraw_role": shapes.WithdrawRoleSerializer,
        "set_password": SetPasswordSerializer,
        "reset_totp": ReasonSerializer,
    }
    action_permissions: ClassVar[dict] = {
        "reactivate": "deactivate",
        "assign_role": "users.add_roleassignment",
        "withdraw_role": "users.withdraw_roleassignment",
    }

    def get_queryset(self) -> Any:
        return with_roles(super().get_queryset(), at=timezone.now())

    @documented(
        summary="Open an account",
        request=shapes.CreateUserSerializer,
        responses={201: shapes.UserSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """Open an account with an empty profile and no role."""
        user = accounts.create_account(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(user, status.HTTP_201_CREATED)

    @documented(
        summary="Change an account",
        request=shapes.ChangeUserSerializer,
        responses={200: shapes.UserSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change name, e-mail address or date of birth; needs If-Match."""
        user = accounts.change_account(
            self.get_object(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
            **self.validated(),
        )
        return self.respond(user)

    @documented(
        summary="Deactivate an account",
        request=ReasonSerializer,
        responses={200: shapes.UserSerializer},
    )
    @action(detail=True, methods=["post"])
    def deactivate(self, request: UserRequest, pk: str) -> Response:
        """Close the account of somebody who left; their sessions and tokens end at once."""
        user = self.get_object()
        return self.respond(
            accounts.deactivate(user, **self.validated(), actor=request.user, at=timezone.now())
        )

    @documented(
        summary="Reactivate an account",
        request=ReasonSerializer,
        responses={200: shapes.UserSerializer},
    )
    @action(detail=True, methods=["post"])
    def reactivate(self, request: UserRequest, pk: str) -> Response:
        """Open a closed account again, with the roles that are still valid."""
        user = self.get_object()
        return self.respond(
            accounts.reactivate(user, **self.validated(), actor=request.user, at=timezone.now())
        )

    @documented(
        summary="Assign a role",
        request=shapes.AssignRoleSerializer,
        responses={200: shapes.UserSerializer},
    )
    @action(detail=True, methods=["post"])
    def assign_role(self, request: UserRequest, pk: str) -> Response:
        """Give the person a role; their sessions end. Nobody gives more than they hold."""
        user = self.get_object()
        roles.assign_role(user, **self.validated(), actor=request.user, at=timezone.now())
        return self.respond(user)

    @documented(
        summary="Withdraw a role",
        request=shapes.WithdrawRoleSerializer,
        responses={200: shapes.UserSerializer},
    )
    @action(detail=True, methods=["post"])
    def withdraw_role(self, request: UserRequest, pk: str) -> Response:
        """Take a role the person holds now; their sessions end."""
        user, given, now = self.get_object(), self.validated(), timezone.now()
        held = held_assignment(user, given["role"], at=now)
        roles.withdraw_role(held, reason=given["reason"], actor=request.user, at=now)
        return self.respond(user)

    @documented(
        summary="Set another person's password",
        request=SetPasswordSerializer,
        responses={200: shapes.UserSerializer},
    )
    @action(detail=True, methods=["post"])
    def set_password(self, request: UserRequest, pk: str) -> Response:
        """Give the person a new password; their sessions end."""
        user, new = self.get_object(), self.validated()["new_password"]
        passwords.set_password(user, new=new, actor=request.user, at=timezone.now())
        return self.respond(user)

    @documented(
        summary="Remove another person's second factor",
        request=ReasonSerializer,
        responses={200: shapes.UserSerializer},
    )
    @action(detail=True, methods=["post"])
    def reset_totp(self, request: UserRequest, pk: str) -> Response:
        """For somebody who lost their authenticator; their sessions end and they enroll anew."""
        user = self.get_object()
        second_factor.reset(user, **self.validated(), actor=request.user, at=timezone.now())
        return self.respond(user)


class ProfileFilter(StrictFilterSet):
    """Profiles of a person, by ARN, of a department."""

    department = filters.CharFilter(field_name="department__code")

    class Meta:
        model = UserProfile
        fields = ["user", "arn", "department"]


class ProfileViewSet(ReadViewSet):
    """What is kept about people besides the account."""

    tag = "users"
    queryset = UserProfile.objects.select_related("user", "department").order_by(
        "user__last_name", "user__first_name", "pk"
    )
    serializer_class = shapes.ProfileSerializer
    filterset_class = ProfileFilter
    search_fields = ["user__email", "user__first_name", "user__last_name", "employee_number"]
    input_serializers: ClassVar[dict] = {"partial_update": shapes.ChangeProfileSerializer}

    @documented(
        summary="Change a profile",
        request=shapes.ChangeProfileSerializer,
        responses={200: shapes.ProfileSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change department, title, ARN, telephone, time zone or emergency contact; If-Match."""
        profile = profiles.change_profile(
            self.get_object(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
            **self.validated(),
        )
        return self.respond(profile)


class RoleViewSet(ReadViewSet):
    """Jobs and what they allow."""

    tag = "users"
    queryset = Role.objects.prefetch_related(
        Prefetch("grants", RoleGrant.objects.select_related("permission__content_type"))
    ).order_by("code", "pk")
    serializer_class = shapes.RoleSerializer
    lookup_field = "code"
    lookup_value_regex = "[-a-zA-Z0-9_]{1,40}"
    filterset_fields = ["is_staff_role", "requires_totp"]
    search_fields = ["code", "name"]
    input_serializers: ClassVar[dict] = {
        "create": shapes.CreateRoleSerializer,
        "partial_update": shapes.ChangeRoleSerializer,
    }

    @documented(
        summary="Make a role",
        request=shapes.CreateRoleSerializer,
        responses={201: shapes.RoleSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """Make a role with its permissions; it cannot hold more than its maker does."""
        role = roles.create_role(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(role, status.HTTP_201_CREATED)

    @documented(
        summary="Change a role",
        request=shapes.ChangeRoleSerializer,
        responses={200: shapes.RoleSerializer},
    )
    def partial_update(self, request: UserRequest, code: str) -> Response:
        """Change a role; counts at its holders' next request; needs If-Match."""
        role = roles.change_role(
            self.get_object(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
            **self.validated(),
        )
        return self.respond(role)


class PermissionFilter(StrictFilterSet):
    """Everything that may be done to one kind of record."""

    resource = filters.CharFilter(method="about", label="Such as `rpas.battery`.")

    class Meta:
        model = Permission
        fields = ["resource"]

    def about(self, rows: Any, name: str, value: str) -> Any:
        app, _, model = value.partition(".")
        return rows.filter(content_type__app_label=app, content_type__model=model)


class PermissionViewSet(ReadViewSet):
    """Everything that can be granted: what may be done (action) to what (resource)."""

    tag = "users"
    queryset = Permission.objects.select_related("content_type").order_by(
        "content_type__app_label", "codename", "pk"
    )
    serializer_class = shapes.PermissionSerializer
    filterset_class = PermissionFilter
    search_fields = ["codename", "name"]


class RoleAssignmentFilter(StrictFilterSet):
    """Assignments of a person, of a role."""

    role = filters.CharFilter(field_name="role__code")

    class Meta:
        model = RoleAssignment
        fields = ["user", "role"]


class RoleAssignmentViewSet(ReadViewSet):
    """Who holds or held which role, when, and who gave it."""

    tag = "users"
    queryset = RoleAssignment.objects.select_related(
        "user", "role", "granted_by", "withdrawn_by"
    ).order_by("-valid_from", "-pk")
    serializer_class = shapes.RoleAssignmentSerializer
    filterset_class = RoleAssignmentFilter
    input_serializers: ClassVar[dict] = {
        "create": shapes.CreateRoleAssignmentSerializer,
        "withdraw": ReasonSerializer,
    }

    @documented(
        summary="Assign a role to a person",
        request=shapes.CreateRoleAssignmentSerializer,
        responses={201: shapes.RoleAssignmentSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """Give a person a role over a period; their sessions end."""
        held = roles.assign_role(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(held, status.HTTP_201_CREATED)

    @documented(
        summary="Withdraw an assignment",
        request=ReasonSerializer,
        responses={200: shapes.RoleAssignmentSerializer},
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: UserRequest, pk: str) -> Response:
        """End an assignment now; one that has not begun never will."""
        held = self.get_object()
        return self.respond(
            roles.withdraw_role(held, **self.validated(), actor=request.user, at=timezone.now())
        )


class DepartmentViewSet(ReadViewSet):
    """The parts of the organization."""

    tag = "users"
    queryset = (
        Department.objects.select_related("parent", "head")
        .annotate(member_count=Count("members"))
        .order_by("code", "pk")
    )
    serializer_class = shapes.DepartmentSerializer
    lookup_field = "code"
    lookup_value_regex = "[-a-zA-Z0-9_]{1,40}"
    search_fields = ["code", "name"]
    input_serializers: ClassVar[dict] = {
        "create": shapes.CreateDepartmentSerializer,
        "partial_update": shapes.ChangeDepartmentSerializer,
    }

    @documented(
        summary="Add a department",
        request=shapes.CreateDepartmentSerializer,
        responses={201: shapes.DepartmentSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """Add a department, below another or at the top."""
        made = departments.create_department(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(made, status.HTTP_201_CREATED)

    @documented(
        summary="Change a department",
        request=shapes.ChangeDepartmentSerializer,
        responses={200: shapes.DepartmentSerializer},
    )
    def partial_update(self, request: UserRequest, code: str) -> Response:
        """Rename a department, move it or give it another head; needs If-Match."""
        changed = departments.change_department(
            self.get_object(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
            **self.validated(),
        )
        return self.respond(changed)
