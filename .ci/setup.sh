#!/bin/sh
# Finds a Python that runs and is new enough, and hands over to setup.py. A name on PATH proves nothing: version
# managers leave launchers there which fail, so every candidate is asked.
cd "$(dirname "$0")/.." || exit 1

if [ -z "${PYTHON:-}" ] && [ -x .venv/bin/python ]; then
    .venv/bin/python .ci/setup.py --check 2>/dev/null && exit 0
fi

enough='import sys; sys.exit(sys.version_info < (3, 11))'
for question in "import ensurepip, venv; $enough" "$enough"; do
    for python in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        if "$python" -c "$question" >/dev/null 2>&1; then
            exec "$python" .ci/setup.py
        fi
    done
done

# None will do. One that runs at all can at least say how old it is.
for python in ${PYTHON:-python3 python}; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 6))' >/dev/null 2>&1; then
        exec "$python" .ci/setup.py
    fi
done
echo "curvkit: no Python that runs was found (tried ${PYTHON:-python3.13, 3.12, 3.11 and python3}): install" \
    "Python 3.11 or newer, or name one with make PYTHON=..., and run make again." >&2
exit 1
