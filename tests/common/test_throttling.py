import re
import socket
import time

import pytest
from django.conf import settings
from django.core.cache.backends.redis import RedisCache
from django.test import RequestFactory

from common.api import throttling
from tests.users.factories import UserFactory


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


@pytest.mark.django_db
def test_an_answer_says_what_may_be_asked_and_what_is_left(client_for, settings):
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"account": "2/hour", "login": "1/h"},
    }  # fmt: skip
    client = client_for(UserFactory())

    answers = [client.get("/api/me/preferences/") for _ in range(3)]

    assert [a.status_code for a in answers] == [200, 200, 429]
    assert {a["RateLimit-Policy"] for a in answers} == {'"account";q=2;w=3600'}
    said = [re.fullmatch(r'"account";r=(\d+);t=(\d+)', a["RateLimit"]) for a in answers]
    assert [int(each[1]) for each in said] == [1, 0, 0]
    assert all(1 <= int(each[2]) <= 3600 for each in said)
    assert abs(int(answers[2]["Retry-After"]) - int(said[2][2])) <= 1


def test_an_answer_to_what_nothing_counts_says_no_limit(client):
    assert "RateLimit" not in client.get("/healthz")
