"""What an error of the domains or of the database means to the caller."""

import sqlite3

import pytest
from fastapi import Request
from sqlalchemy.exc import OperationalError

from api.errors import fault_of


@pytest.mark.parametrize(
    ("reason", "status", "told"),
    [
        ("Expression tree is too large (maximum depth 1000)", 422, "send fewer"),
        ("too many SQL variables", 422, "send fewer"),
        ("unable to open database file", 503, "try again soon"),
    ],
)
def test_a_statement_that_is_too_large_is_no_outage(reason: str, status: int, told: str) -> None:
    error = OperationalError("SELECT", {}, sqlite3.OperationalError(reason))
    fault = fault_of(Request({"type": "http"}), error)
    assert fault.status == status
    assert told in fault.detail
