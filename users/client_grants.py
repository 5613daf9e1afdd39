"""What people do for clients and their jobs, as patterns of permission names."""

# Whose work it is and what was agreed on: everybody concerned with drone jobs.
CLIENTS = (
    "client_management.view_clientorganization",
    "client_management.view_servicerequest",
    "client_management.view_servicequote",
    "client_management.view_joborder",
)
# What comes of the flights: files taken in and made, what was covered and what was not.
DELIVERIES = (
    "client_management.view_deliverable",
    "client_management.download_deliverable",
    "client_management.add_upload",
    "client_management.*_coveragereport",
    "client_management.*_processingrun",
)
# What clients are given and told.
CLIENT_TALK = (
    "client_management.release_deliverable",
    "client_management.share_deliverable",
    "client_management.drop_deliverable",
    "client_management.view_deliverabledownload",
    "client_management.*_sharelink",
    "client_management.view_messagethread",
    "client_management.view_messagefile",
    "client_management.*_clientmessage",
)
# How it can be flown, and that it is.
CLIENT_PLANNING = (
    *CLIENTS,
    *DELIVERIES,
    "client_management.assess_servicerequest",
    "client_management.plan_joborder",
    "client_management.hand_over_joborder",
    "client_management.hold_joborder",
)
# Whoever deals with clients: from the first request to the delivery.
CLIENT_DESK = (
    *CLIENT_PLANNING,
    *CLIENT_TALK,
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
