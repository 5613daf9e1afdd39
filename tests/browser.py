"""A browser that is signed in to the admin."""

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from users.models import User


def enter(client: Client, user: User) -> None:
    """Sign a person in with a second factor given, as the admin's door would."""
    client.force_login(user, backend="users.backends.RoleBackend")
    device, _ = TOTPDevice.objects.get_or_create(user=user, name="test", confirmed=True)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
