from typing import Any
from zoneinfo import available_timezones

from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from users.models import Department, Permission, Role, RoleAssignment, User, UserProfile
from users.models.profile import ARN, COUNTRY, PHONE

PRIVATE = (
    "emergency_contact_name",
    "emergency_contact_phone",
    "date_of_birth",
    "nationality",
    "travel_document_number",
    "travel_document_expires_on",
)
_DECLARED = ("date_of_birth", "travel_document_number")
_MAY_BE_NULL = {name: {"allow_null": True} for name in PRIVATE if name not in _DECLARED}


class UserSerializer(serializers.ModelSerializer):
    """A person who can sign in."""

    roles = serializers.ListField(
        source="role_codes", child=serializers.CharField(), help_text="Roles held now."
    )

    class Meta:
        model = User
        fields = [
            "id",
            "email",
            "first_name",
            "last_name",
            "full_name",
            "is_active",
            "roles",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class CreateUserSerializer(CommandSerializer):
    """Open an account; without a password nobody can sign in until one is set."""

    email = serializers.EmailField(max_length=254)
    first_name = serializers.CharField(max_length=100, allow_blank=True, default="")
    last_name = serializers.CharField(max_length=100)
    password = serializers.CharField(
        max_length=128, required=False, default="", allow_blank=True, trim_whitespace=False
    )
    date_of_birth = serializers.DateField(required=False, allow_null=True, default=None)


class ChangeUserSerializer(CommandSerializer):
    """Change name, e-mail address or date of birth; what is left out stays."""

    email = serializers.EmailField(max_length=254, required=False)
    first_name = serializers.CharField(max_length=100, allow_blank=True, required=False)
    last_name = serializers.CharField(max_length=100, required=False)
    date_of_birth = serializers.DateField(required=False, allow_null=True)


class ProfileSerializer(serializers.ModelSerializer):
    """What is kept about a person; private parts are null for colleagues."""

    email = serializers.CharField(source="user.email")
    full_name = serializers.CharField(source="user.full_name")
    department = serializers.CharField(source="department.code", default=None, allow_null=True)
    date_of_birth = serializers.DateField(source="user.date_of_birth", allow_null=True)
    travel_document_number = serializers.CharField(allow_null=True)

    class Meta:
        model = UserProfile
        fields = [
            "id",
            "user",
            "email",
            "full_name",
            "department",
            "job_title",
            "employee_number",
            "arn",
            "phone",
            "timezone",
            "date_of_birth",
            "emergency_contact_name",
            "emergency_contact_phone",
            "nationality",
            "travel_document_number",
            "travel_document_expires_on",
            "version",
            "updated_at",
        ]
        read_only_fields = fields
        extra_kwargs = _MAY_BE_NULL

    def to_representation(self, instance: UserProfile) -> dict[str, Any]:
        shown = super().to_representation(instance)
        reader = self.context["request"].user
        if reader.pk != instance.user_id and not reader.has_perm("users.change_userprofile"):
            shown.update(dict.fromkeys(PRIVATE))
        return shown


class ChangeOwnProfileSerializer(CommandSerializer):
    """What a person may change about themselves; what is left out stays."""

    phone = serializers.RegexField(PHONE, max_length=32, required=False, allow_blank=True)
    timezone = serializers.CharField(max_length=64, required=False, help_text="An IANA zone.")
    emergency_contact_name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    emergency_contact_phone = serializers.RegexField(
        PHONE, max_length=32, required=False, allow_blank=True
    )
    nationality = serializers.RegexField(
        COUNTRY, max_length=2, required=False, allow_blank=True, help_text="ISO 3166-1 alpha-2."
    )
    travel_document_number = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="Passport or crew member certificate, for crew lists.",
    )
    travel_document_expires_on = serializers.DateField(required=False, allow_null=True)

    def validate_timezone(self, value: str) -> str:
        if value not in available_timezones():
            raise serializers.ValidationError("Not a time zone of the IANA database.")
        return value


class ChangeProfileSerializer(ChangeOwnProfileSerializer):
    """Change what is kept about a person; what is left out stays."""

    department = VisibleSlugField(
        "code", queryset=Department.objects.all(), required=False, allow_null=True
    )
    job_title = serializers.CharField(max_length=100, required=False, allow_blank=True)
    employee_number = serializers.CharField(max_length=32, required=False, allow_blank=True)
    arn = serializers.RegexField(
        ARN, max_length=9, required=False, allow_blank=True, help_text="4 to 9 digits."
    )


class SecondFactorSerializer(serializers.Serializer):
    """Where a person stands with the second factor."""

    is_required = serializers.BooleanField()
    is_enrolled = serializers.BooleanField()


class MeSerializer(serializers.Serializer):
    """Who is asking, and what they may do."""

    id = serializers.IntegerField()
    email = serializers.CharField()
    full_name = serializers.CharField()
    is_staff = serializers.BooleanField()
    is_superuser = serializers.BooleanField()
    profile = ProfileSerializer()
    roles = serializers.ListField(child=serializers.CharField())
    permissions = serializers.ListField(child=serializers.CharField())
    scopes = serializers.ListField(
        child=serializers.CharField(), help_text="The operators one belongs to."
    )
    second_factor = SecondFactorSerializer()


class PermissionSerializer(serializers.ModelSerializer):
    """One thing that may be done (`action`) to one kind of record (`resource`)."""

    code = serializers.CharField()
    resource = serializers.CharField()
    action = serializers.CharField()

    class Meta:
        model = Permission
        fields = ["id", "code", "resource", "action", "name"]
        read_only_fields = fields


class RoleSerializer(serializers.ModelSerializer):
    """A job and what whoever holds it may do."""

    permissions = serializers.SerializerMethodField()

    class Meta:
        model = Role
        fields = [
            "id",
            "code",
            "name",
            "description",
            "is_staff_role",
            "requires_totp",
            "permissions",
            "version",
            "updated_at",
        ]
        read_only_fields = fields

    def get_permissions(self, role: Role) -> list[str]:
        held = [row.permission for row in role.grants.all()]
        return sorted(f"{p.content_type.app_label}.{p.codename}" for p in held)


class _RoleFieldsSerializer(CommandSerializer):
    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=2000, allow_blank=True, default="")
    is_staff_role = serializers.BooleanField(default=False)
    requires_totp = serializers.BooleanField(default=False)
    permissions = serializers.ListField(
        child=serializers.CharField(max_length=160), max_length=1000, default=list
    )


class CreateRoleSerializer(_RoleFieldsSerializer):
    """Make a role; it cannot hold more than its maker does."""

    code = serializers.SlugField(max_length=40)


class ChangeRoleSerializer(CommandSerializer):
    """Change a role; what is left out stays; `permissions` replaces the whole list."""

    name = serializers.CharField(max_length=100, required=False)
    description = serializers.CharField(max_length=2000, allow_blank=True, required=False)
    is_staff_role = serializers.BooleanField(required=False)
    requires_totp = serializers.BooleanField(required=False)
    permissions = serializers.ListField(
        child=serializers.CharField(max_length=160), max_length=1000, required=False
    )


class RoleAssignmentSerializer(serializers.ModelSerializer):
    """A role held by a person over a period; the end is excluded."""

    email = serializers.CharField(source="user.email")
    role = serializers.CharField(source="role.code")
    granted_by = serializers.CharField(source="granted_by.email", default=None, allow_null=True)
    withdrawn_by = serializers.CharField(source="withdrawn_by.email", default=None, allow_null=True)

    class Meta:
        model = RoleAssignment
        fields = [
            "id",
            "user",
            "email",
            "role",
            "valid_from",
            "valid_until",
            "granted_by",
            "withdrawn_by",
            "reason",
            "version",
        ]
        read_only_fields = fields


class AssignRoleSerializer(CommandSerializer):
    """Give the person a role, from now or from a later moment."""

    role = VisibleSlugField("code", queryset=Role.objects.all())
    valid_from = serializers.DateTimeField(required=False, allow_null=True, default=None)
    valid_until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class CreateRoleAssignmentSerializer(AssignRoleSerializer):
    """Give a person a role."""

    user = VisibleSlugField("id", queryset=User.objects.all())


class WithdrawRoleSerializer(CommandSerializer):
    """Take a role the person holds now."""

    role = VisibleSlugField("code", queryset=Role.objects.all())
    reason = serializers.CharField(max_length=2000)


class DepartmentSerializer(serializers.ModelSerializer):
    """A part of the organization."""

    parent = serializers.CharField(source="parent.code", default=None, allow_null=True)
    head = serializers.CharField(source="head.email", default=None, allow_null=True)
    member_count = serializers.IntegerField()

    class Meta:
        model = Department
        fields = ["id", "code", "name", "parent", "head", "member_count", "version", "updated_at"]
        read_only_fields = fields


class CreateDepartmentSerializer(CommandSerializer):
    """Add a department, below another or at the top."""

    code = serializers.SlugField(max_length=40)
    name = serializers.CharField(max_length=100)
    parent = VisibleSlugField(
        "code", queryset=Department.objects.all(), required=False, allow_null=True
    )
    head = VisibleSlugField("id", queryset=User.objects.all(), required=False, allow_null=True)


class ChangeDepartmentSerializer(CommandSerializer):
    """Rename a department, move it or give it another head; what is left out stays."""

    name = serializers.CharField(max_length=100, required=False)
    parent = VisibleSlugField(
        "code", queryset=Department.objects.all(), required=False, allow_null=True
    )
    head = VisibleSlugField("id", queryset=User.objects.all(), required=False, allow_null=True)
