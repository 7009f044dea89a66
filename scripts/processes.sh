# shellcheck shell=bash
# Processes that we started, told from all others.
#
# Each service runs with a private folder of its own as working directory. A process is ours when it is the one recorded
# (same pid, same start time, same boot) or, should the record be lost to a kill, when it runs the expected program in
# that private folder. Nothing else is ever trusted or signalled.

# Start time in clock ticks since boot; with the boot's id it makes a pid unmistakable.
process_birth() {
  local line
  line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The name in parentheses may hold spaces; fields are counted after it. The start time is field 22.
  read -r -a fields <<<"${line##*) }"
  [[ ${fields[0]} != Z ]] || return 1
  printf '%s %s' "${fields[19]}" "$(cat /proc/sys/kernel/random/boot_id)"
}

# process_is PID PROGRAM FOLDER: it runs this program, in this folder. A program run by an interpreter is given as
# `interpreter+script`, and the script must be on the command line.
process_is() {
  local pid=$1 program=${2%%+*} script=${2#*+} folder=$3 executable
  [[ /proc/$pid/cwd -ef $folder ]] || return 1
  executable=$(readlink "/proc/$pid/exe" 2>/dev/null) || return 1
  executable=${executable% (deleted)}
  [[ ${executable##*/} == "$program" ]] || return 1
  [[ $script == "$2" ]] || tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -q "/$script\$"
}

# shellcheck disable=SC2034 # STARTED is for the caller
# Starts a command detached, in its folder, output to its log, and records who it is. Sets STARTED.
# launch NAME FOLDER COMMAND…
launch() {
  local name=$1 folder=$2
  shift 2
  # One earlier log is kept.
  if [[ -n $(find "$LOGS/$name.log" -size +20M 2>/dev/null) ]]; then mv -f "$LOGS/$name.log" "$LOGS/$name.log.1"; fi
  (
    cd "$folder" || exit 1
    umask 077
    # Recorded by itself and before the lock is let go: a command that comes after a kill at this very moment finds it.
    printf '%s %s\n' "$BASHPID" "$(process_birth "$BASHPID")" | write_private "$RUNNING/$name"
    # A server must not keep the lock of the command that started it.
    release_lock
    exec setsid env --default-signal=INT,QUIT "$@" </dev/null >>"$LOGS/$name.log" 2>&1
  ) &
  STARTED=$!
}

# The pid of a service that is ours and alive, or failure. find_service NAME PROGRAM FOLDER
find_service() {
  local name=$1 program=$2 folder=$3 pid birth entry
  if [[ -r $RUNNING/$name ]] && read -r pid birth <"$RUNNING/$name" && [[ $(process_birth "$pid") == "$birth" ]] &&
    [[ /proc/$pid/cwd -ef $folder ]]; then
    printf '%s' "$pid"
    return 0
  fi
  # The oldest match is the main process; PostgreSQL's children share its folder and program.
  local oldest='' oldest_birth=''
  for entry in /proc/[0-9]*; do
    pid=${entry#/proc/}
    if process_is "$pid" "$program" "$folder" && birth=$(process_birth "$pid"); then
      birth=${birth%% *}
      if [[ -z $oldest ]] || ((birth < oldest_birth || (birth == oldest_birth && pid < oldest))); then
        oldest=$pid oldest_birth=$birth
      fi
    fi
  done
  [[ -n $oldest ]] && printf '%s' "$oldest"
}

# Ends every process of a service: one polite signal to the main one, then harder ones.
# stop_service NAME PROGRAM FOLDER SIGNAL SECONDS
stop_service() {
  local name=$1 program=$2 folder=$3 signal=$4 patience=$5 pid step
  for step in "$signal:$patience" TERM:5 KILL:5; do
    pid=$(find_service "$name" "$program" "$folder") || break
    kill -"${step%:*}" "$pid" 2>/dev/null || true
    local tries=$((${step#*:} * 10))
    while ((tries-- > 0)) && find_service "$name" "$program" "$folder" >/dev/null; do sleep 0.1; done
  done
  if find_service "$name" "$program" "$folder" >/dev/null; then
    say "警告：$name（pid $pid）没有停下来。"
    return 1
  fi
  rm -f "$RUNNING/$name"
}

# Does something accept connections on this loopback port?
port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A free port below the range that the kernel hands out to clients.
free_port() {
  local port tries=50
  while ((tries-- > 0)); do
    port=$((20000 + RANDOM % 12000))
    port_open "$port" || {
      printf '%s' "$port"
      return 0
    }
  done
  fail "找不到空闲端口。"
}

# Waits until a check holds, gives up when the process has ended or after so many seconds. await NAME PID SECONDS CHECK…
await() {
  local name=$1 pid=$2 tries=$(($3 * 10))
  shift 3
  until "$@" >/dev/null 2>&1; do
    if ((tries-- <= 0)) || ! kill -0 "$pid" 2>/dev/null; then
      say "$name 没有就绪，日志 $LOGS/$name.log 的末尾："
      tail -n 15 "$LOGS/$name.log" >&2 || true
      return 1
    fi
    sleep 0.1
  done
}
