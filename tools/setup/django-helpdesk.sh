# shellcheck shell=bash
# django-helpdesk with gunicorn, which `make bench` measures us beside, in a virtual environment of its own. Not needed by `make test`.

if [ -x "$HELPDESK_DIR/bin/gunicorn" ]; then
    have "django-helpdesk"
else
    python3 -c 'import ensurepip, venv' > /dev/null 2>&1 ||
        apt_or_stop "Python with venv" "20 s" python3 python3-venv
    installing "django-helpdesk (PyPI)" "30 s"
    # Scripts of a virtual environment name their folder, so it is made where it stays.
    rm -rf "$HELPDESK_DIR"
    quietly django-helpdesk python3 -m venv "$HELPDESK_DIR" || missing "a virtual environment of Python" "$(tail_of django-helpdesk)"
    quietly django-helpdesk "$HELPDESK_DIR/bin/pip" install --disable-pip-version-check --no-deps --requirement tools/python/django-helpdesk.txt || {
        rm -rf "$HELPDESK_DIR"
        missing "django-helpdesk" "\`pip install --requirement tools/python/django-helpdesk.txt\` failed.
$(tail_of django-helpdesk)"
    }
    have "django-helpdesk"
fi
