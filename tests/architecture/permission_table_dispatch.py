"""
Who may call what of dispatch.

Whoever sees drone operations sees the plan of the day; who plans it is the dispatcher and the chief
remote pilot, who also says which centers there are.
"""

READERS = (
    "admin dispatcher flight_coordinator chief_pilot chief_remote_pilot remote_pilot"
    " maintenance_controller"
)
DESK = "admin dispatcher chief_remote_pilot"
CHIEF = "admin chief_remote_pilot"

DISPATCH = {
    "dispatcher/centers/ GET": READERS,
    "dispatcher/centers/ POST": CHIEF,
    "dispatcher/centers/{code}/ GET": READERS,
    "dispatcher/centers/{code}/ PATCH": CHIEF,
    "dispatcher/centers/{code}/deactivate/ POST": CHIEF,
    "dispatcher/centers/{code}/reactivate/ POST": CHIEF,
    "dispatcher/centers/{code}/recommend-slot/ POST": DESK,
    "dispatcher/resources/ GET": READERS,
    "dispatcher/resources/ POST": DESK,
    "dispatcher/resources/{pk}/ GET": READERS,
    "dispatcher/resources/{pk}/ PATCH": DESK,
    "dispatcher/demands/ GET": READERS,
    "dispatcher/demands/ POST": DESK,
    "dispatcher/demands/{pk}/ GET": READERS,
    "dispatcher/schedules/ GET": READERS,
    "dispatcher/schedules/ POST": DESK,
    "dispatcher/schedules/{pk}/ GET": READERS,
    "dispatcher/schedules/{pk}/cancel/ POST": DESK,
    "dispatcher/schedules/{pk}/close/ POST": DESK,
    "dispatcher/schedules/{pk}/diff/ GET": READERS,
    "dispatcher/schedules/{pk}/drop/ POST": DESK,
    "dispatcher/schedules/{pk}/history/ GET": READERS,
    "dispatcher/schedules/{pk}/optimise/ POST": DESK,
    "dispatcher/schedules/{pk}/proposal/ GET": READERS,
    "dispatcher/schedules/{pk}/publish/ POST": DESK,
    "dispatcher/schedules/{pk}/runs/ GET": READERS,
    "dispatcher/assignments/ GET": READERS,
    "dispatcher/assignments/ POST": DESK,
    "dispatcher/assignments/check/ POST": DESK,
    "dispatcher/assignments/{pk}/ GET": READERS,
    "dispatcher/assignments/{pk}/history/ GET": READERS,
    "dispatcher/assignments/{pk}/move/ POST": DESK,
    "dispatcher/assignments/{pk}/pin/ POST": DESK,
    "dispatcher/assignments/{pk}/unpin/ POST": DESK,
    "dispatcher/assignments/{pk}/withdraw/ POST": DESK,
}
