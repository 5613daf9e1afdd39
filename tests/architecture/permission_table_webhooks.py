"""Who may subscribe to events; merged into permission_table."""

# Whoever may issue keys to machines.
MACHINES = "admin chief_remote_pilot"

WEBHOOKS = {
    "users/webhooks/ GET": MACHINES,
    "users/webhooks/ POST": MACHINES,
    "users/webhooks/{pk}/ GET": MACHINES,
    "users/webhooks/{pk}/ PATCH": MACHINES,
    "users/webhooks/{pk}/close/ POST": MACHINES,
    "users/webhooks/{pk}/deliver-again/ POST": MACHINES,
    "users/webhooks/{pk}/history/ GET": MACHINES,
    "users/webhooks/{pk}/messages/ GET": MACHINES,
    "users/webhooks/{pk}/pause/ POST": MACHINES,
    "users/webhooks/{pk}/resume/ POST": MACHINES,
    "users/webhooks/{pk}/rotate-secret/ POST": MACHINES,
    "users/webhooks/{pk}/test/ POST": MACHINES,
    "users/webhook-event-types/ GET": MACHINES,
    "users/webhook-messages/ GET": MACHINES,
    "users/webhook-messages/{pk}/ GET": MACHINES,
    "users/webhook-messages/{pk}/attempts/ GET": MACHINES,
    "users/webhook-messages/{pk}/deliver-again/ POST": MACHINES,
}
