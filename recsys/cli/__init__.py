"""The ``recsys`` command: one module a command group, each with ``register(app)``."""

import os

# Threads of the tensor library that wait for each other are to sleep, not to spin: beside other work on the same cores
# spinning costs more than all the rest. It is read once, when the library is first loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
