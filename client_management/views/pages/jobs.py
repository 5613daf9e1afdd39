"""Jobs and what comes of them as pages."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from client_management.models import CoverageReport, Deliverable, DeliverableStatus, JobStatus
from client_management.portal_words import steps_of
from client_management.queries.deliverables import as_given, shown_issues
from client_management.queries.portal import (
    flights_of,
    flying_of,
    jobs_of,
    positions_of,
    with_progress,
)
from client_management.serializers.portal import ReviewSerializer, ReworkSerializer
from client_management.services import deliverables
from client_management.services.job_steps import accept_job
from client_management.views.coverage import as_picture, rough
from client_management.views.deliverables import hand_out, numbered
from client_management.views.pages.area_text import bounds_of
from client_management.views.pages.door import ClientPage
from common.preferences import preferences

MOST = 100
MOST_FLIGHTS = 200


class Jobs(ClientPage):
    """Work that was agreed on."""

    section = "jobs"
    flag = "can_view_jobs"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The newest first, each with how far it is."""
        return self.show("portal/jobs.html", rows=with_progress(jobs_of(self.organization)[:MOST]))


class Job(ClientPage):
    """One job: how far, which flights, what was covered, where the aircraft is now."""

    section = "jobs"
    flag = "can_view_jobs"
    deed_flag = "can_approve_quotes"

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        """Everything of it on one page."""
        rows = jobs_of(self.organization).prefetch_related("milestones")
        (job,) = with_progress([self.one(rows, number=number)])
        report = CoverageReport.objects.for_client(self.organization).filter(job=job)
        newest = report.order_by("-pk").first()
        return self.show(
            "portal/job.html",
            job=job,
            steps=steps_of(job.status, is_flown=job.progress.percent >= 100),
            flights=list(flights_of(job)[:MOST_FLIGHTS]),
            milestones=sorted(job.milestones.all(), key=lambda each: each.sequence),
            deliverables=list(_given(self.organization).filter(job=job)[:MOST]),
            report=newest,
            area=job.request.area.geojson,
            missing=json.dumps(rough(newest.missing)) if newest and newest.missing else "",
            bounds=json.dumps(bounds_of(job.request.area)),
            positions=json.dumps(self._positions(job)),
            is_flying=self.access.can_track_live and self._is_flying(job),
            height_unit="ft" if preferences().height == "ft" else "m",
            can_accept=job.status == JobStatus.DELIVERED and self.access.can_approve_quotes,
        )

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        """Say that all of it is good."""
        job = self.one(jobs_of(self.organization), number=number)
        note = request.POST.get("note", "").strip()[:2000]
        accept_job(job, access=self.access, note=note, actor=request.user, at=timezone.now())
        return self.go("job", number)

    def _is_flying(self, job: Any) -> bool:
        return flying_of(self.organization).filter(job_operation__job=job).exists()

    def _positions(self, job: Any) -> list[dict[str, Any]]:
        if not self.access.can_track_live:
            return []
        return [
            {"operation": str(last.operation), "lon": last.position.x, "lat": last.position.y}
            for last in positions_of(job)
            if last.position is not None
        ]


class CoverageMap(ClientPage):
    """The picture of what was covered."""

    flag = "can_view_jobs"

    def get(self, request: HttpRequest, number: str) -> HttpResponseBase:
        """The newest one."""
        rows = CoverageReport.objects.for_client(self.organization).filter(job__number=number)
        return as_picture(self.one(rows.order_by("-pk"), pk__isnull=False))


class Deliverables(ClientPage):
    """What was handed over."""

    section = "deliverables"
    flag = "can_view_jobs"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The newest first."""
        rows = list(_given(self.organization)[:MOST])
        return self.show("portal/deliverables.html", rows=rows)


class DeliverablePage(ClientPage):
    """One deliverable, to be had, accepted or sent back."""

    section = "deliverables"
    flag = "can_view_jobs"
    deed_flag = "can_approve_quotes"

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        """What it is, and what was said of it."""
        row = self.one(_given(self.organization), number=number)
        return self.show(
            "portal/deliverable.html",
            row=row,
            reviews=list(row.reviews.select_related("reviewer").order_by("-pk")[:20]),
            issues=list(shown_issues(row).exclude(issue=row.given_issue)[:MOST]),
            can_review=row.status == DeliverableStatus.READY and self.access.can_approve_quotes,
            given=request.POST,
        )

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        """Accept the issue that was looked at, or say what is to be done again."""
        row = self.one(_given(self.organization), number=number)
        is_good = request.POST.get("step") == "accept"
        shape: Any = ReviewSerializer if is_good else ReworkSerializer
        given = {name: request.POST.get(name, "").strip() for name in ("issue", "note")}
        command = shape(data=given)
        command.is_valid(raise_exception=True)
        review = deliverables.accept_deliverable if is_good else deliverables.send_back
        review(row, **command.validated_data, actor=request.user, at=timezone.now())
        return self.go("deliverable", number)


class DeliverableFile(ClientPage):
    """The file of a deliverable."""

    flag = "can_download_deliverables"

    def get(self, request: HttpRequest, number: str) -> HttpResponseBase:
        """As an attachment; the download is on record."""
        row = self.one(_given(self.organization), number=number)
        issue = shown_issues(row).get(issue=row.given_issue)
        return hand_out(request, row, issue=issue, user=request.user)

    def again(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.missing()


class IssueFile(DeliverableFile):
    """An older file that the client was given."""

    def get(self, request: HttpRequest, number: str, issue: str = "") -> HttpResponseBase:
        """As an attachment; the download is on record."""
        row = self.one(_given(self.organization), number=number)
        return hand_out(request, row, issue=numbered(shown_issues(row), issue), user=request.user)


def _given(client: Any) -> Any:
    return as_given(Deliverable.objects.for_client(client)).order_by("-pk")
