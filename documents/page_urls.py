from django.urls import path

from documents.views.pages import SigningFile, SigningPage

app_name = "signing"
urlpatterns = [
    path("<str:token>/", SigningPage.as_view(), name="page"),
    path("<str:token>/document.pdf", SigningFile.as_view(), name="file"),
]
