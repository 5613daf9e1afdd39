"""Who may do what on the live board; merged into permission_table."""

# Answers for what happens.
DESK = "admin dispatcher flight_coordinator chief_remote_pilot"
# Know something about it and write that down.
NOTES = f"{DESK} chief_pilot maintenance_controller"
# Flies drones: sees the day, and says that a notice was heard.
WATCHERS = f"{NOTES} remote_pilot"

DISPATCHER_LIVE = {
    "dispatcher/events/ GET": WATCHERS,
    "dispatcher/events/ POST": DESK,
    "dispatcher/events/{number}/ GET": WATCHERS,
    "dispatcher/events/{number}/ PATCH": DESK,
    "dispatcher/events/{number}/history/ GET": WATCHERS,
    "dispatcher/events/{number}/acknowledge/ POST": DESK,
    "dispatcher/events/{number}/assign/ POST": DESK,
    "dispatcher/events/{number}/note/ POST": NOTES,
    "dispatcher/events/{number}/resolve/ POST": DESK,
    "dispatcher/notices/ GET": WATCHERS,
    "dispatcher/notices/{pk}/ GET": WATCHERS,
    "dispatcher/notices/{pk}/acknowledge/ POST": WATCHERS,
    "dispatcher/overview/ GET": WATCHERS,
    "dispatcher/areas/ GET": WATCHERS,
    "dispatcher/surroundings/ GET": WATCHERS,
    "dispatcher/forecast/ GET": WATCHERS,
    "dispatcher/stream/ GET": WATCHERS,
    "dispatcher/metrics/ GET": WATCHERS,
}
