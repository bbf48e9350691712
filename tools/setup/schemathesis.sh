# shellcheck shell=bash
# schemathesis, which holds the service to its own description, in a virtual environment of its own.

if [ -x "$SCHEMATHESIS_DIR/bin/schemathesis" ]; then
    have "schemathesis"
else
    python3 -c 'import ensurepip, venv' > /dev/null 2>&1 ||
        apt_or_stop "Python with venv" "20 s" python3 python3-venv
    installing "schemathesis (PyPI)" "30 s"
    # Scripts of a virtual environment name their folder, so it is made where it stays.
    rm -rf "$SCHEMATHESIS_DIR"
    quietly schemathesis python3 -m venv "$SCHEMATHESIS_DIR" || missing "a virtual environment of Python" "$(tail_of schemathesis)"
    quietly schemathesis "$SCHEMATHESIS_DIR/bin/pip" install --disable-pip-version-check --no-deps --requirement tools/python/schemathesis.txt || {
        rm -rf "$SCHEMATHESIS_DIR"
        missing "schemathesis" "\`pip install --requirement tools/python/schemathesis.txt\` failed.
$(tail_of schemathesis)"
    }
    have "schemathesis"
fi
