"""The long proofs about processes that are killed, asked to end, or many at once.

python3 dev.py crash --kills 1000 --mails 20000 --on postgresql
python3 dev.py crash --crowd 8 --mails 20000
python3 dev.py crash --terms 100
python3 dev.py crash --children 200 --mails 5000 --broker rabbitmq [--posted]
"""

import argparse
import sys
import time

from tests.crash.children import Children, Toll
from tests.crash.processes import Processes, scratch
from tests.crash.proof import Proof, Verdict
from tests.crash.workers import Tally, Workers
from tests.engines.outbox.databases import NAMES


def main() -> None:
    """Print what came of it; exit code 1 when it is not as promised."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--crowd", type=int, help="so many workers at once, and no kill")
    parser.add_argument("--terms", type=int, help="so many SIGTERMs to workers, and no kill")
    parser.add_argument("--children", type=int, help="so many kills of a Celery worker's children")
    parser.add_argument("--broker", choices=["redis", "rabbitmq"], default="redis")
    parser.add_argument("--posted", action="store_true", help="the mail is the job: no outbox")
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--on", choices=NAMES, default="sqlite")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.monotonic()
    with scratch(options.on) as processes:
        outcome = prove(processes, options)
    print(f"{outcome}\n{time.monotonic() - began:.0f} s")
    sys.exit(not outcome.is_good)


def prove(processes: Processes, options: argparse.Namespace) -> Verdict | Tally | Toll:
    """The one that was asked for."""
    if options.children:
        children = Children(processes, options.broker, options.seed, shared=not options.posted)
        return children.run(options.children, options.mails)
    if options.crowd:
        return Workers(processes, options.seed).crowd(options.crowd, options.mails)
    if options.terms:
        return Workers(processes, options.seed).terminate(options.terms)
    return Proof(processes, options.kills, options.mails, options.seed).run()


if __name__ == "__main__":
    main()
