"""How many examples a property test tries: the usual number, or fuzz's 20,000."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings

FUZZ = os.environ.get("MAILWRIGHT_FUZZ") == "1"
FUZZ_EXAMPLES = 20_000


def register_profiles() -> None:
    """Load `test`, or `fuzz` when MAILWRIGHT_FUZZ=1; CI draws the same examples each time."""
    common = settings(
        settings.get_profile("default"),
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    ci = os.environ.get("CI") == "true"
    settings.register_profile(
        "test", common, max_examples=100, derandomize=ci, database=None if ci else common.database
    )
    settings.register_profile("fuzz", common, max_examples=FUZZ_EXAMPLES)
    settings.load_profile("fuzz" if FUZZ else "test")


def examples(usual: int) -> settings:
    """Decorate a property test: `usual` examples in `test`, never fewer than 20,000 in `fuzz`."""
    return settings(max_examples=max(usual, FUZZ_EXAMPLES) if FUZZ else usual)


Measured = TypeVar("Measured", bound=Sequence[object])


def takes_linear_time(step: Callable[[Measured], object], whole: Measured) -> bool:
    """Whether four times as much takes about four times as long, and not sixteen.

    Counted is the time of this thread alone, for a busy machine is no failure; a slow one is none
    either. `benchmarks/` has the figures.
    """
    quarter: Any = whole[: len(whole) // 4]
    return _seconds(step, whole) < 8 * _seconds(step, quarter) + 1


def _seconds(step: Callable[[Measured], object], given: Measured) -> float:
    """Without the tracer that counts covered lines: it takes longer than what it watches."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        began = time.thread_time()
        step(given)
        return time.thread_time() - began
    finally:
        sys.settrace(tracer)
