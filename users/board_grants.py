"""Who watches the live board and who answers for what happens, as patterns of permission names."""

# Whoever flies or keeps drones sees the day and says that they heard what they were told.
BOARD = (
    "dispatcher.overview_dispatchschedule",
    "dispatcher.view_dispatchevent",
    "dispatcher.view_dispatcheventnote",
    "dispatcher.view_dispatchnotice",
    "dispatcher.acknowledge_dispatchnotice",
)
# Knows something about it and writes that down; the desk still answers for it.
BOARD_NOTES = (
    *BOARD,
    "dispatcher.note_dispatchevent",
    "dispatcher.view_operationalmetrics",
)
# Answers for what happens: raises, acknowledges, hands on, resolves.
BOARD_DESK = (
    *BOARD_NOTES,
    "dispatcher.add_dispatchevent",
    "dispatcher.change_dispatchevent",
    "dispatcher.acknowledge_dispatchevent",
    "dispatcher.assign_dispatchevent",
    "dispatcher.resolve_dispatchevent",
)
