from django.apps import AppConfig


class FlightOperationsConfig(AppConfig):
    name = "flight_operations"
    verbose_name = "Flight operations"
