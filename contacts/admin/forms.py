from typing import Any, ClassVar

from django import forms
from django.forms.models import BaseInlineFormSet

from common.admin import ServiceAdmin, ServiceInline
from contacts.models import (
    FBO,
    Channel,
    Communication,
    Contact,
    ContactRole,
    Direction,
    FBOService,
    GroundProvider,
    GroundService,
)

MOST_ENTRIES = 30


class ReasonedActionForm(ServiceAdmin.action_form):  # type: ignore[name-defined]
    """The bar above a list: which action, and why."""

    reason = forms.CharField(
        required=False, max_length=2000, widget=forms.TextInput(attrs={"placeholder": "Reason"})
    )


def some_of(choices: Any) -> forms.MultipleChoiceField:
    """Boxes to tick."""
    return forms.MultipleChoiceField(
        choices=choices, required=False, widget=forms.CheckboxSelectMultiple
    )


class ContactForm(forms.ModelForm):
    """What is known of a contact; the service checks it."""

    roles = some_of(ContactRole.choices)

    class Meta:
        model = Contact
        fields = [
            "kind",
            "name",
            "roles",
            "parent",
            "job_title",
            "country",
            "timezone",
            "website",
            "notes",
        ]


PROVIDER_FIELDS = [
    "airport",
    "contact",
    "name",
    "hours_kind",
    "hours",
    "notice_min",
    "phone",
    "after_hours_phone",
    "email",
    "website",
    "services",
    "notes",
]


class CheckedByServiceForm(forms.ModelForm):
    """A form that leaves what fields must be together to the service, which says it in words."""

    settled_by_service: ClassVar[set[str]] = {"hours_kind", "is_primary", "care_level"}

    def _get_validation_exclusions(self) -> set[str]:
        # Django leaves out the constraints of excluded fields, and has no other way to say so.
        return {*super()._get_validation_exclusions(), *self.settled_by_service}  # type: ignore[misc]


class FBOForm(CheckedByServiceForm):
    """An FBO."""

    services = some_of(FBOService.choices)

    class Meta:
        model = FBO
        fields = [*PROVIDER_FIELDS, "frequencies_mhz", "is_active"]


class GroundProviderForm(CheckedByServiceForm):
    """A ground provider."""

    services = some_of(GroundService.choices)

    class Meta:
        model = GroundProvider
        fields = [*PROVIDER_FIELDS, "kind", "care_level", "stretchers", "seats", "is_active"]


class DetailInline(ServiceInline):
    """Rows of a contact that may be typed in by whoever may change the contact."""

    form = CheckedByServiceForm
    can_delete = True
    extra = 1

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.has_perm("contacts.view_contact"))

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        is_open = obj is None or obj.merged_into_id is None
        return is_open and bool(request.user.has_perm("contacts.change_contact"))

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


class HistoryFormSet(BaseInlineFormSet):
    """The latest entries of a contact and of those that were merged into it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "queryset": Communication.objects.none()})
        rows = Communication.objects.with_contact(self.instance.pk).select_related("author")
        self.queryset = rows.order_by("-occurred_at", "-pk")[:MOST_ENTRIES]


class MergeForm(forms.Form):
    """Which of two contacts stays, and how they were found to be one."""

    reason = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class LogForm(forms.Form):
    """A call, mail, message or note that has just been."""

    channel = forms.ChoiceField(choices=Channel.choices, initial=Channel.CALL)
    direction = forms.ChoiceField(choices=Direction.choices, initial=Direction.IN)
    subject = forms.CharField(max_length=200, required=False)
    body = forms.CharField(
        max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 8})
    )
