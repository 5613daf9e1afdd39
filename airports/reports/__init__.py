"""
Weather reports as text, decoded: METAR, SPECI, TAF and the bulletins they come in.

Pure: text in, frozen structures out. Text that is no report raises ReportError and nothing else.
"""

from airports.reports.bulletins import BulletinReport, split_bulletin
from airports.reports.category import flight_category
from airports.reports.conditions import Cloud, Conditions, merged
from airports.reports.headers import ReportError, tidy
from airports.reports.metars import DecodedMetar, decode_metar
from airports.reports.tafs import DecodedTaf, TafGroup, decode_taf

__all__ = [
    "BulletinReport",
    "Cloud",
    "Conditions",
    "DecodedMetar",
    "DecodedTaf",
    "ReportError",
    "TafGroup",
    "decode_metar",
    "decode_taf",
    "flight_category",
    "merged",
    "split_bulletin",
    "tidy",
]
