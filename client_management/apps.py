from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ClientManagementConfig(AppConfig):
    name = "client_management"
    verbose_name = "Clients"

    def ready(self) -> None:
        """Load what the portal registers beside the app's own handlers, tasks and mails."""
        autodiscover_modules("portal_mails", "portal_handlers", "portal_tasks")
