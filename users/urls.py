from django.urls import include, path
from rest_framework.routers import SimpleRouter

from users.views import auth, flying, papers, people, preferences, webhooks

app_name = "users"

router = SimpleRouter()
router.register("users", people.UserViewSet, basename="user")
router.register("profiles", people.ProfileViewSet, basename="profile")
router.register("roles", people.RoleViewSet, basename="role")
router.register("permissions", people.PermissionViewSet, basename="permission")
router.register("role-assignments", people.RoleAssignmentViewSet, basename="role-assignment")
router.register("departments", people.DepartmentViewSet, basename="department")
router.register("qualifications", papers.QualificationViewSet, basename="qualification")
router.register("flight-experience", papers.FlightExperienceViewSet, basename="flight-experience")
router.register("checks", flying.CheckRecordViewSet, basename="check")
router.register("declared-flights", flying.DeclaredFlightViewSet, basename="declared-flight")
router.register(
    "flying-declarations", flying.FlyingDeclarationViewSet, basename="flying-declaration"
)
router.register("api-tokens", papers.ApiTokenViewSet, basename="api-token")
router.register("webhooks", webhooks.WebhookSubscriptionViewSet, basename="webhook")
router.register("webhook-messages", webhooks.WebhookMessageViewSet, basename="webhook-message")
router.register("webhook-event-types", webhooks.WebhookEventTypeViewSet, basename="webhook-type")

urlpatterns = [
    path("token/", auth.ObtainTokenView.as_view(), name="token"),
    path("token/refresh/", auth.RefreshTokenView.as_view(), name="token-refresh"),
    path("token/verify/", auth.VerifyTokenView.as_view(), name="token-verify"),
    path("token/logout/", auth.LogoutView.as_view(), name="token-logout"),
    path("me/", auth.MeView.as_view(), name="me"),
    path("me/preferences/", preferences.PreferencesView.as_view(), name="me-preferences"),
    path("me/password/", auth.ChangePasswordView.as_view(), name="me-password"),
    path("me/totp/", auth.EnrollTotpView.as_view(), name="me-totp"),
    path("me/totp/confirm/", auth.ConfirmTotpView.as_view(), name="me-totp-confirm"),
    path("me/totp/disable/", auth.DisableTotpView.as_view(), name="me-totp-disable"),
    path(
        "me/totp/recovery-codes/", auth.RecoveryCodesView.as_view(), name="me-totp-recovery-codes"
    ),
    path(
        "users/webhooks/<int:pk>/messages/",
        webhooks.WebhookReplayViewSet.as_view({"get": "messages"}, detail=True),
        name="webhook-replay",
    ),
    path("users/", include(router.urls)),
]
