"""Which filters of several words look for rows that come twice."""

from client_management.views.requests import ServiceRequestFilter
from finance.views.ledger import TransactionFilter


def test_only_a_filter_that_crosses_a_relation_leaves_rows_out_that_come_twice():
    own, across = ServiceRequestFilter.base_filters["status"], TransactionFilter.base_filters

    assert not own.distinct
    assert across["kind"].distinct
