from importlib.metadata import version

from airports.models import SourceState

EMBEDDED = "airportsdata"


def embedded_cycle() -> str:
    """The edition of the embedded aerodromes: the package names its data by date."""
    return version(EMBEDDED)


def is_reference_loaded() -> bool:
    """Say whether this edition of the embedded aerodromes has been loaded."""
    return SourceState.objects.filter(name=EMBEDDED, etag=embedded_cycle()).exists()
