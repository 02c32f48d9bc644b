"""The languages that other services' clients speak, each a thin module over the domains."""
