# Web, worker and beat under one supervisor, and what an earlier, killed run left of them.

SUPERVISOR=""
INSTANCE="WINDSOCK_INSTANCE=$PLACE_HASH"

# Every process of ours carries a mark in its environment: found even when its parent was killed.
own_processes() {
    grep -lzsxF -e "$INSTANCE" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 || true
}

no_own_processes() { [ -z "$(own_processes)" ]; }

signal_own_processes() {
    local process
    for process in $(own_processes); do kill "-$1" "$process" 2>/dev/null || true; done
}

# Started in the main shell, so that the kernel ends it when this script is killed (pdeathsig).
start_processes() {
    rotate_server_log
    write_procfile
    as_supervised "$PYTHON" -m honcho start -f "$STATE/run/Procfile" -d "$ROOT" -e "$STATE/no-such-file" \
        -p "$PORT" </dev/null >>"$STATE/log/server.log" 2>&1 7>&- 8>&- 9>&- &
    SUPERVISOR=$!
}

# The demo pays at stand-ins of the payment providers, which no other installation runs.
write_procfile() {
    {
        cat "$ROOT/Procfile"
        if [ -n "$DEMO" ]; then
            printf 'pay: exec python manage.py stand_in_providers --base-url "%s"\n' "$URL"
        fi
    } | as_service tee "$STATE/run/Procfile" >/dev/null
}

as_supervised() {
    if [ "${#PRIVILEGES[@]}" -eq 0 ]; then
        exec setsid setpriv --pdeathsig TERM env "$INSTANCE" "$@"
    fi
    exec setsid "${PRIVILEGES[@]}" --pdeathsig TERM env "HOME=$STATE" "USER=$SERVICE_USER" \
        "LOGNAME=$SERVICE_USER" "$INSTANCE" "$@"
}

rotate_server_log() {
    if [ -f "$STATE/log/server.log" ]; then
        mv -f "$STATE/log/server.log" "$STATE/log/server.log.1"
    fi
    as_service touch "$STATE/log/server.log"
}

# The supervisor gives its children a few seconds; whatever is left then is ended.
stop_processes() {
    if [ -n "$SUPERVISOR" ]; then kill -TERM "$SUPERVISOR" 2>/dev/null || true; fi
    wait_until 8 no_own_processes || signal_own_processes TERM
    wait_until 4 no_own_processes || signal_own_processes KILL
    wait_until 2 no_own_processes || true
    SUPERVISOR=""
}

# Prints the status code that the given path answers, or 000.
answer_of() {
    local line
    line=$(timeout 10 bash -c '
        exec 3<>"/dev/tcp/$1/$2" || exit 1
        printf "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n" "$3" >&3
        head -n 1 <&3' - "$LOCAL_HOST" "$PORT" "$1" 2>/dev/null) || line=""
    line=${line#* }
    printf '%s' "${line:0:3}"
}

web_is_ready() { [ "$(answer_of /readyz)" = 200 ]; }

supervisor_is_gone() { ! kill -0 "$SUPERVISOR" 2>/dev/null; }

ready_or_gone() { supervisor_is_gone || web_is_ready; }

wait_until_ready() {
    wait_until "${READY_TIMEOUT_S:-90}" ready_or_gone || true
    if ! supervisor_is_gone && web_is_ready; then return; fi
    tail -n 12 "$STATE/log/server.log"
    printf '/readyz answers %s; the processes write to %s\n' "$(answer_of /readyz)" "$STATE/log/server.log"
    return 1
}

port_is_free() {
    "$PYTHON" - "${2:-$HOST}" "$1" <<'EOF'
import socket
import sys

host, port = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ":" in host else socket.AF_INET
with socket.socket(family) as probe:
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((host, port))
    except OSError:
        sys.exit(1)
EOF
}

# A port that was asked for must be free; otherwise the first free one from 8000 upwards.
choose_port() {
    if [ -n "$PORT" ]; then
        port_is_free "$PORT" && return
        printf 'Port %s on %s is taken. Choose another: --port N\n' "$PORT" "$HOST" >&2
        exit 1
    fi
    PORT=$(free_port 8000 "$HOST")
}

# The first free port of a hundred.
free_port() {
    local port
    for port in $(seq "$1" $(($1 + 99))); do
        if port_is_free "$port" "$2"; then
            printf '%s' "$port"
            return
        fi
    done
    printf 'No free port between %s and %s on %s.\n' "$1" $(($1 + 99)) "$2" >&2
    exit 1
}
