"""
What rules may know, and how it is gathered in sets.

Values are in the modules named for their subject; importing the package registers the collector.
"""

from flight_operations.facts import collector, gathered_safety

__all__ = ["collector", "gathered_safety"]
