"""Who answers for what happens on the live board, as patterns of permission names."""

# Knows something about an event and writes that down; the desk still answers for it.
BOARD_NOTES = ("dispatcher.note_dispatchevent",)
# Answers for what happens: raises, acknowledges, hands on, resolves.
BOARD_DESK = (
    *BOARD_NOTES,
    "dispatcher.add_dispatchevent",
    "dispatcher.change_dispatchevent",
    "dispatcher.acknowledge_dispatchevent",
    "dispatcher.assign_dispatchevent",
    "dispatcher.resolve_dispatchevent",
)
