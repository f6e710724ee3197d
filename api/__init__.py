"""The HTTP service: routes, wire schemas, limits. Everything it answers comes from ``recsys``."""
