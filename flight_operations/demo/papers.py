"""The papers of the demo flight: its report and both parts of the aircraft's technical log."""

from documents.demo import fetch_paper
from flight_operations.demo import cast, load
from flight_operations.demo.scene import Walk

LOGS = "/api/rpas/technical-logs/"


def make_the_papers(walk: Walk) -> None:
    """The flight's report and the technical log, each a PDF that anybody with its link reads."""
    chief = walk.person(cast.CHIEF)
    rows = chief.get(LOGS, aircraft=load.GOOD_AIRCRAFT, status="issued")
    log = rows.expect(200, "find the technical log").body["results"][0]["number"]
    wanted = (("mission_report", walk.number), ("f2_part_a", log), ("f2_part_b", log))
    sizes = [
        len(fetch_paper(chief, walk.base_url, kind=kind, subject=subject))
        for kind, subject in wanted
    ]
    walk.say(
        f"flight report and technical log as PDF, {min(sizes) // 1000} to {max(sizes) // 1000} kB"
    )
