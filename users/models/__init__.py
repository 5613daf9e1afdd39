from users.models.api_token import ApiToken, ApiTokenUse
from users.models.department import Department
from users.models.experience import FlightCategory, FlightExperience, FlightRole
from users.models.flying import CheckKind, CheckRecord, DeclaredFlight, FlyingDeclaration
from users.models.preferences import UserPreferences
from users.models.profile import UserProfile
from users.models.qualification import (
    Qualification,
    QualificationKind,
    QualificationStatus,
    WeightBand,
)
from users.models.role import Permission, Role, RoleAssignment, RoleGrant
from users.models.session import RecoveryCode, RefreshToken, SignInSession
from users.models.user import User
from users.models.webhook import (
    MessageStatus,
    SubscriptionStatus,
    WebhookAttempt,
    WebhookHealth,
    WebhookMessage,
    WebhookSubscription,
)

__all__ = [
    "ApiToken",
    "ApiTokenUse",
    "CheckKind",
    "CheckRecord",
    "DeclaredFlight",
    "Department",
    "FlightCategory",
    "FlightExperience",
    "FlightRole",
    "FlyingDeclaration",
    "MessageStatus",
    "Permission",
    "Qualification",
    "QualificationKind",
    "QualificationStatus",
    "RecoveryCode",
    "RefreshToken",
    "Role",
    "RoleAssignment",
    "RoleGrant",
    "SignInSession",
    "SubscriptionStatus",
    "User",
    "UserPreferences",
    "UserProfile",
    "WebhookAttempt",
    "WebhookHealth",
    "WebhookMessage",
    "WebhookSubscription",
    "WeightBand",
]
