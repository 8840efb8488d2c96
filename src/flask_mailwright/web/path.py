"""Where the development mailbox is in an app."""

PREFIX = "/_mail"
