"""Imported for what it registers: everything that the desk hears of."""

from dispatcher.handlers import crewed, desk, drones

__all__ = ["crewed", "desk", "drones"]
