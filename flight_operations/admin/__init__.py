from flight_operations.admin import operations

__all__ = ["operations"]
