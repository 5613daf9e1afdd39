"""Screens of the air-ambulance and charter desk; importing them registers them."""

from operations.admin import patients as patients
