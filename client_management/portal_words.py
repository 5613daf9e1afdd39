"""The portal's plain words for what the records call their states and kinds."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = dict[str, Promise]

REQUEST: Words = {
    "draft": _("Draft"),
    "submitted": _("Handed in"),
    "assessing": _("We are looking at it"),
    "quoted": _("Offer waits for your answer"),
    "approved": pgettext_lazy("request", "Agreed"),
    "declined": _("Declined"),
    "expired": _("Offer ran out"),
    "cancelled": pgettext_lazy("request", "Called off"),
}
QUOTE: Words = {
    "sent": _("Waits for your answer"),
    "viewed": _("Waits for your answer"),
    "accepted": pgettext_lazy("offer", "Accepted"),
    "declined": _("Declined"),
    "expired": _("Ran out"),
    "superseded": _("Replaced by a newer offer"),
    "withdrawn": _("Taken back"),
}
JOB: Words = {
    "draft": _("Agreed"),
    "confirmed": _("Agreed"),
    "scheduled": _("Scheduled"),
    "in_progress": _("Being flown"),
    "delivered": _("Delivered, please look at it"),
    "accepted": _("Accepted"),
    "invoiced": _("Invoiced"),
    "completed": _("Completed"),
    "on_hold": _("On hold"),
    "cancelled": _("Called off"),
}
FLIGHT: Words = {
    "planned": _("Planned"),
    "in_review": _("Planned"),
    "rejected": _("To be planned anew"),
    "authorised": _("Planned"),
    "ready": _("Ready to fly"),
    "active": _("In the air"),
    "landed": _("Flown"),
    "logged": _("Flown"),
    "finalised": _("Flown"),
    "aborted": _("Broken off"),
    "cancelled": _("Called off"),
}
DELIVERABLE: Words = {
    "ready": _("Waits for your review"),
    "accepted": _("Accepted"),
    "rework": _("Sent back"),
    # Of what the client was given before.
    "uploaded": _("A new issue is being made"),
}
INVOICE: Words = {
    "open": _("To be paid"),
    "part_paid": _("Paid in part"),
    "paid": _("Paid"),
    "overdue": _("Overdue"),
    "void": _("Void"),
    "uncollectible": _("Written off"),
}
SERVICE: Words = {
    "mapping": _("Map or model from photographs"),
    "thermal": _("Thermal survey"),
    "lidar": _("Laser scan"),
    "inspection": _("Inspection of structures"),
    "video": _("Film and photographs"),
    "monitoring": _("Repeated survey"),
}
KIND: Words = {
    "orthophoto": _("Orthophoto"),
    "elevation": _("Elevation model"),
    "point_cloud": _("Point cloud"),
    "model": _("3-D model"),
    "photos": _("Photographs"),
    "video": _("Film"),
    "thermal": _("Thermal pictures"),
    "report": _("Report"),
    "data": _("Other data"),
}
PRIORITY: Words = {
    "1": _("Low"),
    "2": _("Normal"),
    "3": _("High"),
    "4": _("Urgent"),
    "5": _("Emergency"),
}
# The fields of the request form, where several things about it are refused at once.
FIELD: Words = {
    "title": _("Title"),
    "description": _("What it is for"),
    "service_type": _("Kind of work"),
    "specifications": _("Detail"),
    "gsd_cm": _("Detail"),
    "density_m2": _("Detail"),
    "structures": _("Structures"),
    "minutes": _("Length"),
    "visits": _("How many visits"),
    "days_between": _("Days between visits"),
    "area": _("Area"),
    "wanted_from": _("From"),
    "wanted_until": _("Before"),
    "priority": _("How pressing"),
    "site_contact_name": _("Who is on site"),
    "site_contact_phone": _("Telephone on site"),
    "site_notes": _("What we should know of the site"),
    "purchase_order": _("Your order number"),
    "budget": _("Budget"),
    "body": _("Your message"),
    "note": _("Remark"),
    "reason": _("Why not"),
}
# The steps of a job as a bar shows them.
STEPS = (_("Agreed"), _("Scheduled"), _("Flown"), _("Delivered"), _("Accepted"))
_DONE = {
    "draft": 1,
    "confirmed": 1,
    "on_hold": 1,
    "scheduled": 2,
    "in_progress": 2,
    "delivered": 4,
    "accepted": 5,
    "invoiced": 5,
    "completed": 5,
}


def steps_of(status: str, *, is_flown: bool) -> list[tuple[Promise, str]]:
    """Each step with `done`, `now` or `ahead`."""
    done = _DONE.get(status, 0)
    if done == 2 and is_flown:
        done = 3
    marks = ["done"] * done + ["now"] + ["ahead"] * len(STEPS)
    return list(zip(STEPS, marks, strict=False))
