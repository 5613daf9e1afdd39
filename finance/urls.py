from rest_framework.routers import SimpleRouter

from finance.views.rates import RateCardViewSet, RateViewSet, TaxRuleViewSet

router = SimpleRouter()
router.register("rate-cards", RateCardViewSet, basename="rate-card")
router.register("rates", RateViewSet, basename="rate")
router.register("tax-rules", TaxRuleViewSet, basename="tax-rule")

app_name = "finance"
urlpatterns = router.urls
