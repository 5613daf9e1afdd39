from django.urls import path

from benchmarks.peers.views import BareBaselineView, BaselineView

urlpatterns = [
    path("baseline/<int:operation_id>/", BaselineView.as_view()),
    path("bare/<int:operation_id>/", BareBaselineView.as_view()),
]
