from typing import Any

from django import forms

from documents.kinds import kinds
from documents.models import DocumentTemplate, Letterhead

LETTERHEAD_FIELDS = [
    "name",
    "address",
    "phone",
    "email",
    "website",
    "registration",
    "certificate",
    "color",
    "foot",
]


class PurposeForm(forms.Form):
    """What a document is wanted for."""

    purpose = forms.CharField(
        max_length=200,
        required=False,
        label="What for",
        help_text="Needed for medical documents. No names.",
    )


class SubjectForm(PurposeForm):
    """The record to show a template with, and what for."""

    field_order = ("subject", "purpose")
    subject = forms.CharField(max_length=40, label="Record (its number or id)")


class TemplateForm(forms.ModelForm):
    """An edition of a template; the service checks its text."""

    kind = forms.ChoiceField(choices=())
    text = forms.CharField(strip=False, widget=forms.Textarea(attrs={"rows": 30, "cols": 110}))

    class Meta:
        model = DocumentTemplate
        fields = ["kind", "text", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields.get("kind")
        if choice is not None:
            choice.choices = [(kind.key, kind.title) for kind in kinds()]  # type: ignore[attr-defined]


class LetterheadForm(forms.ModelForm):
    """Who documents come from; the service checks the logo."""

    logo_file = forms.FileField(required=False, label="Logo (PNG or JPEG)")
    remove_logo = forms.BooleanField(required=False)

    class Meta:
        model = Letterhead
        fields = LETTERHEAD_FIELDS
        widgets = {"color": forms.TextInput(attrs={"type": "color"})}
