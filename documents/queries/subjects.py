"""The records that documents are about, found without knowing what they are."""

from typing import Any

from django.apps import apps

from documents.exceptions import SubjectNotFound
from documents.reach import rows_of, subjects


def find_subject(subject_type: str, subject: Any, actor: Any) -> Any:
    """
    A record by its key or its number, among those somebody may see. Raises SubjectNotFound.

    Documents exist only of models that a kind is registered for.
    """
    if subject_type not in subjects():
        raise SubjectNotFound(subject="record")
    model = apps.get_model(subject_type)
    refusal = SubjectNotFound(subject=str(model._meta.verbose_name))
    text = str(subject)
    if text.isascii() and text.isdigit() and len(text) < 19:
        wanted: dict[str, Any] = {"pk": int(text)}
    elif any(field.name == "number" for field in model._meta.concrete_fields):
        wanted = {"number": text}
    else:
        raise refusal
    row = rows_of(subject_type, actor).filter(**wanted).first()
    if row is None:
        raise refusal
    return row
