# shellcheck shell=bash
# The three stores together. Any of them is replaced by an existing server when the user names one in
# HAIJU_PG_URI, HAIJU_MONGO_URI or HAIJU_REDIS_URI; such a server is never started, stopped or changed by us.

# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
for part in processes settings postgres documents redis; do
  # shellcheck source=/dev/null
  source "$ROOT/scripts/$part.sh"
done
load_settings

ADDRESSES=$RUNNING/addresses
[[ -n ${HAIJU_PG_URI:-} ]] && PG_GIVEN=yes || PG_GIVEN=
[[ -n ${HAIJU_MONGO_URI:-} ]] && MONGO_GIVEN=yes || MONGO_GIVEN=
[[ -n ${HAIJU_REDIS_URI:-} ]] && REDIS_GIVEN=yes || REDIS_GIVEN=

# The addresses of the running stack, kept while it runs so that `./haiju` and `status` see the same servers.
write_addresses() {
  if [[ -n $PG_GIVEN ]]; then
    HAIJU_PG_MIGRATOR_URI=${HAIJU_PG_MIGRATOR_URI:-$HAIJU_PG_URI}
  else
    HAIJU_PG_URI=$(postgres_uri haiju_app "$PG_APP_PASSWORD")
    HAIJU_PG_MIGRATOR_URI=$(postgres_uri haiju_migrator "$PG_MIGRATOR_PASSWORD")
  fi
  [[ -n $MONGO_GIVEN ]] || HAIJU_MONGO_URI=$(documents_uri)
  [[ -n $REDIS_GIVEN ]] || HAIJU_REDIS_URI=$(redis_uri)
  export HAIJU_PG_URI HAIJU_PG_MIGRATOR_URI HAIJU_MONGO_URI HAIJU_REDIS_URI
  local name
  for name in HAIJU_PG_URI HAIJU_PG_MIGRATOR_URI HAIJU_MONGO_URI HAIJU_REDIS_URI HAIJU_HOST HAIJU_PORT \
    PG_GIVEN MONGO_GIVEN REDIS_GIVEN; do
    [[ ${!name:-} != *\'* ]] || fail "$name 里的引号请写成 %27。"
    printf "%s='%s'\n" "$name" "${!name:-}"
  done | write_private "$ADDRESSES"
}

# Takes up the addresses of the running stack; what the user has set in the environment goes first.
load_addresses() { load_lines "$ADDRESSES" fallback; }

start_stores() {
  make_secrets
  [[ -n $PG_GIVEN ]] || start_postgres
  [[ -n $MONGO_GIVEN ]] || start_documents
  [[ -n $REDIS_GIVEN ]] || start_redis
  write_addresses
}

# Stops whatever of ours runs, also what an earlier command with other settings has started.
stop_stores() {
  local code=0
  stop_redis || code=1
  stop_documents || code=1
  stop_postgres || code=1
  rm -f "$ADDRESSES"
  return "$code"
}

# status_line NAME PID PORT ANSWERS…
status_line() {
  local name=$1 pid=$2 port=$3 state=停止 code=1
  shift 3
  if [[ -n $pid ]]; then
    state=无响应
    if "$@" >/dev/null 2>&1; then state=运行 code=0; fi
  fi
  printf '%-10s  pid %-8s 端口 %-6s %s\n' "$name" "${pid:--}" "${port:--}" "$state"
  return "$code"
}

# A server that the user brought: reachable or not is all that we say. given_line NAME URI
given_line() {
  local target host port
  target=${2#*://} target=${target##*@} target=${target%%[/?,]*}
  host=${target%:*} port=${target##*:}
  if (exec 3<>"/dev/tcp/$host/$port") 2>/dev/null; then
    printf '%-10s  pid %-8s 端口 %-6s 外部服务，可连接\n' "$1" - "$port"
  else
    printf '%-10s  pid %-8s 端口 %-6s 外部服务，连不上\n' "$1" - "$port"
    return 1
  fi
}

status_stores() {
  local code=0
  load_addresses
  if [[ -n $PG_GIVEN ]]; then given_line postgres "$HAIJU_PG_URI" || code=1; else
    status_line postgres "$(find_postgres || true)" "${PG_PORT:-}" postgres_answers || code=1
  fi
  if [[ -n $MONGO_GIVEN ]]; then given_line documents "$HAIJU_MONGO_URI" || code=1; else
    status_line documents "$(find_documents || true)" "${MONGO_PORT:-}" documents_answer || code=1
  fi
  if [[ -n $REDIS_GIVEN ]]; then given_line redis "$HAIJU_REDIS_URI" || code=1; else
    status_line redis "$(find_redis || true)" "${REDIS_PORT:-}" redis_answers || code=1
  fi
  return "$code"
}
