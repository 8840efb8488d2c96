"""What each misbehaviour of a relay at each stage ends in; `docs/faults.md` shows this table."""

from dataclasses import dataclass

STAGES = (
    "connect",
    "banner",
    "ehlo",
    "helo",
    "starttls",
    "tls",
    "auth",
    "mail",
    "rcpt",
    "data",
    "body",
    "final_dot",
    "rset",
    "quit",
)
WAYS = ("4yz", "5yz", "421", "drop", "reset", "stall", "trickle", "endless", "garbage")
OFFERS = ("nothing", "PIPELINING", "CHUNKING", "PIPELINING CHUNKING")
"""What the relay offers; the table is the same for all."""


def extensions(offer: str) -> list[str]:
    """The lines of EHLO that announce it, beside what does not matter here."""
    return ["SIZE", "8BITMIME", "SMTPUTF8", *(line for line in offer.split() if line != "nothing")]


def can_be(stage: str, offer: str) -> bool:
    """BDAT needs no DATA."""
    return stage != "data" or "CHUNKING" not in offer


@dataclass(frozen=True, slots=True)
class Cell:
    """How a mail for Ann and Bob ends: `kind` of the error, and what each of them is told.

    `ann` and `bob` are an action, or `transient` for one that failed and may be tried again.
    """

    shown: str
    kind: str
    ann: str
    bob: str
    stage: str = ""

    def at(self, stage: str) -> "Cell":
        """The same, told as another stage than that of the row."""
        return Cell(f"{self.shown} at `{stage}`", self.kind, self.ann, self.bob, stage)


TEMPORARY = Cell("temporary", "temporary", "transient", "transient")
PERMANENT = Cell("permanent", "permanent", "failed", "failed")
CONFIGURATION = Cell("configuration", "configuration", "failed", "failed")
IN_DOUBT = Cell("**in doubt**", "in_doubt", "in_doubt", "in_doubt")
RELAYED = Cell("relayed", "", "relayed", "relayed")
BOB_LATER = Cell("temporary for Bob", "temporary", "relayed", "transient")
BOB_NEVER = Cell("permanent for Bob", "permanent", "relayed", "failed")
NONE = None
"""A cell that cannot exist: before the banner nobody says anything."""

ANSWERS = (TEMPORARY, PERMANENT, TEMPORARY)
BREAKS = (TEMPORARY,) * 6
AT_BANNER = TEMPORARY.at("banner")
AT_DOT = IN_DOUBT.at("final_dot")

ROWS: dict[str, tuple[Cell | None, ...]] = {
    "connect": (NONE, NONE, NONE, AT_BANNER, AT_BANNER, AT_BANNER, NONE, NONE, NONE),
    "banner": (*ANSWERS, *BREAKS),
    "ehlo": (TEMPORARY, RELAYED, TEMPORARY, *BREAKS),
    "helo": tuple(cell.at("ehlo") for cell in (*ANSWERS, *BREAKS)),
    "starttls": (TEMPORARY, CONFIGURATION, TEMPORARY, *BREAKS),
    "tls": (*(CONFIGURATION,) * 3, *(TEMPORARY,) * 3, *(CONFIGURATION,) * 3),
    "auth": (TEMPORARY, CONFIGURATION, TEMPORARY, *BREAKS),
    "mail": (*ANSWERS, *BREAKS),
    "rcpt": (BOB_LATER, BOB_NEVER, TEMPORARY, *BREAKS),
    "data": (*ANSWERS, *BREAKS),
    "body": (
        *(cell.at("final_dot") for cell in ANSWERS),
        *(AT_DOT, TEMPORARY, TEMPORARY, TEMPORARY, TEMPORARY, AT_DOT),
    ),
    "final_dot": (*ANSWERS, *(IN_DOUBT,) * 6),
    "rset": (*(RELAYED,) * 5, TEMPORARY, TEMPORARY, RELAYED, RELAYED),
    "quit": (RELAYED,) * 9,
}


GREETING = STAGES[: STAGES.index("mail")]
"""Stages that are over before it matters what the relay offers."""


def cells_of_offers() -> list[tuple[str, str, Cell, str]]:
    """Every cell, behind the greeting once with each offer."""
    return [
        (stage, way, cell, offer)
        for offer in OFFERS
        for stage, way, cell in cells()
        if can_be(stage, offer) and (stage not in GREETING or offer == OFFERS[-1])
    ]


BEHIND = ("mail", "rcpt", "data", "final_dot")
"""Stages of a mail whose envelope rode behind the content of another."""


def cells_behind() -> list[tuple[str, str, Cell, str]]:
    """How the second of two mails ends: a kept connection that breaks is replaced once."""
    lasting = ("4yz", "5yz", "stall", "trickle")
    return [
        (stage, way, cell if stage == "final_dot" or way in lasting else RELAYED, offer)
        for stage, way, cell, offer in cells_of_offers()
        if stage in BEHIND and "PIPELINING" in offer
    ]


def cells() -> list[tuple[str, str, Cell]]:
    """Every cell that can exist, with its stage and way."""
    pairs = [(stage, way, cell) for stage in STAGES for way, cell in _row(stage)]
    return [(stage, way, cell) for stage, way, cell in pairs if cell is not None]


def markdown() -> str:
    """The table as the page shows it."""
    head = ["stage", *WAYS]
    rows = [head, ["---"] * len(head)]
    for stage in STAGES:
        shown = [cell.shown if cell else "cannot be" for _, cell in _row(stage)]
        rows.append([f"`{stage}`", *shown])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(stage: str) -> list[tuple[str, Cell | None]]:
    return list(zip(WAYS, ROWS[stage], strict=True))
