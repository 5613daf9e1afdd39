"""What people do for clients and their jobs, as patterns of permission names."""

# Whose work it is and what was agreed on: everybody concerned with drone jobs.
CLIENTS = (
    "client_management.view_clientorganization",
    "client_management.view_servicerequest",
    "client_management.view_servicequote",
    "client_management.view_joborder",
)
# How it can be flown, and that it is.
CLIENT_PLANNING = (
    *CLIENTS,
    "client_management.assess_servicerequest",
    "client_management.plan_joborder",
    "client_management.hand_over_joborder",
    "client_management.hold_joborder",
)
# Whoever deals with clients: from the first request to the delivery.
CLIENT_DESK = (
    *CLIENT_PLANNING,
    "client_management.view_contract",
    "client_management.view_contractrate",
    "client_management.add_clientorganization",
    "client_management.change_clientorganization",
    "client_management.check_clientorganization",
    "client_management.*_customerportalaccess",
    "client_management.*_invitation",
    "client_management.add_servicerequest",
    "client_management.change_servicerequest",
    "client_management.submit_servicerequest",
    "client_management.decline_servicerequest",
    "client_management.cancel_servicerequest",
    "client_management.add_servicequote",
    "client_management.send_servicequote",
    "client_management.answer_servicequote",
    "client_management.withdraw_servicequote",
    "client_management.change_joborder",
    "client_management.confirm_joborder",
    "client_management.deliver_joborder",
    "client_management.accept_joborder",
    "client_management.cancel_joborder",
    "client_management.bill_joborder",
)
# Whoever answers for the money: terms, prices, costs, what is billed out of turn.
CLIENT_MONEY = (
    *CLIENTS,
    "client_management.check_clientorganization",
    "client_management.activate_clientorganization",
    "client_management.suspend_clientorganization",
    "client_management.close_clientorganization",
    "client_management.*_contract",
    "client_management.*_contractrate",
    "client_management.*_costrate",
    "client_management.override_servicequote",
    "client_management.approve_servicerequest",
    "client_management.bill_joborder",
    "client_management.bill_early_joborder",
    "client_management.cost_joborder",
)
