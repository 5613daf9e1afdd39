from django.urls import path

from finance.views.pages import PayPage

app_name = "paying"
urlpatterns = [path("<str:token>/", PayPage.as_view(), name="page")]
