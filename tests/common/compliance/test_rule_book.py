import json
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from common.compliance.book import kinds, rule_book, rule_page
from common.compliance.registry import rules, rules_by_facts
from common.compliance.subjects import subjects
from flight_operations.facts.operation import OperationFacts
from operations.facts.trip import TripFacts

PAGE = Path(__file__).resolve().parents[3] / "docs" / "RULES.md"


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("list_rules", *arguments, stdout=out)
    return out.getvalue()


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == printed() == rule_page()


def test_the_json_lists_every_rule_with_what_a_reader_needs():
    book = json.loads(printed("--json"))

    assert book == json.loads(json.dumps(rule_book()))
    assert {entry["code"] for entry in book} == set(rules)
    for entry in book:
        assert entry["condition"], entry["code"]
        assert entry["citation"], entry["code"]


def test_there_are_at_least_ninety_rules_for_a_drone_operation():
    assert len(rules_by_facts[OperationFacts]) >= 90


def test_an_absolute_rule_says_why():
    lacking = [e["code"] for e in rule_book() if e["is_absolute"] and not e["absolute_because"]]

    assert lacking == []


def test_every_kind_that_rules_are_about_has_a_heading_of_its_own():
    found = kinds()

    assert {facts for _, facts in found} == set(rules_by_facts)
    assert len({title for title, _ in found}) == len(found)
    for entry in subjects.values():
        title = next(title for title, facts in found if facts == entry.facts)
        assert str(entry.model._meta.verbose_name).casefold() in title.casefold()


def test_the_page_lists_the_rules_of_a_trip_with_their_citations():
    page = rule_page()

    for rule in rules_by_facts[TripFacts]:
        assert f"`{rule.code}`" in page
        assert rule.citation in page
