from aircraft.admin import fleet, work

__all__ = ["fleet", "work"]
