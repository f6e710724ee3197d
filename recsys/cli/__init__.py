"""The ``recsys`` command: one module a command group, each with ``register(app)``."""
