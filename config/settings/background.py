"""Cache, queue and periodic work. Without REDIS_URL a thread pool stands in for Celery."""

from celery.schedules import crontab

from config.settings.environment import env

REDIS_URL = env.str("REDIS_URL", default="")

# A Redis that does not answer is one that is away: no request waits for it longer than this.
REDIS_PATIENCE = {"socket_timeout": 1, "socket_connect_timeout": 1}
CACHES = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": REDIS_PATIENCE,
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

SCHEDULER_BACKEND = env.str("SCHEDULER_BACKEND", default="celery" if REDIS_URL else "threads")
SCHEDULER_THREADS = env.int("SCHEDULER_THREADS", default=4)


def _celery_url(url: str) -> str:
    """Celery names a Redis unix socket `redis+socket://`, the redis client `unix://`."""
    return url.replace("unix://", "redis+socket://", 1) if url.startswith("unix://") else url


CELERY_BROKER_URL = _celery_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 600
CELERY_TASK_TIME_LIMIT = 660
# With the broker down a commit must not wait: the outbox sweep delivers later.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 0,
    "socket_connect_timeout": 1,
    "visibility_timeout": 3600,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_DB_REUSE_MAX = 100
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "redeliver": {"task": "common.tasks.redeliver", "schedule": 15.0},
    "send-due-mail": {"task": "common.tasks.send_due_mail", "schedule": 15.0},
    "recompute-due": {"task": "common.tasks.recompute_due", "schedule": 30.0},
    "heartbeat": {"task": "common.tasks.heartbeat", "schedule": 15.0},
    "expire-trip-holds": {"task": "operations.tasks.expire_holds", "schedule": 60.0},
    "watch-for-silence": {"task": "flight_operations.tasks.watch_for_silence", "schedule": 3.0},
    "sweep-document-packs": {"task": "documents.tasks.sweep_packs", "schedule": 60.0},
    "sweep-optimization-runs": {"task": "dispatcher.tasks.sweep_runs", "schedule": 15.0},
    "expire-offers": {"task": "operations.tasks.expire_offers", "schedule": 60.0},
    "remind-of-occurrences": {
        "task": "operations.tasks.remind_of_occurrences",
        "schedule": 60.0,
    },
    "remind-of-breaches": {"task": "operations.tasks.remind_of_breaches", "schedule": 60.0},
    "expire-service-quotes": {
        "task": "client_management.tasks.expire_quotes",
        "schedule": 60.0,
    },
    "draft-scheduled-bills": {
        "task": "client_management.tasks.draft_scheduled_bills",
        "schedule": crontab(hour="17", minute="20"),
    },
    "expire-agreements": {"task": "documents.tasks.expire_agreements", "schedule": 60.0},
    "seal-agreements": {"task": "documents.tasks.seal_agreements", "schedule": 600.0},
    "drop-leftover-files": {
        "task": "documents.tasks.drop_leftover_files",
        "schedule": crontab(hour="4", minute="17"),
    },
    "telemetry-partitions": {
        "task": "flight_operations.tasks.ensure_telemetry_partitions",
        "schedule": crontab(hour="*/6", minute="7"),
    },
    "fetch-metars": {
        "task": "airports.tasks.fetch_metars",
        "schedule": crontab(minute="2-59/5"),
    },
    "fetch-tafs": {
        "task": "airports.tasks.fetch_tafs",
        "schedule": crontab(minute="4-59/15"),
    },
    "fetch-airports": {
        "task": "airports.tasks.fetch_airports",
        "schedule": crontab(hour="2", minute="41"),
    },
    "check-technical-logs": {
        "task": "rpas.tasks.check_technical_logs",
        "schedule": crontab(hour="1", minute="23"),
    },
    "forget-old-sessions": {
        "task": "users.tasks.forget_old_sessions",
        "schedule": crontab(hour="3", minute="5"),
    },
    # Days of the books begin at the operator's midnight, on the half hour in some zones.
    "mark-overdue-invoices": {
        "task": "finance.tasks.mark_overdue_invoices",
        "schedule": crontab(minute="3,33"),
    },
    "resolve-lost-payments": {
        "task": "finance.tasks.resolve_lost_payments",
        "schedule": 60.0,
    },
    "retry-parked-events": {"task": "finance.tasks.retry_parked_events", "schedule": 60.0},
    "list-missed-events": {
        "task": "finance.tasks.list_missed_events",
        "schedule": crontab(hour="4", minute="11"),
    },
    "ask-for-fees": {"task": "finance.tasks.ask_for_fees", "schedule": crontab(minute="17")},
    "watch-the-day": {"task": "dispatcher.tasks.watch_the_day", "schedule": 30.0},
    "sweep-overdue-events": {"task": "dispatcher.tasks.sweep_overdue", "schedule": 15.0},
    "send-due-notices": {"task": "dispatcher.tasks.send_due_webhooks", "schedule": 15.0},
    "send-due-webhooks": {"task": "users.tasks.send_due_webhooks", "schedule": 10.0},
    "forget-old-webhook-messages": {
        "task": "users.tasks.forget_old_webhook_messages",
        "schedule": crontab(hour="3", minute="41"),
    },
    "count-metrics": {
        "task": "dispatcher.tasks.count_metrics",
        "schedule": crontab(minute="1-56/5"),
    },
    "sweep-uploads": {"task": "client_management.portal_tasks.sweep_uploads", "schedule": 300.0},
    "drop-leftover-portal-files": {
        "task": "client_management.portal_tasks.drop_leftover_files",
        "schedule": crontab(hour="4", minute="27"),
    },
    "look-at-processing": {
        "task": "client_management.portal_tasks.look_at_processing",
        "schedule": 20.0,
    },
    "send-portal-digests": {
        "task": "client_management.portal_tasks.send_digests",
        "schedule": crontab(hour="20", minute="30"),
    },
    "housekeeping": {
        "task": "common.tasks.housekeeping",
        "schedule": crontab(hour="3", minute="17"),
    },
}
