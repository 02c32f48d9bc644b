"""Translation of texts and batches over many language pairs, on local models."""
