from aircraft.rules import condition, inspections

__all__ = ["condition", "inspections"]
