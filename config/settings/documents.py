"""Documents and what clients get: how they are laid out, what is taken, how long links last."""

from config.settings.environment import env

# Of one document: seconds and address space (MB) of the process that lays it out.
DOCUMENT_RENDER_SECONDS = env.float("DOCUMENT_RENDER_SECONDS", default=40.0)
DOCUMENT_RENDER_MEMORY_MB = env.int("DOCUMENT_RENDER_MEMORY_MB", default=1024)
# Processes that each web or worker process keeps, and after how many documents one is replaced.
DOCUMENT_RENDER_PROCESSES = env.int("DOCUMENT_RENDER_PROCESSES", default=1)
DOCUMENT_RENDER_RECYCLE = env.int("DOCUMENT_RENDER_RECYCLE", default=200)
DOCUMENT_RENDER_WAIT_SECONDS = env.float("DOCUMENT_RENDER_WAIT_SECONDS", default=10.0)
DOCUMENT_UPLOAD_MAX_BYTES = env.int("DOCUMENT_UPLOAD_MAX_BYTES", default=20 * 1024 * 1024)
DOCUMENT_UPLOAD_MAX_PIXELS = env.int("DOCUMENT_UPLOAD_MAX_PIXELS", default=50_000_000)
# A program that reads a file on standard input and ends with 0 when it is clean, 1 when it is not.
DOCUMENT_SCAN_COMMAND = env.list("DOCUMENT_SCAN_COMMAND", default=[])
DOCUMENT_LINK_SECONDS = env.int("DOCUMENT_LINK_SECONDS", default=300)
# Of one delivered file, and of one part of it on its way in.
DELIVERABLE_MAX_BYTES = env.int("DELIVERABLE_MAX_BYTES", default=20 * 1024**3)
DELIVERABLE_PART_MAX_BYTES = env.int("DELIVERABLE_PART_MAX_BYTES", default=32 * 1024**2)
