"""What is wrong with a configuration, said so that a person can mend it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it stands (file and line, or a command-line option), which key, why."""

    place: str
    key: str
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.place}: {self.key}: {self.reason}"
            if self.key
            else f"{self.place}: {self.reason}"
        )


class ConfigurationError(Exception):
    """The configuration is wrong; `problems` holds every mistake, not only the first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
