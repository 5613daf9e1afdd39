from rest_framework import serializers

from client_management.models import (
    FLAGS,
    AccessLevel,
    ClientOrganization,
    CustomerPortalAccess,
    Digest,
    Invitation,
)
from client_management.serializers.fields import AMOUNT, NULLABLE, TEXT
from client_management.services.accesses import PREFERENCES
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from users.models import User


class PortalAccessSerializer(serializers.ModelSerializer):
    """One person's key to one client's portal."""

    organization = serializers.CharField(source="organization.number")
    user = serializers.IntegerField(source="user_id")
    email = serializers.CharField(source="user.email")

    class Meta:
        model = CustomerPortalAccess
        fields = [
            "id",
            "organization",
            "user",
            "email",
            "level",
            *FLAGS,
            "approval_limit",
            *PREFERENCES,
            "valid_from",
            "valid_until",
            "revoked_at",
            "last_used_at",
            "version",
        ]
        read_only_fields = fields


class _AccessTermsSerializer(CommandSerializer):
    level = serializers.ChoiceField(AccessLevel.choices)
    can_view_jobs = serializers.BooleanField(required=False)
    can_request_services = serializers.BooleanField(required=False)
    can_approve_quotes = serializers.BooleanField(required=False)
    can_download_deliverables = serializers.BooleanField(required=False)
    can_view_invoices = serializers.BooleanField(required=False)
    can_track_live = serializers.BooleanField(required=False)
    approval_limit = serializers.DecimalField(**AMOUNT, **NULLABLE)
    valid_until = serializers.DateField(**NULLABLE)


class GrantAccessSerializer(_AccessTermsSerializer):
    """Who gets the key to whose portal; flags that are not named follow from the level."""

    organization = VisibleSlugField("number", queryset=ClientOrganization.objects.all())
    user = VisibleSlugField("email", queryset=User.objects.all())
    valid_from = serializers.DateField(required=False)


class AmendAccessSerializer(SomeChangeSerializer, _AccessTermsSerializer):
    """What a key opens, until when; another level brings its flags."""


class PreferencesSerializer(SomeChangeSerializer):
    """What a person wants to hear of, and how often."""

    notify_quotes = serializers.BooleanField()
    notify_schedule = serializers.BooleanField()
    notify_flights = serializers.BooleanField()
    notify_deliverables = serializers.BooleanField()
    notify_invoices = serializers.BooleanField()
    notify_messages = serializers.BooleanField()
    digest = serializers.ChoiceField(Digest.choices)


class InvitationSerializer(serializers.ModelSerializer):
    """An invitation to a client's portal; its link is in the mail alone."""

    organization = serializers.CharField(source="organization.number")
    invited_by = serializers.CharField(source="invited_by.email")

    class Meta:
        model = Invitation
        fields = [
            "id",
            "organization",
            "email",
            "full_name",
            "level",
            "approval_limit",
            "message",
            "invited_by",
            "sent_at",
            "expires_at",
            "accepted_at",
            "revoked_at",
            "version",
        ]
        read_only_fields = fields


class InviteSerializer(CommandSerializer):
    """Whom to invite to whose portal, as what."""

    organization = VisibleSlugField("number", queryset=ClientOrganization.objects.all())
    email = serializers.EmailField()
    full_name = serializers.CharField(max_length=200, **TEXT)
    level = serializers.ChoiceField(AccessLevel.choices)
    approval_limit = serializers.DecimalField(**AMOUNT, **NULLABLE)
    message = serializers.CharField(max_length=1000, **TEXT)
