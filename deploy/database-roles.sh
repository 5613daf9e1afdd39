#!/bin/bash
# First start of the database container: the two roles, the extensions and the database.
# The application's role owns nothing; migrations run as the owner.
set -euo pipefail

psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname template1 <<'SQL'
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS pgcrypto;
SQL

psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    -v owner_password="$DATABASE_OWNER_PASSWORD" -v app_password="$DATABASE_APP_PASSWORD" <<'SQL'
CREATE ROLE windsock_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE windsock_app LOGIN PASSWORD :'app_password';
CREATE DATABASE windsock OWNER windsock_owner;
SQL
