from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import BaseUserManager, PermissionsMixin
from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Concat, Lower, Upper
from django.utils import timezone
from django.utils.crypto import salted_hmac

from common.history import tracked_without
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from common.statements import PreparedQuery
from users.models.authority import Authority

CLIENT = "client"
ADMIN = "admin"


class UserQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """
        Who administers accounts sees everybody, other staff see everybody but clients.

        Anyone else, a client above all, sees only themselves.
        """
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser or user.has_perm("users.change_user"):
            return self
        if user.is_staff:
            clients = User.objects.only_clients().values("pk")
            return self.filter(Q(pk=user.pk) | ~Q(pk__in=clients))
        return self.filter(pk=user.pk)

    def active(self) -> Self:
        return self.filter(is_active=True)

    def only_clients(self) -> Self:
        """People who hold the client role and no staff role now."""
        assignments: Any = User._meta.get_field("role_assignments").related_model
        held = assignments.objects.live(timezone.now()).filter(user=OuterRef("pk"))
        return self.filter(
            Exists(held.filter(role__code=CLIENT)),
            ~Exists(held.filter(role__is_staff_role=True)),
        )


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Accounts by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account; without a password nobody can sign in until one is set."""
        user: User = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account that may do everything; for the first minutes of an installation."""
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        found: User = self.get(email=(username or "").lower())
        return found


@tracked_without("password")
class User(BaseModel, AbstractBaseUser, PermissionsMixin):
    """
    A person who signs in with an e-mail address; deactivated when they leave, never deleted.

    Rights come from live role assignments and from nowhere else. Every session token carries
    `token_epoch`; raising it ends all sessions at once.
    """

    # Sign-ins are rows of SignInSession; one more write per sign-in would change the ETag.
    last_login = None
    # One grant: no second way to rights beside roles.
    groups = None  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]

    email = models.EmailField(max_length=254, unique=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    is_active = models.BooleanField(default=True)
    token_epoch = models.PositiveIntegerField(default=1)
    date_of_birth = models.DateField(null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        permissions = [
            ("deactivate_user", "Can deactivate and reactivate an account"),
            ("set_password_user", "Can set another person's password"),
            ("reset_totp_user", "Can remove another person's second factor"),
        ]
        constraints = [models.UniqueConstraint(Lower("email"), name="one_account_per_email")]
        indexes = [
            GinIndex(OpClass(Upper(field), name="gin_trgm_ops"), name=f"user_{field}_words")
            for field in ("email", "first_name", "last_name")
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def full_name(self) -> str:
        """First and last name, or the e-mail address when neither is known."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def is_staff(self) -> bool:
        """Whether the admin is open to this person: superusers and holders of a staff role."""
        return self.is_active and (self.is_superuser or self.authority.is_staff)

    @property
    def authority(self) -> Authority:
        """
        What the roles that are valid now allow, in one query.

        Kept on this object only, so for one request: a role taken away counts at the next.
        """
        if not hasattr(self, "_authority"):
            self._authority = self._read_authority()
        return self._authority

    def forget_authority(self) -> None:
        """Read the roles again at the next question."""
        if hasattr(self, "_authority"):
            del self._authority

    def get_session_auth_hash(self) -> str:
        """Tie browser sessions to the epoch too, so that what ends one kind ends both."""
        return self._session_hash()

    def get_session_auth_fallback_hash(self) -> Any:
        return iter(())

    def _session_hash(self) -> str:
        text = f"{self.password}{self.token_epoch}"
        return salted_hmac("users.models.user.session", text, algorithm="sha256").hexdigest()

    def _read_authority(self) -> Authority:
        if not self.is_active or self.pk is None:
            return Authority()
        rows = _LIVE_ROLES.rows(user_id=self.pk, at=timezone.now())
        return Authority(
            permissions=frozenset(name for *_, names in rows for name in names),
            roles=tuple(row[0] for row in rows),
            is_staff=any(row[1] for row in rows),
            requires_totp=self.is_superuser or any(row[2] for row in rows),
        )


def _live_roles(user_id: int, at: datetime) -> models.QuerySet[Any, Any]:
    label = Concat(
        "role__permissions__content_type__app_label",
        Value("."),
        "role__permissions__codename",
    )
    return (
        User(pk=user_id)
        .role_assignments.live(at)
        .values_list("role__code", "role__is_staff_role", "role__requires_totp")
        .annotate(
            names=ArrayAgg(label, filter=Q(role__permissions__isnull=False), default=Value([]))
        )
        .order_by("role__code")
    )


# Every request asks this; the ORM takes longer to write the statement than the database to run it.
_LIVE_ROLES = PreparedQuery(
    _live_roles, keeps_plan=True, user_id=-987_654_321, at=datetime(1970, 1, 1, tzinfo=UTC)
)
