"""How drone operations stand, and what pages of apps below show of flying them."""

from flight_operations.desk import aircraft as aircraft
from flight_operations.desk import operation as operation
from flight_operations.desk import pilot as pilot
