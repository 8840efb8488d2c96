"""DKIM: a signature by which receivers know that a mail is the domain's, and is as it left."""
