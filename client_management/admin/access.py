"""Keys to the portal and invitations to it."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from client_management.admin.base import ClientAdmin
from client_management.models import FLAGS, CustomerPortalAccess, Invitation
from client_management.services import accesses, invitations


@admin.register(CustomerPortalAccess)
class CustomerPortalAccessAdmin(ClientAdmin):
    about = (
        "Who of a client may enter the portal, and what each key opens. Take a key away when "
        "somebody leaves the client; it opens nothing from then on. New people come in by an "
        "invitation."
    )
    list_display: ClassVar = [
        "user",
        "organization",
        "level",
        *FLAGS,
        "valid_until",
        "revoked_at",
    ]
    list_filter: ClassVar = ["level", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related: ClassVar = ["user", "organization"]
    search_fields: ClassVar = ["user__email", "organization__name", "organization__number"]
    ordering: ClassVar = ["-id"]
    final_actions: ClassVar = ["revoke"]
    actions: ClassVar = ["revoke"]

    @admin.action(description="Take away", permissions=["revoke"])
    def revoke(self, request: HttpRequest, rows: QuerySet) -> None:
        """Take the selected keys away."""
        self.call(request, rows, accesses.revoke_access, "taken away", says="reason")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may take keys away."""
        return self.may(request, "revoke")


@admin.register(Invitation)
class InvitationAdmin(ClientAdmin):
    about = (
        "Letters that ask somebody into the client portal. Send one again while it is open, or "
        "take it back so that its link is dead. Once it is used, the key stands under Portal "
        "access."
    )
    list_display: ClassVar = [
        "email",
        "organization",
        "level",
        "invited_by",
        "sent_at",
        "expires_at",
        "accepted_at",
        "revoked_at",
    ]
    list_filter: ClassVar = ["level", ("accepted_at", admin.EmptyFieldListFilter)]
    list_select_related: ClassVar = ["organization", "invited_by"]
    search_fields: ClassVar = ["email", "organization__name"]
    ordering: ClassVar = ["-id"]
    # What its link is made from shows nowhere.
    fields: ClassVar = [*list_display, "full_name", "approval_limit", "message", "accepted_by"]
    final_actions: ClassVar = ["revoke"]
    actions: ClassVar = ["resend", "revoke"]

    @admin.action(description="Send again", permissions=["resend"])
    def resend(self, request: HttpRequest, rows: QuerySet) -> None:
        """Mail the selected invitations again."""
        self.call(request, rows, invitations.resend_invitation, "sent again")

    @admin.action(description="Take back", permissions=["revoke"])
    def revoke(self, request: HttpRequest, rows: QuerySet) -> None:
        """Take the selected invitations back."""
        self.call(request, rows, invitations.revoke_invitation, "taken back", says="reason")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may send invitations again."""
        return self.may(request, "resend")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may take invitations back."""
        return self.may(request, "revoke")
