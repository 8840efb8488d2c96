"""`flask mail ...`: each command is a module of its own, loaded when it is called."""

from __future__ import annotations

from importlib import import_module

import click
from flask.cli import AppGroup

from ..errors import MailError

_COMMANDS = {
    "catch": ".catch",
    "check": ".check",
    "dkim-keygen": ".dkim_keygen",
    "lint": ".lint",
    "outbox": ".outbox",
    "send-test": ".send_test",
    "suppress": ".suppress",
    "worker": ".worker",
}


class MailGroup(AppGroup):
    """What an app gets with its Mail; an error of ours is one sentence there, and exit code 1."""

    def __init__(self) -> None:
        super().__init__("mail", help="E-mail: check the relays, deliver, look into the outbox.")

    def list_commands(self, ctx: click.Context) -> list[str]:
        """By name."""
        return sorted({*_COMMANDS, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Yours of that name, if there is one, or ours."""
        if cmd_name in self.commands or cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        command: click.Command = import_module(_COMMANDS[cmd_name], __name__).command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """The one place where our errors become the terminal's."""
        try:
            return super().invoke(ctx)
        except MailError as error:
            raise click.ClickException(str(error)) from error
