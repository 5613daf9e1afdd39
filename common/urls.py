from rest_framework.routers import SimpleRouter

from common import views

router = SimpleRouter()
router.register("rules", views.RuleViewSet, basename="rule")
router.register("rule-settings", views.RuleSettingViewSet, basename="rule-setting")
router.register("verdicts", views.VerdictViewSet, basename="verdict")
router.register("overrides", views.RuleOverrideViewSet, basename="override")
router.register("summary", views.ComplianceSummaryViewSet, basename="summary")

app_name = "compliance"
urlpatterns = router.urls
