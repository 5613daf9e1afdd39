"""The demo trip, end to end over HTTP: from the request to the paid bill."""

from operations.demo import desk, flight, money
from operations.demo.scene import TripWalk


def run(walk: TripWalk) -> None:
    """Walk the demo trip; raises CheckFailed at the first thing that is not as it should be."""
    for step in (
        desk.clear_what_a_broken_run_left,
        desk.weather_of_the_hour,
        desk.take_the_request,
        desk.ask_for_a_flight,
        desk.review_it,
        desk.find_the_aircraft,
        desk.price_it,
        desk.let_the_customer_accept,
        desk.book_it,
        flight.crew_it,
        flight.arrange_it,
        flight.name_who_travels,
        flight.brief_it,
        flight.sign_the_risk,
        flight.release_it_and_lose_it,
        flight.release_it_again,
        flight.fly_it,
        money.make_the_papers,
        flight.close_it,
        money.bill_it,
        money.pay_it,
        money.hand_out_the_bill,
        flight.keep_the_secret,
    ):
        step(walk)
