# Where this checkout keeps what it makes, and who runs it. Sourced; sets variables, starts nothing.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
PYTHON="$ROOT/.venv/bin/python"
PLACE_HASH=$(printf '%s' "$ROOT" | sha256sum | cut -c1-12)
SYSTEM_USER=windsock
SYSTEM_HOME=/var/lib/windsock
PLACE_NOTE=""
PRIVILEGES=()

# PostgreSQL refuses root, and nothing here needs it: as root everything runs as a system user.
prepare_user() {
    if [ "$EUID" -ne 0 ]; then
        SERVICE_USER=$(id -un)
        return
    fi
    SERVICE_USER=$SYSTEM_USER
    if ! id "$SYSTEM_USER" >/dev/null 2>&1; then
        useradd --system --user-group --home-dir "$SYSTEM_HOME" --shell /usr/sbin/nologin "$SYSTEM_USER"
    fi
    PRIVILEGES=(setpriv "--reuid=$SYSTEM_USER" "--regid=$SYSTEM_USER" --init-groups)
}

# Runs a command as the service user: directly, or with root's rights dropped.
as_service() {
    if [ "${#PRIVILEGES[@]}" -eq 0 ]; then
        "$@"
    else
        "${PRIVILEGES[@]}" env "HOME=$STATE" "USER=$SERVICE_USER" "LOGNAME=$SERVICE_USER" "$@"
    fi
}

# A checkout under a closed folder (/root, a 0700 temporary folder) cannot be entered by the system
# user. Then the data live under /var/lib, and the service keeps one right of root: to read.
choose_state() {
    STATE="$ROOT/.local"
    if [ "$EUID" -ne 0 ] || as_service test -r "$ROOT/script/lib/place.sh"; then
        return
    fi
    STATE="$SYSTEM_HOME/$PLACE_HASH"
    PLACE_NOTE="$ROOT is closed to other users: the data are kept in $STATE"
    PRIVILEGES+=(--inh-caps=+dac_read_search --ambient-caps=+dac_read_search)
    if ! as_service test -r "$ROOT/script/lib/place.sh" 2>/dev/null; then
        printf 'The system user %s cannot read %s.\nMove the checkout to a folder others may enter, such as /opt.\n' \
            "$SYSTEM_USER" "$ROOT" >&2
        exit 1
    fi
}

# Socket paths hold 107 bytes at most, and a blank in one breaks some URL readers.
choose_sockets() {
    SOCKETS="$STATE/run"
    if [ "${#SOCKETS}" -gt 80 ] || [[ $SOCKETS =~ [^A-Za-z0-9/._-] ]]; then
        SOCKETS="/tmp/windsock-$SERVICE_USER-$PLACE_HASH"
    fi
}

# Makes a folder only the service user can enter; refuses one that somebody else put there.
private_folder() {
    if [ -L "$1" ]; then
        printf '%s is a link; a folder was expected\n' "$1" >&2
        return 1
    fi
    mkdir -p "$1"
    if [ "$EUID" -eq 0 ]; then
        case "$(stat -c %U "$1")" in
            root) chown "$SERVICE_USER:" "$1" ;;
            "$SERVICE_USER") ;;
            *) printf '%s belongs to somebody else\n' "$1" >&2; return 1 ;;
        esac
    elif [ ! -O "$1" ]; then
        printf '%s belongs to somebody else\n' "$1" >&2
        return 1
    fi
    chmod 0700 "$1"
}

prepare_place() {
    local folder
    cd "$ROOT"
    prepare_user
    choose_state
    choose_sockets
    if [ "$EUID" -eq 0 ] && [ "$STATE" != "$ROOT/.local" ]; then
        mkdir -p "$SYSTEM_HOME"
    fi
    for folder in "$STATE" "$SOCKETS" "$STATE"/{run,log,redis,media,static,beat}; do
        private_folder "$folder"
    done
    LOG="$STATE/log/setup.log"
    ENVIRONMENT="$STATE/env"
}
