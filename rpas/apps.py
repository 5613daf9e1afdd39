from django.apps import AppConfig


class RpasConfig(AppConfig):
    name = "rpas"
    verbose_name = "RPAS fleet"
