"""An order and its mail: both are committed, or neither is."""

from __future__ import annotations

from collections.abc import Iterator

from flask_mailwright import Mail, Message

from .models import Order, db

mail = Mail(db=db)


def place(name: str, email: str) -> Order:
    order = Order(name=name, email=email)
    db.session.add(order)
    db.session.flush()
    ticket = mail.send_email((name, email), f"Your order {order.id}", "mail/order", order=order)
    order.ticket = ticket.id
    db.session.commit()
    return order


def announce(subject: str) -> int:
    """A mail to each customer, behind all other mail; how many."""
    tickets = list(mail.send_many_later(letters(subject), priority="bulk"))
    db.session.commit()
    return len(tickets)


def letters(subject: str) -> Iterator[Message]:
    customers = db.select(Order.name, Order.email).distinct()
    for name, email in db.session.execute(customers):
        yield mail.compose((name, email), subject, "mail/news", name=name)
