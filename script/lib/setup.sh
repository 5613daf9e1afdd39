# Loads the parts, in the order they need each other.

LIBRARY="$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source-path=SCRIPTDIR
. "$LIBRARY/place.sh"
. "$LIBRARY/steps.sh"
. "$LIBRARY/environment.sh"
. "$LIBRARY/services.sh"
. "$LIBRARY/cluster_lock.sh"
. "$LIBRARY/packages.sh"
. "$LIBRARY/python.sh"
. "$LIBRARY/processes.sh"

SET_UP_STEPS=4

# The steps every command shares. Arguments: the requirement sets to install.
set_up() {
    lock_setup
    step "System packages" install_packages
    step "Python environment" install_python "$@"
    step "PostgreSQL with PostGIS" start_database
    step "Redis" start_redis
    make_secrets
    unlock_setup
}

# Says nothing when everything is there and running; otherwise the steps go to standard error.
ensure_set_up() {
    local missing
    missing=$(missing_packages)
    if [ -z "$missing" ] && python_is_ready_for "$@" && [ -n "$CLUSTER_WAS_RUNNING" ] && secrets_are_made; then
        return
    fi
    STEPS=$SET_UP_STEPS
    set_up "$@" >&2
}
