"""Makes the one queue that the public form offers."""

import django

django.setup()

from helpdesk.models import Queue  # noqa: E402

Queue.objects.get_or_create(slug="bench", defaults={"title": "Bench", "allow_public_submission": True})
