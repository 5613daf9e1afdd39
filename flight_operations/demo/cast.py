"""The people of the drone demo."""

from users.demo_people import ADMIN, DISPATCHER, Person

CHIEF = Person("chief", "Casey", "Rowe", "chief_remote_pilot", "0900001", "Chief remote pilot")
PILOT = Person("pilot", "Robin", "Vale", "remote_pilot", "0900002", "Remote pilot")
TRAINEE = Person("trainee", "Jamie", "Frost", "remote_pilot", "0900003", "Remote pilot")
CONTROLLER = Person(
    "maintenance", "Morgan", "Reed", "maintenance_controller", "0900004", "Maintenance controller"
)
PEOPLE = (ADMIN, CHIEF, PILOT, TRAINEE, CONTROLLER, DISPATCHER)
