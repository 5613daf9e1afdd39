"""The admin's side: how a record stands above its form, and a page for each step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from common.compliance.findings import Color, Finding
from common.desk.standing import Problem, Standing, problem_of, worst_first
from common.desk.steps import (
    OVERRIDES,
    AlreadyDone,
    Offer,
    Questions,
    Seen,
    Step,
    StepForm,
    Trial,
    carry_out,
    cautions_of,
    findings_in,
    new_once,
    pardons_of,
    refuse_done,
)
from common.exceptions import ChangedSinceShown, DomainError


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What an app tells of one kind of record: how it stands for a reader, and its steps."""

    standing: Callable[[Any, Any, datetime], Standing]
    steps: Sequence[Step] = ()

    def step(self, key: str) -> Step | None:
        """The step of a key, or None."""
        return next((each for each in self.steps if each.key == key), None)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A step of one record: what it is taken of, what the rules say to it, and its form."""

    step: Step
    row: Any
    findings: Sequence[Finding]
    questions: Questions
    form: StepForm
    seen: Seen | None


class DeskAdmin:
    """
    Puts a desk at the top of a screen's record pages, for mixing in before the screen's base.

    What is shown reads only; a step goes through its service, under the grant of its API verb. A
    record that the person may not see is not there.
    """

    desk: ClassVar[Desk]
    # What a record's page reads with the record; a list has no need of it.
    desk_reads: ClassVar[Sequence[str]] = ()
    change_form_template = "common/desk/change_form.html"
    # Of the model admin that this is mixed into.
    model: Any
    opts: Any
    admin_site: Any

    def get_queryset(self, request: HttpRequest) -> Any:
        """The screen's rows; on a record's page with what its desk reads."""
        rows = super().get_queryset(request)  # type: ignore[misc]
        name = request.resolver_match.url_name or "" if request.resolver_match else ""
        is_page = name.endswith(("_change", "_step"))
        return rows.select_related(*self.desk_reads) if is_page and self.desk_reads else rows

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        row = kwargs.get("obj") or context.get("original")
        if row is not None and row.pk is not None and IS_POPUP_VAR not in request.GET:
            at = timezone.now()
            context["desk"] = {
                "standing": self.desk.standing(row, request.user, at),
                "offers": self.offers(request, row, at),
                "once": new_once(),
                "has_steps": bool(self.desk.steps),
            }
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]

    def offers(self, request: HttpRequest, row: Any, at: datetime) -> list[Offer]:
        """The steps that the person may take, those that are possible now first."""
        user: Any = request.user
        found = []
        for step in self.desk.steps:
            blocked = step.when(row, at) if user.has_perm(step.permission) else None
            if blocked is not None:
                address = self._address("step", row.pk, step.key)
                seen = None if step.is_asking else step.shows(row, at)
                found.append(Offer(step=step, address=address, blocked=blocked, seen=seen))
        return sorted(found, key=lambda offer: bool(offer.blocked))

    def get_urls(self) -> list[Any]:
        """The screen's addresses, and one for each record's steps."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_step"
        page = self.admin_site.admin_view(self.step_page)
        own = path("<path:object_id>/step/<slug:key>/", page, name=name)
        return [own, *super().get_urls()]  # type: ignore[misc]

    def step_page(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        """Ask for what a step needs; POST takes it."""
        step = self.desk.step(key)
        if step is None:
            raise Http404
        user: Any = request.user
        if not (self.has_view_permission(request) and user.has_perm(step.permission)):  # type: ignore[attr-defined]
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if row is None:
            raise Http404
        asked = _asked(step, row, request)
        if request.method != "POST":
            return self._page(request, asked)
        if not asked.form.is_valid():
            return self._page(request, asked, status=400)
        return self._taken(request, asked)

    def _taken(self, request: HttpRequest, asked: Asked) -> HttpResponse:
        step, row, form = asked.step, asked.row, asked.form
        sent = {"once": form.cleaned_data["once"], "where": request.path}
        try:
            trial = _trial(request, asked, **sent)
            if trial is not None and trial.mark(form.said()) != form.cleaned_data["tried"]:
                return self._tried(request, asked, trial)
            at = timezone.now()
            answer = carry_out(step, row, form.said(), **sent, actor=request.user, at=at)
        except AlreadyDone:
            messages.info(request, f"{row}: this was sent twice and done once: {step.done}.")
        except DomainError as refusal:
            return self._refused(request, asked, refusal)
        else:
            self._tell(request, row, step, answer)
        return HttpResponseRedirect(self._address("change", row.pk))

    def _tried(self, request: HttpRequest, asked: Asked, trial: Trial) -> HttpResponse:
        """What the step would do; nothing is done before the second press."""
        sent = request.POST.copy()
        sent["tried"] = trial.mark(asked.form.said())
        asked = replace(asked, form=StepForm(asked.step, asked.questions, sent))
        return self._page(request, asked, trial=trial)

    def _tell(self, request: HttpRequest, row: Any, step: Step, answer: Any) -> None:
        amiss = step.amiss(answer) if step.amiss is not None else ""
        if amiss:
            messages.error(request, f"{row}: {amiss}")
        else:
            done = step.tells(answer) if step.tells is not None else step.done
            messages.success(request, f"{row}: {done}.")

    def _refused(self, request: HttpRequest, asked: Asked, refusal: DomainError) -> HttpResponse:
        """The service's own words with its findings; nothing was changed."""
        met = tuple(
            Problem(
                color=Color(each.get("color", Color.RED)),
                message=str(each.get("message", "")),
                rule=str(each.get("rule", "")),
                citation=str(each.get("citation", "")),
                remedy=str(each.get("fix", "")),
            )
            for each in findings_in(refusal)
        )
        sent = request.POST.copy()
        if isinstance(refusal, ChangedSinceShown) and asked.seen is not None:
            # The page shows what is so now, and the next press is for that.
            sent["seen"] = asked.seen.mark
        cautions = cautions_of(asked.step, asked.findings, sent)
        if asked.step.takes_notes or asked.step.judged:
            cautions |= {each.rule: each.message for each in met if each.color == Color.AMBER}
        pardons = {**asked.questions.pardons, **_pardonable(request, asked.step, refusal)}
        questions = replace(asked.questions, cautions=cautions, pardons=pardons)
        asked = replace(asked, questions=questions, form=StepForm(asked.step, questions, sent))
        more = {"refusal": str(refusal), "met": met}
        return self._page(request, asked, status=refusal.status, **more)

    def _page(
        self, request: HttpRequest, asked: Asked, *, status: int = 200, **more: Any
    ) -> HttpResponse:
        found = (each for each in asked.findings if each.color != Color.GREEN)
        context = {
            **admin.site.each_context(request),
            "opts": self.opts,
            "original": asked.row,
            "title": f"{asked.step.label}: {asked.row}",
            "step": asked.step,
            "form": asked.form,
            "seen": asked.seen,
            "findings": worst_first(problem_of(each) for each in found),
            "blocked": asked.step.when(asked.row, timezone.now()),
            "back": self._address("change", asked.row.pk),
            **more,
        }
        return TemplateResponse(request, "common/desk/step.html", context, status=status)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        # Whether the record is hidden or never was, is the same answer as the API's.
        raise Http404

    def _address(self, page: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)


def _pardonable(request: HttpRequest, step: Step, refusal: DomainError) -> dict[str, str]:
    """Red rules that stood in the way, as far as this person may let them pass."""
    user: Any = request.user
    if not step.takes_overrides or not user.has_perm(OVERRIDES):
        return {}
    return {
        str(each["rule"]): str(each["message"])
        for each in findings_in(refusal)
        if each.get("rule") and each.get("color") == Color.RED and not each.get("is_absolute")
    }


def _trial(request: HttpRequest, asked: Asked, **sent: str) -> Trial | None:
    """What a step would do, where it is tried first; never of what the page did not show."""
    step, said = asked.step, asked.form.said()
    if step.tries is None:
        return None
    refuse_done(**sent, actor=request.user)
    if asked.seen is not None and asked.seen.mark != said.seen:
        raise ChangedSinceShown
    return step.tries(asked.row, said, actor=request.user, at=timezone.now())


def _asked(step: Step, row: Any, request: HttpRequest) -> Asked:
    """What the rules say to the step now, where it can be taken, and its form as it was sent."""
    at = timezone.now()
    is_possible = step.judged is not None and step.when(row, at) == ""
    findings = step.judged(row, at) if step.judged is not None and is_possible else ()
    data = request.POST if request.method == "POST" else None
    seen = step.shows(row, at)
    mark = seen.mark if seen is not None else ""
    questions = Questions(
        fields=step.questions(row, request.user, at),
        cautions=cautions_of(step, findings, data),
        pardons=pardons_of(step, request.user, data),
    )
    form = StepForm(step, questions, data, mark=mark)
    return Asked(step=step, row=row, findings=findings, questions=questions, form=form, seen=seen)
