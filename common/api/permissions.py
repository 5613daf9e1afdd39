from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

CRUD = {
    "list": "view",
    "retrieve": "view",
    "create": "add",
    "update": "change",
    "partial_update": "change",
    "destroy": "delete",
}


class HasActionPermission(BasePermission):
    """
    Require the model permission named after the viewset action.

    `list` needs `rpas.view_aircraft`; an extra action `ground` needs `rpas.ground_aircraft`. A view
    may name another with `action_permissions = {"history": "view"}`. A token-bearing machine also
    needs the permission among the token's scopes.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not (user and user.is_authenticated):
            return False
        if getattr(view, "action", "") is None:
            # A viewset that maps the method to nothing: no grant would help.
            raise MethodNotAllowed(str(request.method))
        needed = required_permission(view)
        return needed is not None and bool(user.has_perm(needed)) and _token_allows(request, needed)


def required_permission(view: Any) -> str | None:
    """The Django permission an action of a viewset needs, e.g. `rpas.view_rpasaircraft`."""
    action = getattr(view, "action", None)
    if action is None or getattr(view, "queryset", None) is None:
        return None
    own = getattr(view, "action_permissions", {})
    name = own.get(action, CRUD.get(action, action))
    if "." in name:
        return str(name)
    meta = view.queryset.model._meta
    return f"{meta.app_label}.{name}_{meta.model_name}"


class IsSignedIn(BasePermission):
    """Any active account may; for what concerns only the caller, such as `/me/`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(
            request.user
            and request.user.is_authenticated
            and getattr(request.auth, "scopes", None) is None
        )


def holds(request: Request, permission: str) -> bool:
    """Whether the caller has a permission, and a machine's token names it among its scopes."""
    return bool(request.user.has_perm(permission)) and _token_allows(request, permission)


def _token_allows(request: Request, needed: str) -> bool:
    scopes = getattr(request.auth, "scopes", None)
    return scopes is None or needed in scopes
