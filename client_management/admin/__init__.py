from client_management.admin import access, contracts, jobs, organizations, quotes, requests

__all__ = ["access", "contracts", "jobs", "organizations", "quotes", "requests"]
