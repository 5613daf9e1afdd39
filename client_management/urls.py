from rest_framework.routers import SimpleRouter

from client_management.views import (
    accesses,
    contracts,
    jobs,
    organizations,
    quotes,
    request_files,
    requests,
)

router = SimpleRouter()
router.register(
    "organizations", organizations.ClientOrganizationViewSet, basename="client-organization"
)
router.register("contracts", contracts.ContractViewSet, basename="contract")
router.register("contract-rates", contracts.ContractRateViewSet, basename="contract-rate")
router.register("cost-rates", contracts.CostRateViewSet, basename="cost-rate")
router.register("portal-accesses", accesses.PortalAccessViewSet, basename="portal-access")
router.register("invitations", accesses.InvitationViewSet, basename="portal-invitation")
router.register("service-requests", requests.ServiceRequestViewSet, basename="service-request")
router.register("request-files", request_files.RequestFileViewSet, basename="request-file")
router.register("quotes", quotes.ServiceQuoteViewSet, basename="service-quote")
router.register("jobs", jobs.JobOrderViewSet, basename="job")

app_name = "client_management"
urlpatterns = router.urls
