from django import forms

from common.admin import ServiceAdmin


class ReasonActionForm(ServiceAdmin.action_form):  # type: ignore[name-defined]
    """The bar above a list: which action, and why."""

    reason = forms.CharField(
        required=False, max_length=2000, widget=forms.TextInput(attrs={"placeholder": "Reason"})
    )
