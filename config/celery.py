import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("windsock")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def beat_at_once(sender: Any, **_: Any) -> None:
    """Queue a heartbeat as a worker starts: /readyz need not wait for beat's first round."""
    sender.app.send_task("common.tasks.heartbeat")
