"""How trips and quotes stand, and what pages of apps below show of flying them."""

from operations.desk import aircraft as aircraft
from operations.desk import leg as leg
from operations.desk import pilot as pilot
from operations.desk import quote as quote
from operations.desk import trip as trip
