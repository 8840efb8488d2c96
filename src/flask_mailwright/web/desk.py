"""What a view of the mailbox works with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import request

from .path import PREFIX

if TYPE_CHECKING:
    from ..appstate import AppState
    from ..previews import Preview


class Desk:
    """The app's mail, its mailbox, and how the reader has chosen to look at things."""

    def __init__(self, state: AppState) -> None:
        self.state = state
        self.capture = state.capture
        self.store = state.capture.store

    @property
    def app(self) -> str:
        """The app's name."""
        return self.state.app.name

    @property
    def base(self) -> str:
        """What each path begins with, below whatever the app is mounted."""
        return f"{request.script_root}{PREFIX}"

    def preview_path(self, name: str) -> str:
        """Where a preview is shown."""
        return f"{self.base}/previews/{quote(name)}"

    @property
    def token(self) -> str:
        """What our forms prove themselves by."""
        return self.store.secret()

    @property
    def previews(self) -> Mapping[str, Preview]:
        """By name."""
        return self.state.previews
