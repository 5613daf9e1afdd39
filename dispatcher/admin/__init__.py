from dispatcher.admin import centers, live, schedules

__all__ = ["centers", "live", "schedules"]
