"""The routes: one module a group, each with a ``router``."""
