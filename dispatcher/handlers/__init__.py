"""Imported for what it registers: everything that the desk hears of."""

from dispatcher.handlers import clients, crewed, desk, drones, plan

__all__ = ["clients", "crewed", "desk", "drones", "plan"]
