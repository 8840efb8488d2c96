"""The tables of the mailbox file."""

SCHEMA = 1
"""The version in the file's `user_version`: another one is put aside, not migrated."""

TABLES = (
    """
    CREATE TABLE mail (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        app TEXT NOT NULL,
        id TEXT NOT NULL,
        message_id TEXT NOT NULL,
        moment REAL NOT NULL,
        endpoint TEXT NOT NULL,
        source TEXT NOT NULL,
        sender TEXT NOT NULL,
        people TEXT NOT NULL,
        subject TEXT NOT NULL,
        route TEXT NOT NULL,
        files INTEGER NOT NULL,
        octets INTEGER NOT NULL,
        replies TEXT NOT NULL,
        error TEXT NOT NULL,
        record TEXT NOT NULL,
        words TEXT NOT NULL,
        content BLOB NOT NULL,
        UNIQUE (app, id)
    )
    """,
    "CREATE INDEX mail_order ON mail (app, number, octets)",
    "CREATE INDEX mail_message ON mail (app, message_id)",
    "CREATE TABLE box (secret TEXT NOT NULL, changes INTEGER NOT NULL)",
    "INSERT INTO box VALUES (lower(hex(randomblob(32))), 0)",
)
