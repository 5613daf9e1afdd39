from rest_framework.routers import SimpleRouter

router = SimpleRouter()

app_name = "client_management"
urlpatterns = router.urls
