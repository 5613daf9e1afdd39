"""The client's people of the drone job demo."""

from operations.demo.cast import ACCOUNTANT, COORDINATOR
from users.demo_people import ADMIN, Person

CLIENT = Person("client", "Toni", "Marchetti", "client", "", "Quarry manager, a client")
PEOPLE = (ADMIN, CLIENT)
# Who deals with clients; they serve the demo of the trips, too.
DESK = (COORDINATOR, ACCOUNTANT)
