"""What a scene has, whatever is played in it."""

from contextlib import ExitStack
from typing import Self

from yiti.local.demo.browser import Browser


class Scene(ExitStack[bool | None]):
    """Some people, each with a browser that is open inside `with`."""

    def __init__(self, *people: Browser) -> None:
        super().__init__()
        self._people = people

    def __enter__(self) -> Self:
        for one in self._people:
            self.enter_context(one)
        return self
