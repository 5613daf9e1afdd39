"""A client as the desk must see it at once: may we work for them, why not, what next."""

from datetime import date, datetime, timedelta
from typing import Any

from client_management.models import (
    ClientOrganization,
    ClientStatus,
    Contract,
    JobOrder,
    MessageThread,
    ServiceQuote,
    ServiceRequest,
)
from client_management.queries.dashboards import ClientGlance, get_active_client_dashboard
from client_management.queries.messages import threads_for, unanswered
from client_management.services import organizations
from common.compliance.findings import Color
from common.desk.history import last_steps
from common.desk.links import list_of, page_of
from common.desk.screen import Desk
from common.desk.standing import Fact, Group, Problem, Standing, worst, worst_first
from common.desk.steps import Step, in_status, plain, reasoned
from common.desk.wording import age, clock, day, days_left, listed
from documents.desk import papers_of
from documents.wording import money
from users.models import User

MOST = 6
NEAR = timedelta(days=30)
# What is amiss with a client is read from these.
_RESTS_ON = (
    "finance.view_invoice",
    "client_management.view_contract",
    "client_management.view_messagethread",
)


def standing(client: ClientOrganization, user: User, now: datetime) -> Standing:
    """How a client stands for a reader; 12 statements."""
    today = client.local_day(now)
    glance = get_active_client_dashboard([client], at=now)[0]
    contract = _contract(client, user, today)
    threads = _threads(client, user)
    missing = organizations.missing_checks(client, on=today)
    problems = worst_first(
        [
            *_of_status(client, missing),
            *_of_money(client, glance, user),
            *_of_papers(client, contract, today, user),
            *_of_messages(threads, user),
        ]
    )
    return Standing(
        headline=_headline(client, problems, sees_all=_sees_all(user)),
        color=_color(problems, user),
        judged=f"As of {day(today)} at the client's place.",
        problems=problems,
        nothing=_nothing(user),
        groups=(
            Group(title="Work", facts=_work(client, glance, user, now)),
            *_money(client, glance, user),
            Group(title="Papers", facts=_papers(client, contract, missing, user, today)),
            *_messages(threads, user, now),
            papers_of(client, user),
            Group(
                title="Last events",
                facts=tuple(last_steps(client, zone=client.timezone, now=now)),
            ),
        ),
    )


def _headline(client: ClientOrganization, problems: tuple[Problem, ...], *, sees_all: bool) -> str:
    status = client.get_status_display()
    words = {
        ClientStatus.PROSPECT: "no work before they are taken on",
        ClientStatus.SUSPENDED: "no more work is taken on",
        ClientStatus.CLOSED: "no work any more",
    }
    if client.status in words:
        return f"{client.name}: {status.lower()}, {words[ClientStatus(client.status)]}"
    fine = "nothing is amiss" if sees_all else "nothing is amiss in what you may see"
    count = f"{len(problems)} to look at" if problems else fine
    return f"{client.name}: {status.lower()}, {count}"


def _sees_all(user: User) -> bool:
    """Whether somebody may see all that the color rests on."""
    return all(user.has_perm(each) for each in _RESTS_ON)


def _nothing(user: User) -> str:
    if _sees_all(user):
        return "Nothing stands in the way of work for this client."
    return "Nothing in what you may see; money, contract or messages are not shown to you."


def _color(problems: tuple[Problem, ...], user: User) -> Color | None:
    """The worst of what is amiss; nobody calls in order what they may not see."""
    fine = Color.GREEN if _sees_all(user) else None
    return worst(each.color for each in problems) if problems else fine


def _contract(client: ClientOrganization, user: User, today: date) -> Contract | None:
    """The contract in force, for who may see it; 1 query."""
    if not user.has_perm("client_management.view_contract"):
        return None
    rows = Contract.objects.filter(organization=client).in_force(today)
    return rows.order_by("-effective_from", "-pk").first()


def _last_day(contract: Contract | None) -> date | None:
    """`effective_until` is the first day on which it no longer stands."""
    if contract is None or contract.effective_until is None:
        return None
    last: date = contract.effective_until - timedelta(days=1)
    return last


def _threads(client: ClientOrganization, user: User) -> list[Any]:
    """Threads in which the client wrote last, with what the reader has not read; 1 query."""
    if not user.has_perm("client_management.view_messagethread"):
        return []
    rows = unanswered(MessageThread.objects.for_client(client.pk))
    return list(threads_for(rows, user)[: MOST + 1])


def _of_status(client: ClientOrganization, missing: list[str]) -> list[Problem]:
    if client.status == ClientStatus.SUSPENDED:
        message, remedy = "The client is suspended.", "End the suspension before taking on work."
        return [Problem(color=Color.RED, message=message, remedy=remedy)]
    if client.status == ClientStatus.CLOSED:
        return [Problem(color=Color.RED, message="The client is closed.")]
    if not missing and client.status == ClientStatus.PROSPECT:
        message, remedy = "They are not taken on yet.", "Take them on: their checks are complete."
        return [Problem(color=Color.AMBER, message=message, remedy=remedy)]
    if not missing:
        return []
    what = listed([each.replace("_", " ") for each in missing])
    color = Color.RED if client.status == ClientStatus.PROSPECT else Color.AMBER
    message = f"The onboarding lacks: {what}."
    return [Problem(color=color, message=message, remedy="Record the checks, then take them on.")]


def _of_money(client: ClientOrganization, glance: ClientGlance, user: User) -> list[Problem]:
    if not user.has_perm("finance.view_invoice") or not glance.overdue:
        return []
    owed = money(glance.overdue, client.currency)
    return [Problem(color=Color.RED, message=f"{owed} is overdue.", remedy="Have it collected.")]


def _of_papers(
    client: ClientOrganization, contract: Contract | None, today: date, user: User
) -> list[Problem]:
    found = []
    ends = client.insurance_expires_on
    if client.insurance_required and (ends is None or ends - today <= NEAR):
        gone = ends is None or ends < today
        when = f"ends {day(ends)}" if ends else "is not on file"
        message = f"The insurance they ask us to carry {when}."
        color = Color.RED if gone else Color.AMBER
        found.append(Problem(color=color, message=message, remedy="Have the policy renewed."))
    last = _last_day(contract)
    if contract is not None and last is not None and last - today <= NEAR:
        message = f"Contract {contract} ends {day(last)}, {days_left(last, today)}."
        remedy = "Agree on the next one, or quote each job by itself."
        link = page_of(contract, user)
        found.append(Problem(color=Color.AMBER, message=message, remedy=remedy, link=link))
    return found


def _of_messages(threads: list[Any], user: User) -> list[Problem]:
    if not threads:
        return []
    count = f"{len(threads)}" if len(threads) <= MOST else f"more than {MOST}"
    message = f"The client waits for an answer in {count} threads."
    link = page_of(threads[0], user)
    return [Problem(color=Color.AMBER, message=message, remedy="Answer.", link=link)]


def _work(
    client: ClientOrganization, glance: ClientGlance, user: User, now: datetime
) -> tuple[Fact, ...]:
    zone, q = client.timezone, client.number
    coming = glance.next_operation_at
    held = f"{glance.held_jobs} on hold" if glance.held_jobs else ""
    accepted = f"{glance.to_accept} delivered, to be accepted" if glance.to_accept else ""
    waiting = f"{glance.waiting_requests} wait for an offer" if glance.waiting_requests else ""
    counted = (
        ("Open requests", ServiceRequest, glance.open_requests, waiting),
        ("Quotes out", ServiceQuote, glance.quotes_out, ""),
        ("Active jobs", JobOrder, glance.active_jobs, ", ".join(filter(None, [held, accepted]))),
    )
    facts = [
        Fact(label=label, value=str(number), detail=detail, link=link)
        for label, model, number, detail in counted
        # Who may not see the rows is not told how many there are.
        if (link := list_of(model, user, q=q))
    ]
    if not user.has_perm("client_management.view_joborder"):
        return tuple(facts)
    if glance.flying_operations:
        flying = f"{glance.flying_operations} operations"
        facts.append(Fact(label="In the air", value=flying, color=Color.AMBER))
    if coming is not None:
        value = f"{clock(coming, zone)}, {age(coming, now)}"
        facts.append(Fact(label="Next flight", value=value))
    return tuple(facts)


def _money(client: ClientOrganization, glance: ClientGlance, user: User) -> list[Group]:
    if not user.has_perm("finance.view_invoice"):
        return []
    in_theirs = client.currency
    color = Color.RED if glance.overdue else Color.GREEN
    facts = [
        Fact(label="Overdue", value=money(glance.overdue, in_theirs), color=color),
        Fact(label="Owed", value=money(glance.owed, in_theirs)),
        Fact(label="Agreed, active", value=money(glance.agreed, in_theirs), detail="before tax"),
        Fact(label="To be billed", value=f"{glance.to_bill} jobs"),
    ]
    if client.credit_limit is not None:
        facts.append(Fact(label="Credit limit", value=money(client.credit_limit, in_theirs)))
    return [Group(title=f"Money in {in_theirs}", facts=tuple(facts))]


def _papers(
    client: ClientOrganization,
    contract: Contract | None,
    missing: list[str],
    user: User,
    today: date,
) -> tuple[Fact, ...]:
    facts = []
    if contract is None and user.has_perm("client_management.view_contract"):
        facts = [Fact(label="Contract", value="none in force")]
    if contract is not None:
        last = _last_day(contract)
        until = f"until {day(last)}, {days_left(last, today)}" if last else "without an end"
        status = contract.get_status_display().lower()
        facts = [
            Fact(
                label="Contract",
                value=f"{contract}, {status}, {until}",
                link=page_of(contract, user),
            )
        ]
    if client.insurance_required:
        ends = client.insurance_expires_on
        value = f"until {day(ends)}, {days_left(ends, today)}" if ends else "not on file"
        gone = ends is None or ends < today
        near = Color.AMBER if ends is not None and ends - today <= NEAR else Color.GREEN
        facts.append(Fact(label="Insurance", value=value, color=Color.RED if gone else near))
    what = listed([each.replace("_", " ") for each in missing])
    facts.append(
        Fact(
            label="Onboarding",
            value=f"lacks {what}" if missing else "complete",
            color=Color.AMBER if missing else Color.GREEN,
        )
    )
    return tuple(facts)


def _messages(threads: list[Any], user: User, now: datetime) -> list[Group]:
    facts = [
        Fact(
            label=f"{each.unread_count} unread" if each.unread_count else "To be answered",
            value=each.subject,
            link=page_of(each, user),
            color=Color.AMBER,
            detail=age(each.last_message_at, now) if each.last_message_at else "",
        )
        for each in threads[:MOST]
    ]
    return [Group(title="Messages", facts=tuple(facts))] if facts else []


def _step(verb: str, label: str, done: str, perform: Any, **more: Any) -> Step:
    """A step that is called as its grant is."""
    permission = f"client_management.{verb}_clientorganization"
    return Step(key=verb, label=label, permission=permission, perform=perform, done=done, **more)


def _can_activate(client: ClientOrganization, at: datetime) -> str | None:
    if client.status not in (ClientStatus.PROSPECT, ClientStatus.SUSPENDED):
        return None
    missing = organizations.missing_checks(client, on=client.local_day(at))
    what = listed([each.replace("_", " ") for each in missing])
    return f"the onboarding lacks {what}." if missing else ""


DESK = Desk(
    standing=standing,
    steps=(
        _step("activate", "Take on", "active", plain(organizations.activate_organization),
              when=_can_activate),
        _step("suspend", "Suspend", "suspended", reasoned(organizations.suspend_organization),
              when=in_status(ClientStatus.ACTIVE), asks="Why"),
        _step("close", "Close the client", "closed", reasoned(organizations.close_organization),
              when=in_status(ClientStatus.ACTIVE, ClientStatus.SUSPENDED, ClientStatus.PROSPECT),
              asks="Why", is_final=True),
    ),
)  # fmt: skip
