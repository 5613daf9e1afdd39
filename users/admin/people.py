from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from common.admin import ReadOnlyAdmin
from common.desk.screen import DeskAdmin
from common.screens.search import Found
from users.admin.forms import ServiceFormAdmin
from users.desk import DESK
from users.models import Department, Permission, Role, RoleAssignment, User, UserProfile
from users.services import accounts, departments, profiles, roles, second_factor

# Groups would be a second way to rights; the devices' screens would show secrets.
for model in (Group, TOTPDevice, StaticDevice):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

IN_ADMIN = "In the admin."


class UserForm(forms.ModelForm):
    """Name and address; a password only when the account is opened."""

    password = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="12 characters or more; without one nobody can sign in yet.",
    )

    class Meta:
        model = User
        fields = ["email", "first_name", "last_name", "date_of_birth"]


@admin.register(User)
class UserAdmin(DeskAdmin, ServiceFormAdmin):
    about = (
        "Accounts of everybody who can sign in. Open an account, close it or remove a lost second "
        "factor. What a person may do comes from Role assignments, what they can fly from "
        "Qualifications."
    )
    desk = DESK
    list_display = ["email", "full_name", "is_active", "created_at"]
    list_filter = ["is_active"]
    search_fields = ["email", "first_name", "last_name"]
    found_by = Found("email", "last_name", words=("email", "first_name", "last_name"))
    ordering = ["last_name", "first_name", "pk"]
    readonly_fields = ["is_active", "created_at", "updated_at"]
    form = UserForm
    final_actions: ClassVar[list] = ["reset_totp"]
    actions: ClassVar[list] = ["deactivate", "reactivate", "reset_totp"]

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        names = ["email", "first_name", "last_name"]
        if obj is None:
            return [*names, "date_of_birth", "password"]
        # As the API has it: what is private is not for every colleague.
        private = ["date_of_birth"] if self.has_change_permission(request, obj) else []
        return [*names, *private, *self.readonly_fields]

    def has_deactivate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("users.deactivate_user"))

    def has_reset_totp_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("users.reset_totp_user"))

    def save_model(self, request: Any, obj: User, form: Any, change: bool) -> None:
        changes, now = self.changed(form), timezone.now()
        if change:
            saved = accounts.change_account(
                obj, version=None, actor=request.user, at=now, **changes
            )
        else:
            given = {name: form.cleaned_data[name] for name in form.cleaned_data}
            saved = accounts.create_account(**given, actor=request.user, at=now)
        self.become(obj, saved)

    @admin.action(description="Deactivate selected accounts", permissions=["deactivate"])
    def deactivate(self, request: Any, queryset: QuerySet) -> None:
        self.run_service(
            request,
            queryset,
            lambda user: accounts.deactivate(
                user, reason=IN_ADMIN, actor=request.user, at=timezone.now()
            ),
            "deactivated",
        )

    @admin.action(description="Reactivate selected accounts", permissions=["deactivate"])
    def reactivate(self, request: Any, queryset: QuerySet) -> None:
        self.run_service(
            request,
            queryset,
            lambda user: accounts.reactivate(
                user, reason=IN_ADMIN, actor=request.user, at=timezone.now()
            ),
            "reactivated",
        )

    @admin.action(description="Remove second factor", permissions=["reset_totp"])
    def reset_totp(self, request: Any, queryset: QuerySet) -> None:
        self.run_service(
            request,
            queryset,
            lambda user: second_factor.reset(
                user, reason=IN_ADMIN, actor=request.user, at=timezone.now()
            ),
            "second factor removed",
        )


class ProfileForm(forms.ModelForm):
    """A profile, with the number of the travel document, which is kept encrypted."""

    # Not by the column's name: the admin takes none of what is encrypted for a field of a form.
    travel_document = forms.CharField(
        label="Travel document number",
        max_length=40,
        required=False,
        help_text="Passport or crew member certificate.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["travel_document"] = self.instance.travel_document_number or ""
        # The theme dresses the fields of columns only.
        if like := self.fields.get("employee_number"):
            attributes = self.fields["travel_document"].widget.attrs
            attributes["class"] = like.widget.attrs.get("class", "")


@admin.register(UserProfile)
class UserProfileAdmin(ServiceFormAdmin):
    form = ProfileForm
    about = (
        "What we keep of a colleague: department, telephone, ARN, time zone, whom to call in an "
        "emergency. Change it here. Local times on History pages follow the zone."
    )
    list_display = ["user", "department", "job_title", "arn", "phone", "timezone"]
    list_select_related = ["user", "department"]
    list_filter = ["department"]
    search_fields = ["user__email", "user__last_name", "arn", "employee_number"]
    ordering = ["user__last_name", "pk"]
    readonly_fields = ["user"]
    WORK: ClassVar[list] = [
        "user",
        "department",
        "job_title",
        "employee_number",
        "arn",
        "phone",
        "timezone",
    ]
    PRIVATE: ClassVar[list] = [
        "emergency_contact_name",
        "emergency_contact_phone",
        "nationality",
        "travel_document",
        "travel_document_expires_on",
    ]

    def get_fields(self, request: HttpRequest, obj: UserProfile | None = None) -> list[str]:
        # As the API has it: what is private is not for every colleague.
        may_change = self.has_change_permission(request, obj)
        return [*self.WORK, *self.PRIVATE] if may_change else self.WORK

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: Any, obj: UserProfile, form: Any, change: bool) -> None:
        changes = self.changed(form)
        if "travel_document" in changes:
            changes["travel_document_number"] = changes.pop("travel_document")
        saved = profiles.change_profile(
            obj, version=None, actor=request.user, at=timezone.now(), **changes
        )
        self.become(obj, saved)


class RoleForm(forms.ModelForm):
    """A role and the permissions it carries."""

    granted = forms.ModelMultipleChoiceField(
        Permission.objects.select_related("content_type").order_by(
            "content_type__app_label", "content_type__model", "codename"
        ),
        required=False,
        widget=FilteredSelectMultiple("permissions", is_stacked=False),
    )

    class Meta:
        model = Role
        fields = ["code", "name", "description", "is_staff_role", "requires_totp"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["granted"] = [grant.permission_id for grant in self.instance.grants.all()]

    def clean_granted(self) -> list[str]:
        return [row.code for row in self.cleaned_data["granted"]]


@admin.register(Role)
class RoleAdmin(ServiceFormAdmin):
    about = (
        "Bundles of permissions that belong to a post. Change what a role allows here; sessions "
        "of its holders begin anew. Who holds it is under Role assignments."
    )
    list_display = ["code", "name", "is_staff_role", "requires_totp", "is_customized"]
    list_filter = ["is_staff_role", "requires_totp"]
    search_fields = ["code", "name"]
    ordering = ["code"]
    form = RoleForm
    fields = ["code", "name", "description", "is_staff_role", "requires_totp", "granted"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["code"] if obj else []

    def save_model(self, request: Any, obj: Role, form: Any, change: bool) -> None:
        now = timezone.now()
        given = self.changed(form) if change else dict(form.cleaned_data)
        if "granted" in given:
            given["permissions"] = given.pop("granted")
        if change:
            saved = roles.change_role(obj, version=None, actor=request.user, at=now, **given)
        else:
            saved = roles.create_role(**given, actor=request.user, at=now)
        self.become(obj, saved)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Nothing: the service has written the permissions."""


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(ServiceFormAdmin):
    about = (
        "Who holds which role, from when to when. Give a role with a reason, or withdraw one. It "
        "counts at the person's next request."
    )
    list_display = ["user", "role", "valid_from", "valid_until", "granted_by", "withdrawn_by"]
    list_select_related = ["user", "role", "granted_by", "withdrawn_by"]
    list_filter = ["role"]
    search_fields = ["user__email", "user__last_name"]
    ordering = ["-valid_from", "-pk"]
    fields = ["user", "role", "valid_from", "valid_until", "reason"]
    autocomplete_fields = ["user"]
    final_actions: ClassVar[list] = ["withdraw"]
    actions: ClassVar[list] = ["withdraw"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("users.withdraw_roleassignment"))

    def save_model(self, request: Any, obj: RoleAssignment, form: Any, change: bool) -> None:
        saved = roles.assign_role(**form.cleaned_data, actor=request.user, at=timezone.now())
        self.become(obj, saved)

    @admin.action(description="Withdraw selected roles", permissions=["withdraw"])
    def withdraw(self, request: Any, queryset: QuerySet) -> None:
        self.run_service(
            request,
            queryset,
            lambda held: roles.withdraw_role(
                held, reason=IN_ADMIN, actor=request.user, at=timezone.now()
            ),
            "withdrawn",
        )


@admin.register(Department)
class DepartmentAdmin(ServiceFormAdmin):
    about = (
        "The parts of the company and who heads each. Set one up or rename it here. People are "
        "put into a department on their profile."
    )
    list_display = ["code", "name", "parent", "head"]
    list_select_related = ["parent", "head"]
    search_fields = ["code", "name"]
    ordering = ["code"]
    fields = ["code", "name", "parent", "head"]
    autocomplete_fields = ["head"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["code"] if obj else []

    def save_model(self, request: Any, obj: Department, form: Any, change: bool) -> None:
        now = timezone.now()
        if change:
            saved = departments.change_department(
                obj, version=None, actor=request.user, at=now, **self.changed(form)
            )
        else:
            saved = departments.create_department(**form.cleaned_data, actor=request.user, at=now)
        self.become(obj, saved)


@admin.register(Permission)
class PermissionAdmin(ReadOnlyAdmin):
    about = (
        "Every right there is, by its name. Rights come with the product and cannot be made up. "
        "Roles bundle them for people."
    )
    list_display = ["code", "resource", "action", "name"]
    list_select_related = ["content_type"]
    search_fields = ["codename", "name"]
    ordering = ["content_type__app_label", "codename"]
