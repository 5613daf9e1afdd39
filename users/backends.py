from typing import Any

from django.contrib.auth.backends import BaseBackend

from users.models import User


class RoleBackend(BaseBackend):
    """
    Sign-in by e-mail address and password; rights from live roles, for the API and the admin alike.

    Nothing is read from a token or a cookie: see `User.authority`.
    """

    def authenticate(
        self,
        request: Any,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        user = User.objects.filter(email=username.strip().lower()).first()
        if user is None:
            # As much work as a real check, so that the time taken does not tell accounts apart.
            User().set_password(password)
            return None
        is_right = user.check_password(password)
        return user if is_right and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not getattr(user_obj, "is_active", False) or obj is not None:
            return set()
        return set(user_obj.authority.permissions)

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not getattr(user_obj, "is_active", False) or obj is not None:
            return False
        return perm in user_obj.authority.permissions

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Whether any right in this app is held; what the admin's index asks."""
        return getattr(user_obj, "is_active", False) and app_label in user_obj.authority.apps
