from common.exceptions import DomainError


class UnreadableReport(DomainError):
    """Text that is no weather report, or one that cannot be dated."""

    status = 400
    code = "unreadable_report"
    message = "{reason}"


class UnreadableFile(DomainError):
    """A file that is not what it was said to be."""

    status = 400
    code = "unreadable_file"
    message = "{name} cannot be read: {reason}"


class SourceIncomplete(DomainError):
    """A file that would drop much of what we hold: most likely it was cut off."""

    code = "source_incomplete"
    message = (
        "{source} would drop {removed} of {held} rows; import it as partial, or say that it may."
    )


class SourceUnavailable(DomainError):
    """An outside source that did not give a usable answer; what we hold stays."""

    status = 503
    code = "source_unavailable"
    message = "{source} gave no usable answer: {reason}"


class SourceRefused(DomainError):
    """An address that we do not ask: host, scheme or network not allowed."""

    status = 400
    code = "source_refused"
    message = "{url} is not asked: {reason}"


class ImpossibleWind(DomainError):
    """A wind that the aircraft cannot hold its track against."""

    status = 400
    code = "impossible_wind"
    message = "Leg {leg}: a wind of {wind_kt} kt cannot be flown against at {cruise_kt} kt."


class UnknownPlace(DomainError):
    """A code that names no aerodrome."""

    status = 400
    code = "unknown_place"
    message = "{code} is no aerodrome we know."


class UnsoundAirspace(DomainError):
    """Airspace whose limits or area make no sense."""

    status = 400
    code = "unsound_airspace"
    message = "{reason}"


class AirspaceRetired(DomainError):
    """Airspace that is no longer in force."""

    code = "airspace_retired"
    message = "{name} is retired already."
