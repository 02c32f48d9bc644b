"""Training and measuring the models of linkage."""
