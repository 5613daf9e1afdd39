from django.urls import path

from client_management.views.pages import entrance, jobs, papers, request_files, requests

CLIENT = "<str:organization>/"
PAGES = [
    ("", requests.Home, "home"),
    ("places.json", requests.Places, "places"),
    ("requests/", requests.Requests, "requests"),
    ("requests/new/", requests.NewRequest, "new-request"),
    ("requests/<str:number>/", requests.Request, "request"),
    ("requests/<str:number>/edit/", requests.NewRequest, "edit-request"),
    ("quotes/<str:number>/", requests.Quote, "quote"),
    ("jobs/", jobs.Jobs, "jobs"),
    ("jobs/<str:number>/", jobs.Job, "job"),
    ("jobs/<str:number>/coverage.png", jobs.CoverageMap, "coverage"),
    ("deliverables/", jobs.Deliverables, "deliverables"),
    ("deliverables/<str:number>/", jobs.DeliverablePage, "deliverable"),
    ("deliverables/<str:number>/download/", jobs.DeliverableFile, "deliverable-file"),
    (
        "deliverables/<str:number>/issues/<str:issue>/download/",
        jobs.IssueFile,
        "issue-file",
    ),
    ("documents/", papers.Documents, "documents"),
    ("documents/<str:number>/download/", papers.DocumentFile, "document-file"),
    ("invoices/", papers.Invoices, "invoices"),
    ("invoices/<str:number>/", papers.Pay, "pay"),
    ("invoices/<str:number>/pay/", papers.PayDeed, "pay-on"),
    ("messages/", papers.Threads, "threads"),
    ("messages/<str:about>/", papers.Thread, "thread"),
    ("messages/<str:about>/files/<str:file>/", papers.ThreadFile, "thread-file"),
    ("wishes/", papers.Wishes, "wishes"),
]

app_name = "portal"
urlpatterns = [
    path("", entrance.Entrance.as_view(), name="entrance"),
    path("sign-in/", entrance.SignIn.as_view(), name="sign-in"),
    path("sign-out/", entrance.SignOut.as_view(), name="sign-out"),
    path("language/", entrance.Language.as_view(), name="language"),
    path("invitations/<str:token>/", entrance.InvitationPage.as_view(), name="invitation"),
    path("quotes/<str:token>/", entrance.QuoteLink.as_view(), name="quote-link"),
    path("shared/<str:token>/", entrance.SharedPage.as_view(), name="shared"),
    path("shared/<str:token>/download/", entrance.SharedFile.as_view(), name="shared-file"),
    path(
        f"{CLIENT}requests/<str:number>/submit/",
        requests.RequestDeed.as_view(),
        {"deed": "submit"},
        name="submit-request",
    ),
    path(
        f"{CLIENT}requests/<str:number>/cancel/",
        requests.RequestDeed.as_view(),
        {"deed": "cancel"},
        name="cancel-request",
    ),
    path(
        f"{CLIENT}requests/<str:number>/files/",
        request_files.RequestFiles.as_view(),
        name="request-files",
    ),
    *[path(CLIENT + end, page.as_view(), name=name) for end, page, name in PAGES],
]
