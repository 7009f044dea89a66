# shellcheck shell=bash
# The private PostgreSQL: a cluster of our own, never Debian's. Needs lib.sh, processes.sh, settings.sh.

POSTGRES_BIN=$(ls -d /usr/lib/postgresql/15/bin 2>/dev/null || dirname "$(command -v postgres || echo /usr/bin/postgres)")
POSTGRES_SUPERUSER=haiju_superuser

# Where the data is; moved out of the state folder only when the `postgres` user cannot get there.
postgres_home() { printf '%s' "${PG_HOME:-$STATE/postgres}"; }
postgres_data() { printf '%s/data' "$(postgres_home)"; }

# PostgreSQL refuses to run as root, so root hands over to the user `postgres`.
as_postgres() {
  if is_root; then setpriv --reuid=postgres --regid=postgres --init-groups "$@"; else "$@"; fi
}

choose_postgres_home() {
  local home
  home=$(postgres_home)
  mkdir -p "$home" 2>/dev/null || true
  if is_root; then
    id postgres >/dev/null 2>&1 || fail "没有系统用户 postgres；请先运行 scripts/install。"
    chown postgres "$home"
    if ! as_postgres test -w "$home" -a -x "$home"; then
      # A parent such as /root is closed to others: keep the data in the system's place for it instead.
      rmdir "$home" 2>/dev/null || true
      home=/var/lib/haiju-$(printf '%s' "$STATE" | sha256sum | cut -c1-12)
      say "用户 postgres 进不去 $STATE，数据库放在 $home。"
      mkdir -p "$home"
      chown postgres "$home"
    fi
  fi
  chmod 0700 "$home"
  setting PG_HOME "$home"
}

# A cluster appears under its name only when complete; what a kill left behind is made again.
create_cluster() {
  local home data password_file
  home=$(postgres_home) data=$(postgres_data)
  [[ ! -d $data ]] || return 0
  rm -rf "$home/data.partial"
  password_file=$home/password.partial
  rm -f "$password_file"
  printf '%s\n' "$PG_SUPER_PASSWORD" | write_private "$password_file"
  if is_root; then chown postgres "$password_file"; fi
  (cd "$home" && as_postgres "$POSTGRES_BIN/initdb" --pgdata="$home/data.partial" --username="$POSTGRES_SUPERUSER" \
    --pwfile="$password_file" --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --data-checksums) \
    >>"$LOGS/postgres.log" 2>&1 || fail "建立 PostgreSQL 数据目录失败，见 $LOGS/postgres.log。"
  rm -f "$password_file"
  mv "$home/data.partial" "$data"
}

# Buffers of a quarter of the memory, 512 MB at most.
postgres_buffers() {
  local total
  total=$(awk '/^MemTotal/ {print int($2 / 1024 / 4)}' /proc/meminfo)
  printf '%sMB' "$((total < 512 ? total : 512))"
}

# A Unix socket is quicker than loopback TCP; its path has a length limit, so a deep folder goes without.
postgres_sockets() {
  local folder
  folder=$(postgres_home)
  if ((${#folder} < 80)) && [[ $folder != *[,\'\"]* ]]; then printf '%s' "$folder"; fi
}

find_postgres() { find_service postgres postgres "$(postgres_data)"; }
postgres_answers() { "$POSTGRES_BIN/pg_isready" -q -h 127.0.0.1 -p "$PG_PORT"; }

# Statements as the superuser, over a password file that only we can read.
postgres_sql() {
  printf '127.0.0.1:*:*:%s:%s\n' "$POSTGRES_SUPERUSER" "$PG_SUPER_PASSWORD" | write_private "$STATE/keys/pgpass"
  PGPASSFILE=$STATE/keys/pgpass "$POSTGRES_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 \
    -h 127.0.0.1 -p "$PG_PORT" -U "$POSTGRES_SUPERUSER" -d "$1"
}

# The owner that migrates and the role that serves, which gets rights on tables only from migrations.
create_roles() {
  postgres_sql postgres <<SQL
SET log_min_error_statement = panic;
SET client_min_messages = warning;
DO \$\$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'haiju_migrator') THEN CREATE ROLE haiju_migrator; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'haiju_app') THEN CREATE ROLE haiju_app; END IF;
END \$\$;
ALTER ROLE haiju_migrator LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '$PG_MIGRATOR_PASSWORD';
ALTER ROLE haiju_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '$PG_APP_PASSWORD';
SELECT 'CREATE DATABASE haiju OWNER haiju_migrator' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'haiju')
\gexec
REVOKE ALL ON DATABASE haiju FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE haiju TO haiju_app;
SQL
}

start_postgres() {
  local data
  choose_postgres_home
  data=$(postgres_data)
  if find_postgres >/dev/null; then
    # A kill of the main process leaves children that end by themselves within moments; the port tells which it is.
    postgres_answers && return 0
    stop_postgres
  fi
  create_cluster
  # No process of ours is left in the folder, so lock files there are stale even if another program has their number.
  rm -f "$data/postmaster.pid" "$(postgres_home)"/.s.PGSQL.*
  chosen_port PG_PORT
  local command=("$POSTGRES_BIN/postgres" -D "$data"
    -c "listen_addresses=127.0.0.1" -c "port=$PG_PORT" -c "unix_socket_directories=$(postgres_sockets)"
    -c "shared_buffers=$(postgres_buffers)" -c max_connections=100 -c timezone=UTC
    -c fsync=on -c full_page_writes=on -c synchronous_commit=on -c password_encryption=scram-sha-256
    -c logging_collector=off -c log_parameter_max_length=0 -c log_parameter_max_length_on_error=0)
  if is_root; then command=(setpriv --reuid=postgres --regid=postgres --init-groups "${command[@]}"); fi
  launch postgres "$data" "${command[@]}"
  await postgres "$STARTED" 60 postgres_answers || return 1
  create_roles
}

stop_postgres() { stop_service postgres postgres "$(postgres_data)" INT 30; }

# URI for one of our roles: postgres_uri ROLE PASSWORD
postgres_uri() {
  local folder
  folder=$(postgres_sockets)
  if [[ -n $folder ]]; then
    printf 'postgresql://%s:%s@/haiju?host=%s&port=%s' "$1" "$2" "$(uri_escape "$folder")" "$PG_PORT"
  else
    printf 'postgresql://%s:%s@127.0.0.1:%s/haiju' "$1" "$2" "$PG_PORT"
  fi
}
