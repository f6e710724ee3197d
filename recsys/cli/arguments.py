"""Freedoms in how arguments are written, taken out before the command line is parsed."""

from __future__ import annotations

WITH_VALUE = ("-w", "--workspace", "--config")
WITHOUT_VALUE = ("--json", "--debug")

SEVERAL_VALUES = {
    "kfashion": ("--images",),
    "complete": ("--item", "--slot"),
    "explain": ("--context",),
}
"""Options, by command, that take all the values that follow: ``--item 1 2`` for ``--item 1 --item 2``."""

TAKES_PATHS = ("kfashion",)
"""Commands with paths of their own, which come before an option's several values."""


def normalise(arguments: list[str]) -> list[str]:
    """Bring arguments into the one order that the parser knows."""
    return spread(hoist(arguments))


def hoist(arguments: list[str]) -> list[str]:
    """Move the global options to the front, so that they may stand anywhere before ``--``.

    >>> hoist(["stats", "--json", "-w", "shop"])
    ['--json', '-w', 'shop', 'stats']
    """
    front: list[str] = []
    rest: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--":
            return [*front, *rest, argument, *remaining]
        if argument in WITHOUT_VALUE or argument.startswith(("--workspace=", "--config=")):
            front.append(argument)
        elif argument in WITH_VALUE:
            front += [argument, *([value] if (value := next(remaining, None)) is not None else [])]
        else:
            rest.append(argument)
    return front + rest


def spread(arguments: list[str]) -> list[str]:
    """Repeat an option before each of several values that follow it.

    >>> spread(["complete", "--item", "1", "2", "--top", "3"])
    ['complete', '--item', '1', '--item', '2', '--top', '3']
    >>> spread(["import", "kfashion", "--images", "photos", "labels"])
    ['import', 'kfashion', '--images', 'photos', 'labels']
    """
    command = next((argument for argument in arguments if argument in SEVERAL_VALUES), None)
    if command is None:
        return arguments
    start = arguments.index(command) + 1
    out, option, values, had_path = arguments[:start], "", 0, False
    for argument in arguments[start:]:
        if argument.startswith("-"):
            option, values = argument, 0
        elif values or not option:
            may_repeat = had_path or command not in TAKES_PATHS
            if option in SEVERAL_VALUES[command] and may_repeat:
                out.append(option)
            had_path = True
        values += not argument.startswith("-")
        out.append(argument)
    return out
