"""Screens of documents; importing them registers them."""

from documents.admin import letterheads as letterheads
from documents.admin import library as library
from documents.admin import templates as templates
