"""The demo job, end to end over HTTP: from the client's first login to the paid bill."""

from client_management.demo import client, delivery, desk, dispatch, money, survey
from client_management.demo.scene import JobWalk


def run(walk: JobWalk) -> None:
    """Walk the demo job; raises CheckFailed at the first thing that is not as it should be."""
    for step in (
        desk.clear_what_a_broken_run_left,
        dispatch.let_the_day_begin,
        client.invite_them,
        client.come_in,
        client.ask_for_a_survey,
        desk.assess_it,
        desk.offer_it,
        client.accept_the_offer,
        desk.confirm_it,
        client.write_to_us,
        dispatch.plan_it,
        dispatch.optimise_it,
        dispatch.publish_it,
        survey.release_it,
        survey.fly_it,
        survey.land_it,
        survey.measure_it,
        delivery.deliver_it,
        delivery.accept_it,
        money.bill_it,
        money.pay_it,
        money.settle_it,
        money.look_round,
    ):
        step(walk)
