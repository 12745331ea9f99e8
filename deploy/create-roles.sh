#!/bin/sh
# Run once by the database image on an empty volume: a role that owns the database, and one for the application that
# owns nothing (docs/adr/0003-two-database-roles.md).
set -eu

psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set=owner_password="$(cat /run/secrets/database_owner_password)" \
    --set=app_password="$(cat /run/secrets/database_app_password)" <<'SQL'
CREATE ROLE itilnext_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE itilnext_app LOGIN PASSWORD :'app_password';
CREATE DATABASE itilnext OWNER itilnext_owner;
REVOKE ALL ON DATABASE itilnext FROM PUBLIC;
GRANT CONNECT ON DATABASE itilnext TO itilnext_app;
SQL
