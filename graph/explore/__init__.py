"""Questions that people ask the graph, over any store: each has a limit and a time, and says where it was cut."""
