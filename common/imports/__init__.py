"""Many records from one sheet: tried first, then taken as one, through the same services."""
