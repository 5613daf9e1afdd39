app_name = "airports"
urlpatterns: list = []
