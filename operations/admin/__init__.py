"""Screens of the air-ambulance and charter desk."""

from operations.admin import quotes

__all__ = ["quotes"]
