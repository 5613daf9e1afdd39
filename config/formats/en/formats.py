"""Dates and times as aviation writes them: day before month, 24 hours, Z for UTC."""

DATE_FORMAT = "j M Y"
SHORT_DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = r"j M Y H:i\Z"
SHORT_DATETIME_FORMAT = r"Y-m-d H:i\Z"
TIME_FORMAT = "H:i"
MONTH_DAY_FORMAT = "j M"
FIRST_DAY_OF_WEEK = 1
