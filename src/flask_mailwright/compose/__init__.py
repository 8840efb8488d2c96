"""From templates to the bytes of a mail; knows no network and no Flask."""
