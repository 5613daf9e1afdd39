# Debian packages. PostgreSQL and Redis are installed as programs only: no server of theirs is started.

PACKAGES_PYTHON=(ca-certificates python3 python3-venv tzdata)
# Text layout for PDF, and letters of the scripts that people's names are written in.
PACKAGES_DOCUMENTS=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 libfontconfig1
    fonts-dejavu-core fonts-noto-core fonts-droid-fallback fonts-nanum)
PACKAGES_DATABASE=(postgresql-15 postgresql-15-postgis-3 postgresql-15-postgis-3-scripts)
# pg_dump, pg_restore and psql: what backup and restore work with.
PACKAGES_CLIENT=(postgresql-client-15)
PACKAGES_REDIS=(redis-server)
# What drives pages as their readers do, and fetches axe-core: for checks, where nobody put one yet.
PROGRAMS_BROWSER=(chromium npm)
MARK="# Put here by windsock while it installs packages; removed afterwards."
POLICY=/usr/sbin/policy-rc.d
NO_CLUSTER=/etc/postgresql-common/createcluster.d/windsock.conf

wanted_packages() {
    printf '%s\n' "${PACKAGES_PYTHON[@]}" "${PACKAGES_DOCUMENTS[@]}" "${PACKAGES_CLIENT[@]}"
    if [ -n "${WITHOUT_SERVERS:-}" ]; then return; fi
    if database_is_private; then printf '%s\n' "${PACKAGES_DATABASE[@]}"; fi
    if redis_is_private; then printf '%s\n' "${PACKAGES_REDIS[@]}"; fi
    if [ -n "${WITH_BROWSER:-}" ]; then missing_programs "${PROGRAMS_BROWSER[@]}"; fi
}

missing_programs() {
    local program
    for program in "$@"; do
        if ! command -v "$program" >/dev/null; then printf '%s\n' "$program"; fi
    done
}

missing_packages() {
    local package
    for package in $(wanted_packages); do
        case "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null)" in
            ii*) ;;
            *) printf '%s\n' "$package" ;;
        esac
    done
}

# Called before the steps begin: without root nothing can be installed, so say what root must do.
require_packages() {
    local missing
    if ! command -v dpkg-query >/dev/null; then
        printf 'This needs Debian 12 (no dpkg here). Anything else: docker compose up.\n' >&2
        exit 3
    fi
    missing=$(missing_packages)
    [ -n "$missing" ] && [ "$EUID" -ne 0 ] || return 0
    printf 'Some system packages are missing. Run this once, then try again:\n\n' >&2
    printf '  sudo apt-get update && sudo apt-get install -y --no-install-recommends %s\n' \
        "$(tr '\n' ' ' <<<"$missing" | sed 's/ $//')" >&2
    exit 3
}

install_packages() {
    local missing
    [ "$EUID" -eq 0 ] || return 0
    mkdir -p "$SYSTEM_HOME"
    exec 6>>"$SYSTEM_HOME/packages.lock"
    flock 6
    allow_services
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    trap allow_services EXIT
    forbid_services
    export DEBIAN_FRONTEND=noninteractive
    if [ -n "$(dpkg --audit)" ]; then dpkg --configure -a; fi
    apt-get update -q
    # shellcheck disable=SC2086 # a list of package names
    apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 $missing
}

forbid_services() {
    if [ ! -e "$POLICY" ]; then
        printf '#!/bin/sh\n%s\nexit 101\n' "$MARK" >"$POLICY"
        chmod 0755 "$POLICY"
    fi
    mkdir -p "$(dirname "$NO_CLUSTER")"
    printf '%s\ncreate_main_cluster = false\n' "$MARK" >"$NO_CLUSTER"
}

# Removes only what forbid_services put there, also what an interrupted run left behind.
allow_services() {
    rm -f "$NO_CLUSTER"
    if grep -qsF "$MARK" "$POLICY"; then rm -f "$POLICY"; fi
}
