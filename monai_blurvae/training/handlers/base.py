"""A handler: a function of an engine, called at one event."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from ignite.engine import Engine, Events


class Handler(ABC):
    """A function of an engine that is called at `event`."""

    event: ClassVar[Any] = Events.EPOCH_COMPLETED

    def attach(self, engine: Engine) -> None:
        """Call this handler whenever its event happens in an engine."""
        engine.add_event_handler(self.event, self)

    @abstractmethod
    def __call__(self, engine: Engine) -> None:
        """Do the handler's work."""
