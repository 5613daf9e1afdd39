"""The people of the drone demo."""

from datetime import date

from users.demo_people import ADMIN, DISPATCHER, Person

CHIEF = Person("chief", "Casey", "Rowe", "chief_remote_pilot", "0900001", "Chief remote pilot")
PILOT = Person("pilot", "Robin", "Vale", "remote_pilot", "0900002", "Remote pilot")
RELIEF = Person("relief", "Jordan", "Blake", "remote_pilot", "0900006", "Remote pilot")
TRAINEE = Person("trainee", "Jamie", "Frost", "remote_pilot", "0900003", "Remote pilot")
CONTROLLER = Person(
    "maintenance", "Morgan", "Reed", "maintenance_controller", "0900004", "Maintenance controller"
)
PEOPLE = (ADMIN, CHIEF, PILOT, RELIEF, TRAINEE, CONTROLLER, DISPATCHER)


def pilot_on(day: date) -> Person:
    """
    Who flies on a local day: by turns, so that each has rested since the day before.

    The demo is walked at any hour, and twice in one night.
    """
    return (PILOT, RELIEF)[day.toordinal() % 2]
