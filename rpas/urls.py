app_name = "rpas"
urlpatterns: list = []
