"""Encoders that fail or meddle, as a process that is killed or overtaken does."""

from collections.abc import Callable, Sequence

from linkage.embed import Encoder, Progress, Vectors


class Interrupted(BaseException):
    pass


class Unsteady:
    """An encoder that a process dies in after so many calls."""

    name = "words"
    dimension = 64

    def __init__(self, words: Encoder, calls: int, error: BaseException) -> None:
        self.words, self.calls, self.error = words, calls, error

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.calls -= 1
        if self.calls < 0:
            raise self.error
        return self.words.encode(texts, progress)


class Meddling(Unsteady):
    """An encoder during whose work something else happens."""

    def __init__(self, words: Encoder, meddle: Callable[[], object]) -> None:
        super().__init__(words, 0, Interrupted())
        self.meddle = meddle

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.meddle()
        return self.words.encode(texts, progress)
