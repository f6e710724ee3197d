"""The image-item graph: schema, the GraphStore contract, its adapters, and export to tensors and networkx."""
