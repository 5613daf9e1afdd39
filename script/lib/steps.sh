# One progress line per step, with its seconds; the details go to the log.

STEP=0
STEPS=0
STARTED=$SECONDS

# The step runs in a subshell with -e of its own. It must not be the condition of an `if`:
# that switches -e off inside, and a failure half-way would pass as success.
step() {
    local title=$1 began=$EPOCHREALTIME status
    shift
    STEP=$((STEP + 1))
    printf '[%d/%d] %-38s ' "$STEP" "$STEPS" "$title"
    printf '\n=== %s (%s)\n' "$title" "$(date -u +%FT%TZ)" >>"$LOG"
    set +e
    (
        trap - EXIT INT TERM HUP
        set -e
        "$@"
    ) >>"$LOG" 2>&1 </dev/null
    status=$?
    set -e
    if [ "$status" -ne 0 ]; then
        failed_step "$status"
    fi
    printf 'ok %7s s\n' "$(seconds_since "$began")"
}

failed_step() {
    printf 'FAILED\n\n'
    tail -n 15 "$LOG" | sed 's/^/    /'
    printf '\nThe whole log: %s\nRun the same command again: finished steps are skipped.\n' "$LOG"
    exit "$1"
}

# EPOCHREALTIME has six decimals, and a comma in some locales.
seconds_since() {
    local began=${1/[.,]/} now=${EPOCHREALTIME/[.,]/} tenths
    tenths=$(((now - began + 50000) / 100000))
    printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# Waits for this checkout's set-up lock, so that two commands never install at once.
lock_setup() {
    exec 8>>"$STATE/run/setup.lock"
    if ! flock -n 8; then
        printf 'Another command is setting up this checkout; waiting for it.\n'
        flock 8
    fi
}

unlock_setup() { exec 8>&-; }
