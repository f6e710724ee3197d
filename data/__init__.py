"""Domain types, taxonomy, dataset readers and checks, item identity, splits, and the rendered sample."""
