"""The engine: candidate generation, scoring, composition. Pure, fast, no files."""
