import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from common.compliance.book import rule_book, rule_page


class Command(BaseCommand):
    help = "List the compliance rules with citation, confidence and condition (docs/RULES.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON document.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(rule_book(), indent=2))
        else:
            self.stdout.write(rule_page(), ending="")
