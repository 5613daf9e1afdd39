"""The people of the air-ambulance demo; the administrator and the dispatcher serve both demos."""

from users.demo_people import ADMIN, DISPATCHER, Person

COORDINATOR = Person("coordinator", "Noor", "Hale", "flight_coordinator", "", "Flight coordinator")
CHIEF_PILOT = Person("chiefpilot", "Ellis", "Ward", "chief_pilot", "", "Chief pilot")
CAPTAIN = Person("captain", "Sasha", "Brook", "pilot", "", "Captain")
FIRST_OFFICER = Person("copilot", "Devon", "Pike", "pilot", "", "First officer")
NURSE = Person("nurse", "Imani", "Cole", "medical_staff", "", "Flight nurse")
PHYSICIAN = Person("physician", "Yael", "Stone", "medical_director", "", "Medical director")
ACCOUNTANT = Person("accountant", "Robin", "Marsh", "accountant", "", "Accountant")
PEOPLE = (
    ADMIN,
    DISPATCHER,
    COORDINATOR,
    CHIEF_PILOT,
    CAPTAIN,
    FIRST_OFFICER,
    NURSE,
    PHYSICIAN,
    ACCOUNTANT,
)
PILOTS = (CHIEF_PILOT, CAPTAIN, FIRST_OFFICER)
MEDICAL_TEAM = (NURSE, PHYSICIAN)
