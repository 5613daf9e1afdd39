"""Rows of clients in masses: copies of one client's, with other keys, states and currencies."""

# ruff: noqa: S608 - the statements are made of names of our own tables alone

from typing import Any

from benchmarks.client_template import copies, owner

APP = "client_management_"
OPERATION = "flight_operations_flightoperation"
AIRCRAFT = "rpas_rpasaircraft"
INVOICE = "finance_invoice"
GUARDED = (
    f"{APP}clientorganization",
    f"{APP}servicerequest",
    f"{APP}servicequote",
    f"{APP}joborder",
    f"{APP}joboperation",
    AIRCRAFT,
    OPERATION,
    INVOICE,
    "contacts_contact",
)
# One operation in so many is in the air, each with an aircraft of its own.
PER_FLYING = 1_000
# One client in so many has a contact that was merged into its own, and bills in that one's name.
PER_MERGED = 4


def drawn(salt: int, sides: int) -> str:
    """A number below `sides` that hangs on `g.n` alone, not in step with what else is drawn."""
    return f"((hashint8(g.n::bigint * 1000003 + {salt}) & 2147483647) % {sides})"


def one_of(salt: int, *values: str) -> str:
    """One of some words, by chance; a word given twice comes twice as often."""
    words = ",".join(f"'{value}'" for value in values)
    return f"(ARRAY[{words}])[1 + {drawn(salt, len(values))}]"


REQUEST_STATUS = one_of(
    1, "submitted", "assessing", "quoted", "approved", "approved", "approved", "declined",
    "expired", "cancelled", "draft",
)  # fmt: skip
JOB_STATUS = one_of(
    2, "confirmed", "scheduled", "in_progress", "delivered", "accepted", "invoiced", "completed",
    "completed", "on_hold", "cancelled",
)  # fmt: skip
OPERATION_STATUS = one_of(
    3, "draft", "planned", "authorised", "landed", "logged", "finalised", "finalised",
    "finalised", "cancelled", "aborted",
)  # fmt: skip
INVOICE_STATUS = one_of(4, "paid", "part_paid", "open", "overdue", "void")


def fill(rows: dict[str, int], clients: int, requests: int, operations: int) -> None:
    """Multiply the rows of one client; guards look away meanwhile, foreign keys do not."""
    with owner() as cursor:
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        _clients(cursor, rows, clients)
        _requests(cursor, rows, clients, requests)
        _quotes(cursor, rows, requests)
        _jobs(cursor, rows, requests)
        _operations(cursor, rows, operations)
        _invoices(cursor, rows, clients, requests // 4)
        # Keys that are looked at when a transaction ends are looked at now.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("ANALYZE")


def _clients(cursor: Any, rows: dict[str, int], count: int) -> None:
    """Clients of all currencies, some suspended, some with a contact merged into theirs."""
    copies(cursor, "contacts_contact", rows["contact"], count, name="'Client ' || g.n")
    copies(
        cursor,
        "contacts_contact",
        rows["contact"],
        count // PER_MERGED,
        id=f"src.id + {count} + g.n",
        name="'Client once ' || g.n",
        merged_into_id=f"src.id + g.n * {PER_MERGED}",
        is_active="false",
    )
    copies(
        cursor,
        f"{APP}clientorganization",
        rows["organization"],
        count,
        number="'CLI-B-' || g.n",
        name="'Client ' || lpad(g.n::text, 6, '0')",
        contact_id=f"{rows['contact']} + g.n",
        currency=one_of(5, "AUD", "AUD", "AUD", "AUD", "AUD", "USD", "NZD", "EUR", "JPY", "JPY"),
        status="CASE WHEN g.n % 20 = 0 THEN 'suspended' ELSE 'active' END",
    )


def _requests(cursor: Any, rows: dict[str, int], clients: int, count: int) -> None:
    """Requests of every state; one in eight is in a currency that need not be the client's."""
    copies(
        cursor,
        f"{APP}servicerequest",
        rows["request"],
        count,
        join=(
            f"JOIN {APP}clientorganization o"
            f" ON o.id = {rows['organization']} + 1 + {drawn(6, clients)}"
        ),
        number="'SR-B-' || g.n",
        organization_id="o.id",
        status=REQUEST_STATUS,
        currency=_mostly("o.currency", 7),
        budget=f"CASE WHEN {drawn(8, 5)} > 0 THEN {drawn(9, 5000)}::numeric END",
        approved_budget=(
            f"CASE WHEN {REQUEST_STATUS} = 'approved' THEN {drawn(10, 900)}::numeric END"
        ),
        wanted_from=f"src.wanted_from + {drawn(11, 365)}",
        wanted_until=f"src.wanted_from + {drawn(11, 365)} + 10",
    )
    cursor.execute(
        f"CREATE TEMP TABLE wanted AS SELECT id - {rows['request']} AS n, organization_id, status,"
        f" currency FROM {APP}servicerequest WHERE id > {rows['request']}"
    )
    cursor.execute("CREATE UNIQUE INDEX ON wanted (n)")


def _mostly(usual: str, salt: int) -> str:
    return f"CASE WHEN {drawn(salt, 8)} > 0 THEN {usual} ELSE {one_of(salt + 1, 'AUD', 'USD')} END"


def _quotes(cursor: Any, rows: dict[str, int], count: int) -> None:
    """An offer for each request that got so far."""
    standing = (
        "CASE w.status WHEN 'approved' THEN 'accepted' WHEN 'quoted' THEN"
        f" {one_of(12, 'sent', 'viewed')} ELSE w.status END"
    )
    copies(
        cursor,
        f"{APP}servicequote",
        rows["quote"],
        count,
        join=(
            "JOIN wanted w ON w.n = g.n AND w.status IN ('quoted','approved','declined','expired')"
        ),
        number="'SQ-B-' || g.n",
        request_id=f"{rows['request']} + g.n",
        status=standing,
        currency="w.currency",
        subtotal=f"{drawn(13, 90_000)}::numeric",
        tax_total="0",
        total=f"{drawn(13, 90_000)}::numeric",
        link_digest="md5(g.n::text) || md5((-g.n)::text)",
        answered_at="src.sent_at",
        answered_by_id="src.sent_by_id",
    )


def _jobs(cursor: Any, rows: dict[str, int], count: int) -> None:
    """A job for each request that was approved."""
    accepted = f"CASE WHEN {JOB_STATUS} IN ('accepted','invoiced','completed') THEN"
    copies(
        cursor,
        f"{APP}joborder",
        rows["job"],
        count,
        join="JOIN wanted w ON w.n = g.n AND w.status = 'approved'",
        number="'JOB-B-' || g.n",
        request_id=f"{rows['request']} + g.n",
        quote_id=f"{rows['quote']} + g.n",
        organization_id="w.organization_id",
        status=JOB_STATUS,
        currency="w.currency",
        agreed_amount=f"{drawn(14, 7000)}::numeric",
        accepted_at=f"{accepted} src.created_at END",
        accepted_by_id=f"{accepted} (SELECT sent_by_id FROM {APP}servicequote LIMIT 1) END",
    )
    cursor.execute(
        f"CREATE TEMP TABLE jobs AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS place"
        f" FROM {APP}joborder WHERE id > {rows['job']}"
    )
    cursor.execute("CREATE UNIQUE INDEX ON jobs (place)")


def _operations(cursor: Any, rows: dict[str, int], count: int) -> None:
    """Operations, each flown for one job; some are in the air, by one aircraft each."""
    fleet = count // PER_FLYING + 1
    cursor.execute(f"SELECT aircraft_id FROM {OPERATION} WHERE id = %s", [rows["operation"]])
    (first,) = cursor.fetchone()
    copies(
        cursor, AIRCRAFT, first, fleet, registration="'B-' || g.n", serial_number="'BENCH' || g.n"
    )
    is_flying = f"g.n % {PER_FLYING} = {PER_FLYING - 1}"
    status = f"CASE WHEN {is_flying} THEN 'active' ELSE {OPERATION_STATUS} END"
    start = f"src.planned_start_at + ({drawn(15, 200)} - 150) * interval '1 day'"
    ended = f"{status} IN ('landed','logged','finalised','aborted')"
    copies(
        cursor,
        OPERATION,
        rows["operation"],
        count,
        number="'FO-B-' || g.n",
        aircraft_id=f"{first} + 1 + g.n / {PER_FLYING}",
        status=status,
        planned_start_at=start,
        planned_end_at=f"{start} + interval '30 minutes'",
        actual_start_at=f"CASE WHEN {is_flying} THEN now() WHEN {ended} THEN {start} END",
        actual_end_at=f"CASE WHEN {ended} THEN {start} + interval '20 minutes' END",
    )
    copies(
        cursor,
        f"{APP}joboperation",
        rows["link"],
        count,
        join=f"JOIN jobs j ON j.place = {drawn(16, 2147483647)} % (SELECT count(*) FROM jobs)",
        job_id="j.id",
        operation_id=f"{rows['operation']} + g.n",
        sequence="row_number() OVER (PARTITION BY j.id ORDER BY g.n)",
        part_m2="(g.n % 900 + 1)::float8",
    )


def _invoices(cursor: Any, rows: dict[str, int], clients: int, count: int) -> None:
    """
    Bills of every client: paid, in part, open, late, void, and credit notes.

    Of clients with a contact that was merged into theirs, half of the bills are in its name.
    """
    net = f"(100 + {drawn(17, 9_000)})::numeric"
    part = f"floor({net} * {drawn(18, 90)} / 100)"
    paid = f"CASE {INVOICE_STATUS} WHEN 'paid' THEN {net} WHEN 'part_paid' THEN {part} ELSE 0 END"
    corrects = f"{drawn(19, 20)} = 0"
    once = f"{rows['contact']} + {clients} + (o.contact_id - {rows['contact']}) / {PER_MERGED}"
    in_its_name = f"(o.contact_id - {rows['contact']}) % {PER_MERGED} = 0 AND {drawn(20, 2)} = 0"
    copies(
        cursor,
        INVOICE,
        rows["invoice"],
        count,
        join=(
            f"JOIN {APP}clientorganization o"
            f" ON o.id = {rows['organization']} + 1 + {drawn(21, clients)}"
        ),
        number="'INV-B-' || g.n",
        payer_id=f"CASE WHEN {in_its_name} THEN {once} ELSE o.contact_id END",
        status=INVOICE_STATUS,
        kind=f"CASE WHEN {corrects} THEN 'credit_note' ELSE 'invoice' END",
        corrects_id=f"CASE WHEN {corrects} THEN src.id END",
        currency=_mostly("o.currency", 22),
        subtotal=net,
        tax_total="0",
        total=net,
        credited="0",
        written_off="0",
        paid=paid,
    )
