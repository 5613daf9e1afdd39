"""Imported for what it registers: everything that the desk hears of."""

from dispatcher.handlers import crewed, desk, drones, plan

__all__ = ["crewed", "desk", "drones", "plan"]
