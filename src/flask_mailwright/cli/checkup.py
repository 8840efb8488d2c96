"""Knocks at every relay of an app, asks DNS for its keys, and says what an operator should know."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import MailError
from ..smtp.probe import Probe
from ..transports.failover import probes
from .published import Published, published
from .terminal import moment

if TYPE_CHECKING:
    from ..appstate import AppState

SOON = 14 * 86_400.0
"""Seconds before a certificate's end that are worth a warning."""
_TOLD = ("PIPELINING", "CHUNKING", "SMTPUTF8", "DSN")


class Route(NamedTuple):
    """One relay of one route: facts for people and for programs, what to mend, and what fails."""

    route: str
    relay: str
    tls: str = ""
    good_until: float | None = None
    offers: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""

    @property
    def title(self) -> str:
        """How people call it."""
        return f"Route {self.route!r}" if self.route else "Mail without a route"


class Checked(NamedTuple):
    """All routes, the keys that sign, and what concerns the app as a whole."""

    routes: list[Route]
    warnings: list[str]
    keys: tuple[Published, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether any relay cannot be used, or receivers cannot verify a signature."""
        return any(route.error for route in self.routes) or any(key.wrong for key in self.keys)


def checkup(state: AppState) -> Checked:
    """Every route that is known by name, and every key."""
    signer = state.config.signer
    return Checked(
        [each for name in state.config.routes.names for each in _relays(state, name)],
        list(_of_the_app(state)),
        tuple([published(each, state.world.txt) for each in (signer.identities if signer else ())]),
    )


def _relays(state: AppState, name: str) -> list[Route]:
    now = state.world.now()
    return [judged(name, each, now) for each in probes(state.config.routes.over(name))]


def judged(name: str, probe: Probe, now: float) -> Route:
    """What one relay showed, put into words."""
    if not probe.asked:
        told = "reaches nobody: for development" if probe.local else "cannot be asked"
        return Route(name, probe.relay, facts=(told,))
    if probe.error is not None:
        return Route(name, probe.relay, error=str(probe.error))
    offers = tuple([f"{key} {probe.offers[key]}".strip() for key in probe.offers])
    return Route(
        route=name,
        relay=probe.relay,
        tls=probe.tls,
        good_until=probe.good_until,
        offers=offers,
        facts=(_security(probe), _login(probe), _offer(probe)),
        warnings=tuple(_warnings(probe, now)),
    )


def _security(probe: Probe) -> str:
    if not probe.tls:
        return "no TLS"
    until = f", certificate good until {moment(probe.good_until)}" if probe.good_until else ""
    return f"{probe.tls.replace('TLSv', 'TLS ')}{until}"


def _login(probe: Probe) -> str:
    return "takes the login" if probe.logs_in else "no login"


def _offer(probe: Probe) -> str:
    size = probe.offers.get("SIZE", "")
    known = [word for word in _TOLD if word in probe.offers]
    if size.isdecimal() and int(size):
        known.insert(0, f"mails up to {int(size) / 2**20:.0f} MB")
    if auth := probe.offers.get("AUTH"):
        known.append(f"AUTH {auth}")
    return f"offers {', '.join(known)}" if known else "offers nothing beyond SMTP"


def _warnings(probe: Probe, now: float) -> list[str]:
    told = []
    if not (probe.tls or probe.loopback):
        told.append(
            "mail can be read on the way: set MAIL_USE_TLS (port 587) or MAIL_USE_SSL (port 465),"
            " or take ?tls=none out of MAIL_URL"
        )
    if probe.good_until is not None and probe.good_until - now < SOON:
        days = max(int((probe.good_until - now) // 86_400), 0)
        told.append(f"its certificate ends in {days} days: whoever runs it must renew it")
    if "AUTH" in probe.offers and not (probe.logs_in or probe.loopback):
        told.append(
            "it offers logins and has none: if it refuses mail, set MAIL_USERNAME and MAIL_PASSWORD"
        )
    if "PIPELINING" not in probe.offers and "CHUNKING" not in probe.offers and not probe.loopback:
        told.append("it offers neither PIPELINING nor CHUNKING: each mail takes four round trips")
    return told


def _of_the_app(state: AppState) -> list[str]:
    told = []
    if callable(state.app.config.get("MAIL_ROUTES")):
        told.append("MAIL_ROUTES is a callable: its relays are not known before mail takes them")
    if state.suppressed:
        told.append("nothing is sent: MAIL_SUPPRESS_SEND or TESTING is set")
    if state.config.staging is not None:
        told.append("mail is staged: MAIL_ALLOWED_RECIPIENTS or MAIL_REDIRECT_TO is set")
    if state.config.default_sender is None:
        told.append("there is no MAIL_DEFAULT_SENDER: every message needs a sender of its own")
    if fault := _outbox_fault(state):
        told.append(f"the outbox cannot be used: {fault}")
    elif fault := _suppression_fault(state):
        told.append(f"the suppression list cannot be asked, so mail of lists waits: {fault}")
    if state.hearers:  # somebody means to send such mail
        told += [
            f"mail of a list cannot be sent from here: {each}" for each in state.exits.faults()
        ]
    return told


def _suppression_fault(state: AppState) -> str:
    """As far as it would be asked."""
    try:
        if not state.suppressed:
            state.suppressions.find((), None)
    except Exception as error:  # noqa: BLE001 - it may be a store of the user's own
        return str(error) if isinstance(error, MailError) else type(error).__name__
    return ""


def _outbox_fault(state: AppState) -> str:
    from ..engines.outbox import overview
    from ..engines.outbox.engine import OutboxEngine

    if not isinstance(state.engine, OutboxEngine) or not state.engine.may_hold_mail:
        return ""
    try:
        overview.count(state.engine.store)
    except MailError as error:
        return str(error)
    finally:
        state.engine.close()
    return ""
