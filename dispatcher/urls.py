from rest_framework.routers import SimpleRouter

from dispatcher import live_urls

router = SimpleRouter()

app_name = "dispatcher"
urlpatterns = [*router.urls, *live_urls.urlpatterns]
