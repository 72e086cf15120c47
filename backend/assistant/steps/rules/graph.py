"""How a flow hangs together, whatever the answers: the ways from a question, and how long it can still take."""

from functools import lru_cache

from backend.assistant.rules import Program, Question

_PROGRAMS = 256


def ways(program: Program, name: str) -> tuple[str, ...]:
    """Where a question can lead to, each once; also when it is passed over."""
    question = program.questions[name]
    chosen = [one.goto for one in question.options or () if one.goto]
    if every_own(question) and name not in program.ask_if:
        return tuple(dict.fromkeys(chosen))
    if name in program.rules:
        after = [goto for _, goto in program.rules[name]]
    else:
        after = [program.following[name]] if name in program.following else []
    return tuple(dict.fromkeys([*chosen, *after]))


def every_own(question: Question) -> bool:
    """Whether every answer has its own way; several answers together have none."""
    options = question.options or ()
    alone = question.type != "multi" or all(one.exclusive for one in options)
    return bool(options) and alone and not question.dont_know and all(one.goto for one in options)


@lru_cache(maxsize=_PROGRAMS)
def longest(program: Program) -> dict[str, int]:
    """The most questions that can be asked from each question on, itself included."""
    found: dict[str, int] = {}

    def below(name: str) -> int:
        if name not in program.questions:
            return 0
        if name not in found:
            found[name] = 0  # a circle, which no proved flow has, ends here
            found[name] = 1 + max((below(one) for one in ways(program, name)), default=0)
        return found[name]

    for name in program.questions:
        below(name)
    return found
