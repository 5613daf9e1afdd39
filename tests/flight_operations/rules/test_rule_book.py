import json
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from common.compliance.registry import rules, rules_by_facts
from flight_operations.facts.operation import OperationFacts
from flight_operations.rules.book import rule_book, rule_page

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
