# The variables the settings read. What the caller set wins; the rest is made once and kept.

GIVEN_DATABASE_URL=${DATABASE_URL:-}
GIVEN_REDIS_URL=${REDIS_URL:-}

random_hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

# A key of encrypted columns with its id. Without the padding, which `read` would take off.
sealing_key() { printf 'k1:%s' "$(head -c 32 /dev/urandom | base64 | tr -d '=\n')"; }

SECRETS=(SECRET_KEY JWT_SIGNING_KEY FIELD_ENCRYPTION_KEYS METRICS_TOKEN WINDSOCK_DEMO_PASSWORD)

secrets_are_made() {
    local name
    for name in "${SECRETS[@]}"; do grep -qs "^$name=" "$ENVIRONMENT" || return 1; done
}

# Secrets of this checkout, readable by the service user alone.
make_secrets() {
    local name missing=""
    for name in "${SECRETS[@]}"; do
        grep -qs "^$name=" "$ENVIRONMENT" && continue
        case $name in
            FIELD_ENCRYPTION_KEYS) missing+="$name=$(sealing_key)"$'\n' ;;
            WINDSOCK_DEMO_PASSWORD) missing+="$name=$(random_hex 8)"$'\n' ;;
            *) missing+="$name=$(random_hex 32)"$'\n' ;;
        esac
    done
    [ -n "$missing" ] || return 0
    { cat "$ENVIRONMENT" 2>/dev/null || true; printf '%s' "$missing"; } \
        | as_service sh -c 'umask 077; cat >"$1.new" && mv "$1.new" "$1"' - "$ENVIRONMENT"
}

export_default() {
    if [ -z "${!1:-}" ]; then export "$1=$2"; fi
}

database_url() { printf 'postgis://%s@/windsock?host=%s' "$1" "$SOCKETS"; }

export_environment() {
    local name value
    while IFS='=' read -r name value; do
        export_default "$name" "$value"
    done <"$ENVIRONMENT"
    if database_is_private; then
        DATABASE_URL=$(database_url windsock_app)
        DATABASE_OWNER_URL=$(database_url windsock_owner)
        export DATABASE_URL DATABASE_OWNER_URL DATABASE_APP_ROLE=windsock_app
    fi
    export_default DATABASE_OWNER_URL "${DATABASE_URL:-}"
    if redis_is_private; then export "REDIS_URL=unix://$SOCKETS/redis.sock?db=0"; fi
    export_default MEDIA_ROOT "$STATE/media"
    export_default STATIC_ROOT "$STATE/static"
    export_default MAIL_FOLDER "$STATE/mail"
    export_default SIGNING_DEMO_PATH "$STATE/demo-signature.pem"
    export_default DJANGO_SETTINGS_MODULE config.settings
    # The development server speaks plain HTTP; behind a proxy that ends TLS this is 1.
    export_default HTTPS 0
    if [ -f "$STATE/demo" ]; then export_default WINDSOCK_DEMO 1; fi
    export PATH="$ROOT/.venv/bin:$PATH" WINDSOCK_STATE="$STATE" PYTHONUNBUFFERED=1 TZ=UTC
    unset PYTHONPATH PYTHONHOME
}

# manage.py as the service user.
manage() {
    as_service "$PYTHON" "$ROOT/manage.py" "$@"
}

# Changing tables may take longer than a request may.
migrate() {
    DATABASE_STATEMENT_TIMEOUT_MS=0 manage migrate "$@"
}
