"""The product's settings with the baseline's endpoint instead of the product's."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.peers.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.peers"]  # noqa: F405
