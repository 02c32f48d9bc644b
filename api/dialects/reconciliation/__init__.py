"""The W3C Reconciliation API, 0.2 and 1.0-draft, for OpenRefine and its like."""

from api.dialects.reconciliation import batches, previews, suggestions

ROUTERS = (batches.router, suggestions.router, previews.router)
