from typing import Any

from rest_framework import serializers

from common.api.serializers import CommandSerializer

_PASSWORD: dict[str, Any] = {
    "style": {"input_type": "password"},
    "trim_whitespace": False,
    "max_length": 128,
}
_TOKEN: dict[str, Any] = {"max_length": 2000, "trim_whitespace": True}


class ObtainTokenSerializer(CommandSerializer):
    """Sign in."""

    email = serializers.CharField(max_length=254, help_text="pat@example.com")
    password = serializers.CharField(**_PASSWORD)
    otp = serializers.CharField(
        max_length=32,
        required=False,
        allow_blank=True,
        default="",
        help_text="Six digits of the authenticator, or a recovery code; for accounts that have"
        " a second factor.",
    )


class TokenPairSerializer(serializers.Serializer):
    """An access token for a quarter of an hour and the refresh token for the next pair."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    totp_enrollment_required = serializers.BooleanField(
        help_text="The role needs a second factor: until one is enrolled nothing else is open."
    )


class RefreshTokenSerializer(CommandSerializer):
    """Trade a refresh token; each is good for one trade."""

    refresh = serializers.CharField(**_TOKEN)


class VerifyTokenSerializer(CommandSerializer):
    """Ask whether an access or refresh token is good now."""

    token = serializers.CharField(**_TOKEN)


class VerifiedTokenSerializer(serializers.Serializer):
    """What kind of token it was."""

    token_type = serializers.ChoiceField(["access", "refresh"])


class LogoutSerializer(CommandSerializer):
    """Sign out of this session or of all; the refresh token serves when access has run out."""

    refresh = serializers.CharField(**_TOKEN, required=False)
    all_sessions = serializers.BooleanField(required=False, default=False)


class ChangePasswordSerializer(CommandSerializer):
    """Change one's own password."""

    current_password = serializers.CharField(**_PASSWORD)
    new_password = serializers.CharField(**_PASSWORD, help_text="12 characters or more.")


class SetPasswordSerializer(CommandSerializer):
    """Give another person a new password."""

    new_password = serializers.CharField(**_PASSWORD, help_text="12 characters or more.")


class ConfirmPasswordSerializer(CommandSerializer):
    """Say again that it is you."""

    password = serializers.CharField(**_PASSWORD)


class TotpEnrollmentSerializer(serializers.Serializer):
    """A new secret, in three spellings; it counts once a code of it was confirmed."""

    secret = serializers.CharField(help_text="Base 32, for typing in.")
    otpauth_uri = serializers.CharField()
    qr_svg = serializers.CharField(help_text="The address as a QR code, an SVG document.")


class ConfirmTotpSerializer(CommandSerializer):
    """The code the authenticator shows now."""

    code = serializers.CharField(min_length=6, max_length=6)


class RecoveryCodesSerializer(serializers.Serializer):
    """Codes for the day the authenticator is lost; each works once; shown only now."""

    recovery_codes = serializers.ListField(child=serializers.CharField())
