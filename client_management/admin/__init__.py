from client_management.admin import (
    access,
    contracts,
    deliveries,
    jobs,
    organizations,
    quotes,
    requests,
)

__all__ = [
    "access",
    "contracts",
    "deliveries",
    "jobs",
    "organizations",
    "quotes",
    "requests",
]
