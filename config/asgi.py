import os

from django.conf import settings

from config.web_handler import thread_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = thread_application(settings.WEB_THREADS)
