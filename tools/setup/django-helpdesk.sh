# shellcheck shell=bash
# django-helpdesk with gunicorn, which `make bench` measures us beside, in a virtual environment of its own. Not needed by `make test`.

python_tool django-helpdesk django-helpdesk "$HELPDESK_DIR" gunicorn "30 s"
