# shellcheck shell=bash
# moto, an object store that speaks S3, in a virtual environment of its own.

if [ -x "$MOTO_DIR/bin/moto_server" ]; then
    have "moto, an object store"
else
    python3 -c 'import ensurepip, venv' > /dev/null 2>&1 ||
        apt_or_stop "Python with venv" "20 s" python3 python3-venv
    installing "moto (PyPI)" "15 s"
    # Scripts of a virtual environment name their folder, so it is made where it stays.
    rm -rf "$MOTO_DIR"
    quietly moto python3 -m venv "$MOTO_DIR" || missing "a virtual environment of Python" "$(tail_of moto)"
    quietly moto "$MOTO_DIR/bin/pip" install --disable-pip-version-check --no-deps --requirement tools/python/moto.txt || {
        rm -rf "$MOTO_DIR"
        missing "moto, an object store" "\`pip install --requirement tools/python/moto.txt\` failed.
$(tail_of moto)"
    }
    have "moto, an object store"
fi
