from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CommonConfig(AppConfig):
    """Loads what the apps register: event handlers, rules and facts, scopes, offered events."""

    name = "common"
    verbose_name = "Records and compliance"

    def ready(self) -> None:
        autodiscover_modules(
            "tasks",
            "handlers",
            "rules",
            "facts",
            "membership",
            "checks",
            "documents",
            "billing",
            "mails",
            "diagnoses",
            "webhook_events",
            "desk",
        )
