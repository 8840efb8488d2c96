"""A clock that goes when it is told to."""

from flask_mailwright.world import World


class Clock:
    """Seconds since it was made, and the world that goes by it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.world = World(monotonic=lambda: self.now)

    def pass_by(self, seconds: float) -> None:
        """Let so much time go by; as an Event's `wait` that nobody sets."""
        self.now += seconds
