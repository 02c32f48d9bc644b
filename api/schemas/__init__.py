"""The bodies of `/v1`, as they travel; one module a noun."""
