"""
Who may call what of agreements. Only those of documents one may read show at all.
"""

READERS = (
    "admin dispatcher medical_staff medical_director flight_coordinator chief_pilot accountant"
)
# Asks people outside for their signature.
DESK = "admin dispatcher flight_coordinator"
# Signs for the operator.
SIGNATORIES = "admin flight_coordinator chief_pilot"

AGREEMENTS = {
    "documents/agreements/ GET": READERS,
    "documents/agreements/ POST": DESK,
    "documents/agreements/{number}/ GET": READERS,
    "documents/agreements/{number}/history/ GET": READERS,
    "documents/agreements/{number}/check/ GET": READERS,
    "documents/agreements/{number}/signed/ GET": READERS,
    "documents/agreements/{number}/send/ POST": DESK,
    "documents/agreements/{number}/remind/ POST": DESK,
    "documents/agreements/{number}/withdraw/ POST": DESK,
    "documents/agreements/{number}/countersign/ POST": SIGNATORIES,
}
PUBLIC_AGREEMENTS = [
    # The link is the key.
    "documents/signing/{token}/ GET",
    "documents/signing/{token}/ POST",
    "documents/signing/{token}/code/ POST",
    "documents/signing/{token}/document/ GET",
    "documents/signing/{token}/document/ POST",
    "documents/signing/{token}/sign/ POST",
    "documents/signing/{token}/decline/ POST",
]
SHARED_AGREEMENTS = {"documents/signing"}
