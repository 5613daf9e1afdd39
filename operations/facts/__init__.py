"""
What rules may know, and how it is gathered in sets.

Values are in the modules named for their subject; importing the package registers the collectors.
"""

from operations.facts import collector

__all__ = ["collector"]
