from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class UsersConfig(AppConfig):
    """Identity, roles, departments, qualifications, machine tokens."""

    name = "users"
    verbose_name = "People and access"

    def ready(self) -> None:
        # Describes our ways to sign in to the OpenAPI document, by being imported.
        autodiscover_modules("schema")
