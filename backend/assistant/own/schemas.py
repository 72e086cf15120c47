"""JSON shapes of answers from the own file."""

from backend.kit.schema import View


class OwnFlowAnswers(View):
    """Answers to put in for who is logged in, to be seen and changed before they are used.

    Attributes:
        answers: by id of the question, as `takeFlowStep` takes them; empty for who is no customer.
        version: of the flow that they answer.
    """

    answers: dict[str, str]
    version: int
