"""The durable outbox: a mail is in a database before `submit` returns, and leaves it answered."""
