from rest_framework.routers import SimpleRouter

router = SimpleRouter()

app_name = "dispatcher"
urlpatterns = router.urls
