# shellcheck shell=bash
# The haiju program on top of the stores: every verb that the commands use is in this file. Needs stack.sh.

PROGRAM_FOLDER=$STATE/program
OWNER=$RUNNING/owner

find_program() { find_service program "$(basename "$PROGRAM")" "$PROGRAM_FOLDER"; }

# Everything that the program is told, besides the addresses of the stores.
program_environment() {
  export HAIJU_KEY_FILE=${HAIJU_KEY_FILE:-$STATE/keys/root.key}
  export HAIJU_ACCOUNTS_FILE=${HAIJU_ACCOUNTS_FILE:-$STATE/accounts.txt}
  export HAIJU_DEFINITIONS=${HAIJU_DEFINITIONS:-$ROOT/definitions}
  export HAIJU_TOOLS=$TOOLS
  export HAIJU_HOST=${HAIJU_HOST:-127.0.0.1}
  export HAIJU_PORT=${HAIJU_PORT:-8080}
}

# One verb during preparation: a line on the screen, its output in the log, the log's end when it fails.
step() {
  local title=$1
  shift
  say "$title……"
  attended "$PROGRAM" "$@" >>"$LOGS/prepare.log" 2>&1 </dev/null || {
    say "日志 $LOGS/prepare.log 的末尾："
    tail -n 15 "$LOGS/prepare.log" >&2
    fail "$title 失败（haiju $1${2:+ $2}）。"
  }
}

# The mark of a seeded database goes away with the private database that it speaks of.
seed_mark() {
  if [[ -n $PG_GIVEN ]]; then
    printf '%s/seeded-%s' "$STATE" "$(printf '%s' "$HAIJU_PG_URI" | sha256sum | cut -c1-16)"
  else
    printf '%s/seeded' "$(postgres_home)"
  fi
}

prepare_program() {
  step "迁移数据结构" migrate apply
  [[ -e $HAIJU_KEY_FILE ]] || step "生成密钥" keys create "$HAIJU_KEY_FILE"
  step "准备账号" accounts bootstrap
  step "发布服务目录" definitions publish
  local mark
  mark=$(seed_mark)
  if [[ ! -e $mark ]]; then
    step "生成示例数据" seed --people "${HAIJU_SEED_PEOPLE:-300}" --seed 1
    : >"$mark"
  fi
}

# An address to connect to, also when the program listens on all of them.
program_address() { case $HAIJU_HOST in 0.0.0.0 | ::) printf 127.0.0.1 ;; *) printf '%s' "$HAIJU_HOST" ;; esac; }

# Does GET /health/ready answer 200?
program_ready() {
  local status
  status=$(
    exec 3<>"/dev/tcp/$(program_address)/$HAIJU_PORT" || exit 1
    # Through `cat`, so that the request leaves as one piece and not line by line.
    printf 'GET /health/ready HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n' "$HAIJU_HOST" "$HAIJU_PORT" |
      cat >&3
    IFS= read -r -t 5 line <&3 && printf '%s' "$line"
  ) 2>/dev/null || return 1
  [[ $status == 'HTTP/1.1 200'* ]]
}

require_web_port() {
  find_program >/dev/null || ! port_open "$HAIJU_PORT" ||
    fail "端口 $HAIJU_PORT 已被别的程序占用；请停掉它，或换一个端口：HAIJU_PORT=8081 $0${*:+ $*}"
}

start_program() {
  private_folder "$PROGRAM_FOLDER"
  launch program "$PROGRAM_FOLDER" "$PROGRAM" serve
  await program "$STARTED" 60 program_ready || fail "程序没有就绪。"
}

stop_program() { stop_service program "$(basename "$PROGRAM")" "$PROGRAM_FOLDER" TERM 30; }

# Has a newer program been built since this one was started?
program_outdated() { [[ $PROGRAM -nt $RUNNING/program ]]; }

program_line() { status_line haiju "$(find_program || true)" "$HAIJU_PORT" program_ready; }

# A program started by a `./run` that has since been killed has nobody left to stop it.
program_orphaned() {
  local pid birth
  [[ -r $OWNER ]] && read -r pid birth <"$OWNER" && [[ $(process_birth "$pid") != "$birth" ]]
}

ready_line() { printf '海聚已就绪：http://%s:%s （账号与口令见 %s）\n' "$(program_address)" "$HAIJU_PORT" "$HAIJU_ACCOUNTS_FILE"; }
