"""
How numbers are dialed by country: calling code, trunk prefix, international prefix.

Source: ITU-T E.164 list of calling codes and the national numbering plans' dialing procedures. Not
a check whether a number exists; a country that is not listed has no E.164 form here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dialing:
    """`trunk` is dialed before a national number and dropped from abroad."""

    code: str
    trunk: str = "0"
    abroad: str = "00"
    # Where the trunk digit may also begin an area code: it is one only at this length.
    trunk_length: int = 0
    # Of a national number without trunk prefix; a shorter one lacks its area code.
    lengths: tuple[int, int] = (6, 15)


_TRUNK_0 = {
    "AE": "971",
    "AT": "43",
    "BE": "32",
    "BG": "359",
    "CH": "41",
    "CN": "86",
    "DE": "49",
    "EG": "20",
    "FI": "358",
    "HR": "385",
    "IE": "353",
    "IL": "972",
    "IN": "91",
    "KE": "254",
    "MG": "261",
    "NL": "31",
    "PH": "63",
    "PK": "92",
    "RO": "40",
    "SA": "966",
    "SE": "46",
    "SI": "386",
    "SK": "421",
    "TR": "90",
    "VN": "84",
    "ZA": "27",
}
_NO_TRUNK = {
    "CZ": "420",
    "DK": "45",
    "ES": "34",
    "FJ": "679",
    "GR": "30",
    "IS": "354",
    "IT": "39",
    "LU": "352",
    "MT": "356",
    "MX": "52",
    "NC": "687",
    "NO": "47",
    "PF": "689",
    "PG": "675",
    "PL": "48",
    "PT": "351",
    "QA": "974",
    "SB": "677",
    "TO": "676",
    "VU": "678",
    "WS": "685",
}

DIALING = {
    **{country: Dialing(code) for country, code in _TRUNK_0.items()},
    **{country: Dialing(code, trunk="") for country, code in _NO_TRUNK.items()},
    "AU": Dialing("61", abroad="0011", lengths=(9, 10)),
    "BR": Dialing("55"),
    "CA": Dialing("1", trunk="1", abroad="011", lengths=(10, 10)),
    "FR": Dialing("33", lengths=(9, 9)),
    "GB": Dialing("44", lengths=(9, 10)),
    "HK": Dialing("852", trunk="", abroad="001"),
    "HU": Dialing("36", trunk="06"),
    "ID": Dialing("62", abroad="001"),
    "JP": Dialing("81", abroad="010"),
    "KR": Dialing("82"),
    "KZ": Dialing("7", trunk="8", abroad="810", trunk_length=11),
    "MY": Dialing("60"),
    "NZ": Dialing("64", lengths=(8, 10)),
    "RU": Dialing("7", trunk="8", abroad="810", trunk_length=11),
    "SG": Dialing("65", trunk="", abroad="001"),
    "TH": Dialing("66", abroad="001"),
    "TW": Dialing("886", abroad="002"),
    "US": Dialing("1", trunk="1", abroad="011", lengths=(10, 10)),
}
# Calling codes after which no number begins with a zero.
TRUNK_ZERO = frozenset(dialing.code for dialing in DIALING.values() if dialing.trunk == "0")
