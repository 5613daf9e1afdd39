"""
The flight risk worksheet of 14 CFR 135.617 as data: factors, the answers to each, and their scores.

Scores and threshold are the operator's own; a change of them is a new version, and a worksheet
keeps the version it was filled in.
"""

from collections.abc import Mapping

from msgspec import Struct

REFUSAL_FACTOR = "refused_by_others"
REFUSED = ("yes_weather", "yes_other")


class Answer(Struct, frozen=True):
    """One answer and what it adds to the score."""

    code: str
    words: str
    score: int


class Factor(Struct, frozen=True, kw_only=True):
    """One question of the worksheet; `group` is the kind of factor that 135.617(b) names."""

    code: str
    group: str
    title: str
    answers: tuple[Answer, ...]

    def answer(self, code: str) -> Answer | None:
        return next((entry for entry in self.answers if entry.code == code), None)


class Template(Struct, frozen=True, kw_only=True):
    """One version; a score above the threshold needs a manager's approval."""

    version: int
    threshold: int
    factors: tuple[Factor, ...]


def _factor(code: str, group: str, title: str, *answers: tuple[str, str, int]) -> Factor:
    return Factor(code=code, group=group, title=title, answers=tuple(Answer(*a) for a in answers))


VERSION_1 = Template(
    version=1,
    threshold=25,
    factors=(
        _factor("terrain", "flight", "Terrain and obstacles", ("flat", "Flat", 0),
                ("hills", "Hills", 3), ("mountains", "Mountains", 8)),
        _factor("destination", "flight", "Destination", ("known", "Known to the crew", 0),
                ("unfamiliar", "Not known to the crew", 4),
                ("no_approach", "No instrument approach", 7)),
        _factor("light", "flight", "Light", ("day", "Day", 0), ("night", "Night", 5)),
        _factor("aircraft_state", "flight", "Aircraft", ("whole", "Nothing deferred", 0),
                ("deferred", "Items deferred", 3)),
        _factor("experience", "human", "Pilot's time on type", ("over_200", "200 h or more", 0),
                ("to_200", "Under 200 h", 3), ("to_100", "Under 100 h", 6)),
        _factor("rest", "human", "Rest before duty", ("over_12", "12 h or more", 0),
                ("to_12", "10 to 12 h", 3)),
        _factor("duty", "human", "Hours of duty at the end", ("to_10", "Up to 10", 0),
                ("to_12", "10 to 12", 4), ("over_12", "Over 12", 8)),
        _factor("crew", "human", "Pilots", ("two", "Two pilots", 0), ("one", "One pilot", 5)),
        _factor("ceiling_visibility", "weather", "Ceiling and visibility",
                ("vfr", "VFR throughout", 0), ("ifr", "At least 500 ft above minima", 3),
                ("near_minima", "Near minima", 8)),
        _factor("wind", "weather", "Wind", ("light", "Under half the limits", 0),
                ("strong", "Over half the limits", 4)),
        _factor("convection_icing", "weather", "Thunderstorms and icing", ("none", "None", 0),
                ("forecast", "Forecast", 5), ("reported", "Reported", 9)),
        _factor(REFUSAL_FACTOR, "refusals", "Refused by another operator",
                ("no", "Not as far as anybody knows", 0), ("yes_other", "Yes, not for weather", 4),
                ("yes_weather", "Yes, for weather", 10)),
    ),
)  # fmt: skip

TEMPLATES: dict[int, Template] = {VERSION_1.version: VERSION_1}
CURRENT = VERSION_1


def faults_in(answers: Mapping[str, str], template: Template = CURRENT) -> dict[str, str]:
    """What is wrong with answers, by factor: unknown factors and answers that do not exist."""
    known = {factor.code: factor for factor in template.factors}
    faults = {code: "There is no such factor." for code in answers if code not in known}
    for code, given in answers.items():
        if code in known and known[code].answer(given) is None:
            choices = ", ".join(answer.code for answer in known[code].answers)
            faults[code] = f"Expected one of {choices}."
    return faults


def score_of(answers: Mapping[str, str], template: Template = CURRENT) -> int:
    """The sum over the factors that are answered."""
    found = (factor.answer(answers.get(factor.code, "")) for factor in template.factors)
    return sum(answer.score for answer in found if answer is not None)


def is_complete(answers: Mapping[str, str], version: int) -> bool:
    """Whether every factor of that version has one of its answers."""
    template = TEMPLATES.get(version)
    if template is None:
        return False
    return all(factor.answer(answers.get(factor.code, "")) for factor in template.factors)


def answered(answers: Mapping[str, str], version: int) -> list[tuple[str, str, str]]:
    """Every question of a version with its answer in words and what it adds; open ones too."""
    template = TEMPLATES.get(version)
    if template is None:
        return [(factor, code, "?") for factor, code in sorted(answers.items())]
    found = []
    for factor in template.factors:
        given = factor.answer(answers.get(factor.code, ""))
        words = (given.words, f"{given.score}") if given else ("not answered", "?")
        found.append((factor.title, *words))
    return found
