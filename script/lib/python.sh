# The virtual environment, from the hashed requirements, with Debian's own Python.

DEBIAN_PYTHON=/usr/bin/python3
REQUIREMENTS_SERVER=(base dronelogs)
REQUIREMENTS_TEST=(base dronelogs dev)

requirement_files() {
    local name
    for name in "$@"; do printf '%s\n' "$ROOT/requirements/$name.txt"; done
}

# Changes with the interpreter, the pins and the folder: scripts inside name their full path.
python_stamp() {
    local files
    mapfile -t files < <(requirement_files build "$@")
    { "$DEBIAN_PYTHON" -V; printf '%s\n' "$ROOT"; cat "${files[@]}"; } | sha256sum | cut -c1-32
}

python_is_ready() { [ -f "$ROOT/.venv/installed-$(python_stamp "$@")" ]; }

# A wider set that is already there (tests) serves the narrower one (server) too.
python_is_ready_for() { python_is_ready "${REQUIREMENTS_TEST[@]}" || python_is_ready "$@"; }

pip_install() {
    "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
        --only-binary :all: "$@"
}

# aerofiles has no wheel: it is built with the pinned setuptools, without fetching a newer one.
install_python() {
    local name arguments=() stamp
    if python_is_ready_for "$@"; then return; fi
    umask 022
    if [ ! -f "$ROOT/.venv/made-$(python_stamp)" ]; then
        "$DEBIAN_PYTHON" -m venv --clear "$ROOT/.venv"
        pip_install -r "$ROOT/requirements/build.txt"
        touch "$ROOT/.venv/made-$(python_stamp)"
    fi
    stamp=$(python_stamp "$@")
    rm -f "$ROOT"/.venv/installed-*
    for name in "$@"; do arguments+=(-r "$ROOT/requirements/$name.txt"); done
    pip_install --no-binary aerofiles --no-build-isolation --use-pep517 "${arguments[@]}"
    touch "$ROOT/.venv/installed-$stamp"
}
