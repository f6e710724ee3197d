"""The engine: what turns photos, a graph and two models into completed outfits, and the commands around it."""

__version__ = "0.1.0"
