"""One module for each kind of page, imported when the first is asked for."""
