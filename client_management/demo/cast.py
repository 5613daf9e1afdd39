"""The client's people of the drone job demo."""

from users.demo_people import ADMIN, Person

CLIENT = Person("client", "Toni", "Marchetti", "client", "", "Quarry manager, a client")
PEOPLE = (ADMIN, CLIENT)
