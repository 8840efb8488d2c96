"""Where the page is in an app."""

PREFIX = "/_unsubscribe/"
