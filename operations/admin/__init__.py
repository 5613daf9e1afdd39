"""Screens of the air-ambulance and charter desk; importing them registers them."""

from operations.admin import breaches as breaches
from operations.admin import control as control
from operations.admin import gate as gate
from operations.admin import legs as legs
from operations.admin import occurrences as occurrences
from operations.admin import patients as patients
from operations.admin import quotes as quotes
from operations.admin import trips as trips
