# The private PostgreSQL cluster and Redis of this checkout: unix sockets only, no TCP.

PG_BIN=/usr/lib/postgresql/15/bin

database_is_private() { [ -z "${GIVEN_DATABASE_URL:-}" ]; }
redis_is_private() { [ -z "${GIVEN_REDIS_URL:-}" ]; }

database_answers() { as_service "$PG_BIN/pg_isready" -q -h "$SOCKETS" -U postgres -d postgres -t 2; }
redis_answers() { [ "$(as_service timeout 2 redis-cli -s "$SOCKETS/redis.sock" ping 2>/dev/null)" = PONG ]; }

# Runs SQL from standard input as the superuser.
superuser_sql() {
    as_service "$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -h "$SOCKETS" -U postgres -d "$1"
}

write_database_settings() {
    as_service tee "$STATE/pg/windsock.conf" >/dev/null <<EOF
listen_addresses = ''
unix_socket_directories = '$SOCKETS'
unix_socket_permissions = 0700
max_connections = 200
max_locks_per_transaction = 256
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 256MB
max_wal_size = 2GB
wal_compression = on
random_page_cost = 1.1
jit = off
fsync = on
timezone = 'UTC'
log_timezone = 'UTC'
log_min_duration_statement = 1000
# A refused row is not for the log: it may hold what a field was refused for.
log_error_verbosity = terse
log_min_error_statement = panic
EOF
}

# Built beside and renamed when whole: a cluster that exists is a finished one.
make_cluster() {
    [ -f "$STATE/pg/PG_VERSION" ] && return
    rm -rf "$STATE/pg.new"
    as_service "$PG_BIN/initdb" -D "$STATE/pg.new" -U postgres -E UTF8 --locale=C.UTF-8 \
        --auth-local=trust --auth-host=reject
    printf "include 'windsock.conf'\n" | as_service tee -a "$STATE/pg.new/postgresql.conf" >/dev/null
    as_service mv "$STATE/pg.new" "$STATE/pg"
}

# The application's role owns nothing; the owner's role runs migrations. Test databases are made by
# the superuser, because postgis is not a trusted extension, and may lose their last second in a crash.
make_roles() {
    [ -f "$STATE/pg/roles.made" ] && return
    local extension
    for extension in postgis btree_gist pg_trgm pgcrypto; do
        printf 'SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS %s;' "$extension" \
            | superuser_sql template1
    done
    superuser_sql postgres <<'EOF'
SELECT 'CREATE ROLE windsock_owner LOGIN CREATEDB'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'windsock_owner') \gexec
SELECT 'CREATE ROLE windsock_app LOGIN'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'windsock_app') \gexec
ALTER ROLE postgres SET synchronous_commit = off;
EOF
    make_database
    as_service touch "$STATE/pg/roles.made"
}

make_database() {
    superuser_sql postgres <<'EOF'
SELECT 'CREATE DATABASE windsock OWNER windsock_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'windsock') \gexec
EOF
}

# PostgreSQL takes any live process with the number in its pid file for itself, also a dead one that
# nobody has collected yet, or a stranger after a restart of the machine.
forget_dead_server() {
    local file="$STATE/pg/postmaster.pid" process
    [ -f "$file" ] || return 0
    process=$(head -n 1 "$file")
    if [ "$(readlink "/proc/$process/cwd")" != "$(cd "$STATE/pg" && pwd -P)" ]; then rm -f "$file"; fi
}

# pg_ctl and the server must not keep this script's locks or its output open.
start_server() {
    if database_answers; then return; fi
    forget_dead_server
    as_service "$PG_BIN/pg_ctl" -D "$STATE/pg" -w -t 60 \
        -l "$STATE/log/postgresql.log" start </dev/null >>"$LOG" 2>&1 7>&- 8>&- 9>&-
}

# After `kill -9` its shared memory stays taken until the last of its children is gone: try again.
start_database() {
    database_is_private || return 0
    make_cluster
    if ! database_answers; then
        write_database_settings
        wait_until 15 start_server
    fi
    make_roles
}

stop_database() {
    [ -f "$STATE/pg/postmaster.pid" ] || return 0
    as_service "$PG_BIN/pg_ctl" -D "$STATE/pg" -m fast -w -t 60 stop </dev/null >>"$LOG" 2>&1 || true
}

start_redis() {
    redis_is_private || return 0
    redis_answers && return
    as_service tee "$STATE/redis/redis.conf" >/dev/null <<EOF
port 0
unixsocket "$SOCKETS/redis.sock"
unixsocketperm 700
dir "$STATE/redis"
logfile "$STATE/log/redis.log"
pidfile "$STATE/run/redis.pid"
daemonize yes
appendonly yes
appendfsync everysec
save ""
EOF
    as_service redis-server "$STATE/redis/redis.conf" </dev/null >>"$LOG" 2>&1 7>&- 8>&- 9>&-
    wait_until 20 redis_answers
}

stop_redis() {
    redis_answers || return 0
    as_service timeout 20 redis-cli -s "$SOCKETS/redis.sock" shutdown >>"$LOG" 2>&1 || true
}

# Tries a command every 0.2 s for at most the given number of seconds.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.2
    done
}
