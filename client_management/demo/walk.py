"""The demo job, end to end over HTTP: from the client's first login to the paid bill."""

from client_management.demo import client, delivery, desk, dispatch, look_about, money, survey
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
        survey.log_it,
        survey.hold_the_estimate_against_it,
        survey.measure_it,
        delivery.deliver_it,
        delivery.accept_it,
        look_about.follow_a_link,
        money.bill_it,
        money.pay_it,
        money.settle_it,
        money.look_round,
        look_about.with_less_of_a_key,
        look_about.with_two_keys,
        look_about.from_outside,
    ):
        step(walk)
