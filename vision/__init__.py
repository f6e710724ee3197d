"""Pixels to embeddings: garments cut out of photos, backdrops masked, encoders, and the store of their vectors."""
