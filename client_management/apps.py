from django.apps import AppConfig


class ClientManagementConfig(AppConfig):
    name = "client_management"
    verbose_name = "Clients"
