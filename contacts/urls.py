from rest_framework.routers import SimpleRouter

from contacts.views.communications import CommunicationViewSet
from contacts.views.contacts import ContactViewSet
from contacts.views.directory import DirectoryViewSet
from contacts.views.places import CityViewSet, FBOViewSet, GroundProviderViewSet

router = SimpleRouter()
router.register("contacts", ContactViewSet, basename="contact")
router.register("fbos", FBOViewSet, basename="fbo")
router.register("ground", GroundProviderViewSet, basename="ground")
router.register("cities", CityViewSet, basename="city")
router.register("communications", CommunicationViewSet, basename="communication")
router.register("directory", DirectoryViewSet, basename="directory")

app_name = "contacts"
urlpatterns = router.urls
