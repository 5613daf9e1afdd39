"""What is known about a flight from its positions: pure calculation, no Django, no clock."""
