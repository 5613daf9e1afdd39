from dispatcher.admin import centers, schedules

__all__ = ["centers", "schedules"]
