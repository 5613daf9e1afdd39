import socket
import time

from django.conf import settings
from django.core.cache.backends.redis import RedisCache
from django.test import RequestFactory

from common.api import throttling


def test_a_redis_that_hangs_holds_no_request_up(monkeypatch):
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.9")
    request.user = None
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        cache = RedisCache(url, {"OPTIONS": settings.REDIS_PATIENCE})
        monkeypatch.setattr(throttling, "cache", cache)
        began = time.monotonic()

        answers = [
            throttle().allow_request(request, None)
            for throttle in (throttling.AccountThrottle, throttling.LoginThrottle)
        ]

    assert answers == [True, False]
    assert time.monotonic() - began < 5
