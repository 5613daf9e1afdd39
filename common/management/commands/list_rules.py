from typing import Any

from common.compliance.book import rule_book, rule_page
from common.console import ConsoleCommand


class Command(ConsoleCommand):
    help = "List the compliance rules with citation, confidence and condition (docs/RULES.md)."

    def handle(self, *args: Any, **options: Any) -> None:
        if options["json"]:
            self.answer(options, rule_book(), [])
        else:
            self.stdout.write(rule_page(), ending="")
