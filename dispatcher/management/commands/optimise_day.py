from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from common.console import ConsoleCommand, Misuse, local_day, open_account
from common.exceptions import DomainError
from dispatcher.models import DispatchCenter, OptimizationRun, RunKind, RunStatus
from dispatcher.services import optimization, runs
from dispatcher.services.publishing import publish_schedule
from users.models import User


class Command(ConsoleCommand):
    has_progress = True
    help = (
        "Plan a center's day here and now, in this process, and say what came of it. The exit code"
        " is 0 when a proposal was made (and, with --publish, put in force), 1 otherwise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("center", help="Code of the center, such as SYD-N.")
        parser.add_argument("day", type=local_day, help="Local day, such as 2026-06-04.")
        parser.add_argument("--as", dest="actor", required=True, help="E-mail of who asks for it.")
        parser.add_argument("--seed", type=int, help="The same seed gives the same plan.")
        parser.add_argument("--time-limit", type=int, help="Seconds to search.")
        parser.add_argument("--replan", action="store_true", help="Keep to what is published.")
        parser.add_argument("--publish", action="store_true", help="Put the proposal in force.")

    def handle(self, *args: Any, **options: Any) -> None:
        center = DispatchCenter.objects.filter(code=options["center"]).first()
        if center is None:
            raise Misuse(f"There is no center {options['center']}.")
        actor = open_account(options["actor"])
        try:
            run = self._planned(center, actor, options)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self._tell(run, options)
        if run.status != RunStatus.SUCCEEDED:
            raise CommandError(f"{run.number} {run.status}. {run.error}".strip())

    def _planned(
        self, center: DispatchCenter, actor: User, options: dict[str, Any]
    ) -> OptimizationRun:
        asked = runs.optimise_daily_schedule(
            options["day"],
            center,
            kind=RunKind.REPLAN if options["replan"] else RunKind.PLAN,
            seed=options["seed"],
            time_limit_s=options["time_limit"],
            because="asked for at the console",
            actor=actor,
            at=timezone.now(),
        )
        self.console.say(f"{asked.number}: planning {center} on {options['day']}")
        # A worker may have taken it up already: then this waits for nobody and says so.
        run = optimization.perform_run(asked.pk, clock=timezone.now)
        if run is None:
            raise CommandError(f"{asked.number} was taken up by a worker; look there.")
        if options["publish"] and run.status == RunStatus.SUCCEEDED:
            publish_schedule(run.schedule, actor=actor, at=timezone.now())
        return run

    def _tell(self, run: OptimizationRun, options: dict[str, Any]) -> None:
        found = {
            "run": run.number,
            "status": run.status,
            "seed": run.seed,
            "input_hash": run.input_hash,
            "figures": run.figures,
            "diff": {name: _count(value) for name, value in run.diff.items()},
            "unassigned": [
                {
                    "operation": entry["operation"],
                    "reasons": [reason["code"] for reason in entry["reasons"]],
                    "relaxations": [change["message"] for change in entry["relaxations"]],
                    "looked_for": entry["looked_for"],
                }
                for entry in run.reasons
            ],
        }
        served = run.figures.get("served", 0)
        lines = [f"{run.status}: {served} served, {len(run.reasons)} left behind"]
        lines += [f"  {it['operation']}: {', '.join(it['reasons'])}" for it in found["unassigned"]]
        self.answer(options, found, lines)


def _count(value: Any) -> int:
    return len(value) if isinstance(value, list) else int(value)
