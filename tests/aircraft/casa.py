"""CASA's files as these tests write them, and the commands that read them."""

import csv
import io
import json

from django.core.management import call_command
from django.core.management.base import CommandError

REGISTER = [
    "Mark", "Manu", "Serial", "MTOW", "regholdname", "Regexpirydate", "suspendstatus",
    "suspenddate", "ICAOtypedesig",
]  # fmt: skip
LIST = [
    "ADName", "ADNUMBER", "ADIssueNumber", "ADFILE", "FOLDERNAME", "GROUPTITLE", "EffectiveDate",
    "Authority", "PublishedDate", "ID", "Status",
]  # fmt: skip


def sheet(columns, *rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def registered(**more):
    row = {"Mark": "ZQA", "Serial": "FL-512", "MTOW": "6804.4", "ICAOtypedesig": "B350"}
    return {**row, **more}


def directive(**more):
    row = {
        "ADName": "Emergency Exits", "ADNUMBER": "37 Amdt 10", "ADFILE": "GEN-037.pdf",
        "FOLDERNAME": "GEN", "GROUPTITLE": "AIRGEN", "EffectiveDate": "2016-02-26",
        "Authority": "CASA", "PublishedDate": "2016-02-22", "ID": "7809", "Status": "Active",
    }  # fmt: skip
    return {**row, **more}


def as_json(*rows):
    series = {"SeriesName": "Aircraft - General", "SeriesNumber": "AD/GENERAL/"}
    records = [{**row, "ID": int(row["ID"]), "ADIssueNumber": None, **series} for row in rows]
    return json.dumps({"DATA": records})


def run(name, path, *arguments):
    """What the command answers as a document, and how it ended."""
    out, fault = io.StringIO(), None
    try:
        call_command(name, str(path), *arguments, "--json", stdout=out, stderr=io.StringIO())
    except CommandError as error:
        fault = error
    return json.loads(out.getvalue()) if out.getvalue() else None, fault
