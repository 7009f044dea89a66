# shellcheck shell=bash disable=SC2034 # names used by the files that source this one
# Shared ground of the commands: where things are, how they speak, how a private file is written.
# Sourced, never run. Callers have `set -euo pipefail` on.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# Everything private lives here; a test may point it at a throw-away folder.
STATE=${HAIJU_STATE:-$ROOT/.haiju}
TOOLS=${HAIJU_TOOLS:-$ROOT/.haiju/tools}
LOGS=$STATE/log
RUNNING=$STATE/running
PROGRAM=${HAIJU_PROGRAM:-$ROOT/.build/release/haiju}

# Settings meant for somebody else's database or Python must not steer ours.
unset "${!PG@}" "${!SECANTUS@}" PYTHONPATH PYTHONHOME

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "错误：$*"
  exit 1
}
is_root() { [[ $EUID -eq 0 ]]; }

random_secret() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# Replaces a file in one step, readable by its owner only, so that a kill in between leaves the old or the new text.
write_private() {
  local path=$1 fresh
  fresh=$(mktemp "$path.XXXXXX")
  cat >"$fresh"
  mv -f "$fresh" "$path"
}

# Readable by its owner only, whatever the umask.
private_folder() {
  mkdir -p "$@"
  chmod 0700 "$@"
}

# The state folder may be passed through (the `postgres` user must reach its own folder) but not listed by others.
prepare_state() {
  private_folder "$STATE" "$LOGS" "$RUNNING" "$STATE/keys"
  if is_root; then chmod 0711 "$STATE"; fi
}

# One command at a time starts or stops things. The lock ends with `release_lock` or with the process that holds it;
# it is taken in the shell itself and not around a function, because that would switch `set -e` off inside.
take_lock() {
  exec {lock_descriptor}>"$STATE/lock"
  if ! flock -n "$lock_descriptor"; then
    say "另一个命令正在启动或停止服务，等它完成……"
    flock -w 300 "$lock_descriptor" || fail "等了五分钟，另一个命令仍未结束。"
  fi
}
release_lock() {
  if [[ -n ${lock_descriptor:-} ]]; then exec {lock_descriptor}>&-; fi
  unset lock_descriptor
}

# A long command in a process group of its own, so that Ctrl-C or TERM to us reaches all of it at once.
ATTENDED=
attended() {
  local code=0
  setsid env --default-signal=INT,QUIT "$@" &
  ATTENDED=$!
  wait "$ATTENDED" || code=$?
  ATTENDED=
  return "$code"
}

# Ends the attended command's whole group, politely first. Safe to call when there is none.
abandon_attended() {
  [[ -n $ATTENDED ]] || return 0
  local signal
  for signal in INT TERM KILL; do
    kill -"$signal" -- "-$ATTENDED" 2>/dev/null || break
    local tries=30
    while ((tries-- > 0)) && kill -0 -- "-$ATTENDED" 2>/dev/null; do sleep 0.1; done
  done
  ATTENDED=
}
