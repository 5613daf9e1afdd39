"""
Who may call what of the documents.

Which kinds somebody may make and read, and about which records, the grants of those decide.
"""

ADMIN = "admin"
STAFF = (
    "admin dispatcher pilot medical_staff medical_director flight_coordinator chief_pilot"
    " chief_remote_pilot remote_pilot maintenance_controller accountant"
)

DOCUMENTS = {
    "documents/documents/ GET": STAFF,
    "documents/documents/upload/ POST": STAFF,
    "documents/documents/{number}/ GET": STAFF,
    "documents/documents/{number}/issues/ GET": STAFF,
    "documents/documents/{number}/snapshot/ GET": STAFF,
    "documents/documents/{number}/link/ POST": STAFF,
    # What is not kept any more is thrown away by who answers for the records.
    "documents/documents/{number}/delete/ POST": ADMIN,
    "documents/documents/{number}/keep-longer/ POST": ADMIN,
    "documents/documents/{number}/accesses/ GET": ADMIN,
    "documents/accesses/ GET": ADMIN,
    "documents/generate/ POST": STAFF,
    "documents/packs/ GET": STAFF,
    "documents/packs/{pk}/ GET": STAFF,
    "documents/packs/{pk}/cancel/ POST": STAFF,
    "documents/packs/{pk}/link/ POST": STAFF,
    "documents/kinds/ GET": STAFF,
    # The company's face.
    "documents/letterhead/ GET": ADMIN,
    "documents/letterhead/ PATCH": ADMIN,
    "documents/templates/ GET": ADMIN,
    "documents/templates/ POST": ADMIN,
    "documents/templates/shipped/ GET": ADMIN,
    "documents/templates/{pk}/ GET": ADMIN,
    "documents/templates/{pk}/ PATCH": ADMIN,
    "documents/templates/{pk}/history/ GET": ADMIN,
    "documents/templates/{pk}/preview/ POST": ADMIN,
    "documents/templates/{pk}/publish/ POST": ADMIN,
    "documents/templates/{pk}/retire/ POST": ADMIN,
}
PUBLIC_DOCUMENTS = [
    # The link is the key, for some minutes.
    "documents/downloads/{token}/ GET",
]
SHARED_DOCUMENTS = {"documents/templates"}
