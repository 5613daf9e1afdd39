"""What a client's accuracy and the way the files are to come mean for the work and its price."""

from typing import Any

import msgspec
from msgspec import Struct

from client_management.authorities import Found
from client_management.models import ServiceRequest
from client_management.queries.areas import M2_PER_HA
from client_management.specifications import Specification
from client_management.survey.accuracy import MINUTES_PER_POINT, RTK_CM, Control, control_for
from client_management.survey.equipment import SCANNER
from client_management.survey.estimate import Estimate

ACCURACY = "ASPRS Positional Accuracy Standards (2014)"


class Wishes(Struct, frozen=True, kw_only=True):
    """What is found out about them, and the quantities that follow."""

    findings: tuple[Found, ...] = ()
    control: Control | None = None
    drives: int = 0

    @property
    def control_points(self) -> int:
        """Points to lay out on the ground."""
        return self.control.points if self.control else 0

    @property
    def ground_min(self) -> float:
        """Minutes in the field that they take beside the flying."""
        return self.control_points * MINUTES_PER_POINT

    def as_survey(self) -> dict[str, Any]:
        """As the survey of an assessment shows it."""
        if self.control is None:
            return {}
        shown = msgspec.to_builtins(self.control)
        return {"control": shown | {"best_cm": round(self.control.best_cm, 2)}}


def wishes_of(
    request: ServiceRequest, wanted: Specification, found: Estimate | None, *, has_rtk: bool
) -> Wishes:
    """Hold accuracy and medium against the flight lines and the aircraft that are meant."""
    control = control_for(
        wanted,
        found.how if found else None,
        SCANNER,
        area_ha=request.area_m2 / M2_PER_HA,
        has_rtk=has_rtk,
    )
    findings = [*(_accuracy(control, has_rtk=has_rtk) if control else ()), *_medium(wanted)]
    visits = found.visits if found else 1
    return Wishes(
        findings=tuple(findings),
        control=control,
        drives=visits if wanted.media == "drive" else 0,
    )


def _accuracy(control: Control, *, has_rtk: bool) -> list[Found]:
    if not control.is_possible:
        text = (
            f"{control.asked_cm:g} cm cannot be had from this height: at best"
            f" {control.best_cm:.1f} cm."
        )
        return [Found(color="red", code="accuracy_beyond", text=text, citation=ACCURACY)]
    found = []
    if control.needs_rtk and not has_rtk:
        text = f"{control.asked_cm:g} cm takes a scanner with RTK or PPK; none is named for it."
        found.append(Found(color="red", code="needs_rtk", text=text, citation=ACCURACY))
    if control.points:
        text = f"{control.points} control points are laid out and measured: {control.why}"
        found.append(Found(color="amber", code="needs_control", text=text, citation=ACCURACY))
    elif has_rtk and control.asked_cm >= RTK_CM:
        found.append(Found(color="note", code="met_by_rtk", text=control.why, citation=ACCURACY))
    return found


def _medium(wanted: Specification) -> list[Found]:
    if wanted.media == "drive":
        text = "The files go out on a drive: it is posted when they are released."
        return [Found(color="note", code="drive", text=text, citation="The request")]
    if wanted.media == "bucket" and not wanted.notes.strip():
        text = "The client's bucket is not named: ask for its address and a key to write there."
        return [Found(color="amber", code="bucket_unnamed", text=text, citation="The request")]
    return []
