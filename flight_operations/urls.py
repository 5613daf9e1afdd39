app_name = "flight_operations"
urlpatterns: list = []
