"""The wire: SMTP as bytes in and bytes out (RFC 5321), and the connection that carries it."""
