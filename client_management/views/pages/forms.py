"""What the request form asks for each kind of service, as the specifications take it."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from client_management.models import ServiceRequest

# Name of the field, how it is read.
Reader = Callable[[str], Any]
FIELDS: dict[str, tuple[tuple[str, Reader], ...]] = {
    "mapping": (("gsd_cm", float),),
    "thermal": (("gsd_cm", float),),
    "lidar": (("density_m2", float),),
    "inspection": (("structures", int),),
    "video": (("minutes", float),),
    "monitoring": (("gsd_cm", float), ("visits", int), ("days_between", int)),
}
WITH_PRODUCTS = ("mapping", "monitoring")


def specifications_of(form: Any, before: ServiceRequest | None = None) -> dict[str, Any]:
    """
    The specifications of a filled-in form, for the kind of service that was chosen.

    Fields of other kinds are passed over: without scripts all of them are on the page. What the
    form does not ask for stays as it is on the draft `before`. Raises ValidationError.
    """
    service = form.get("service_type", "")
    found: dict[str, Any] = {}
    if before is not None and before.service_type == service:
        found |= before.specifications
    for name, read in FIELDS.get(service, ()):
        text = form.get(name, "").strip().replace(",", ".")
        if not text:
            raise ValidationError({name: _("This is needed for the kind of work you chose.")})
        try:
            found[name] = read(text[:20])
        except ValueError:
            raise ValidationError({name: _("This is not a number.")}) from None
    products = [str(each)[:40] for each in form.getlist("products")][:10]
    if service in WITH_PRODUCTS and products:
        found["products"] = products
    return found
