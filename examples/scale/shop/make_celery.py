"""For the workers: `celery -A shop.make_celery worker --queues mail`."""

from . import create_app

celery = create_app().extensions["celery"]
