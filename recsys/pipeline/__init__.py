"""Long jobs over a workspace: import, embed, train, release."""
