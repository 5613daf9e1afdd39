from django.apps import AppConfig


class AircraftConfig(AppConfig):
    name = "aircraft"
    verbose_name = "Crewed fleet"
