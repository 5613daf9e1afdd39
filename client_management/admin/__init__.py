from client_management.admin import deliveries

__all__ = ["deliveries"]
