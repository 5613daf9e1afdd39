import os
from typing import Any

from celery import Celery, Task
from celery.signals import worker_ready

from common.redaction import withholding

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class WithholdingTask(Task):
    """A task that begins with nothing to withhold from its log lines, as a request does."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with withholding():
            return super().__call__(*args, **kwargs)


app = Celery("windsock", task_cls=WithholdingTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def beat_at_once(sender: Any, **_: Any) -> None:
    """Queue a heartbeat as a worker starts: /readyz need not wait for beat's first round."""
    sender.app.send_task("common.tasks.heartbeat")
