# shellcheck shell=bash
# What is chosen once and remembered: ports, random passwords, places. Needs lib.sh, processes.sh.

SETTINGS=$STATE/stack.env

# Only plain `NAME='value'` lines of known shape are read; the file is never executed.
load_lines() {
  local line name value
  [[ -r $1 ]] || return 0
  while IFS= read -r line; do
    if [[ $line =~ ^([A-Z][A-Z_]*)=\'([^\']*)\'$ ]]; then
      name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
      # What the user has set in the environment wins over what was remembered.
      if [[ ${2:-} != fallback || -z ${!name:-} ]]; then printf -v "$name" '%s' "$value"; fi
      if [[ ${2:-} == fallback ]]; then export "${name?}"; fi
    fi
  done <"$1"
}

# Remembers one value for good. setting NAME VALUE
setting() {
  [[ $2 != *[\'$'\n']* ]] || fail "路径里不能有引号或换行：$2"
  printf -v "$1" '%s' "$2"
  { grep -v "^$1=" "$SETTINGS" 2>/dev/null || true; printf "%s='%s'\n" "$1" "$2"; } | write_private "$SETTINGS"
}

load_settings() {
  # Whatever the caller's environment holds under these names is not ours.
  unset PG_HOME PG_PORT MONGO_PORT REDIS_PORT
  unset PG_SUPER_PASSWORD PG_MIGRATOR_PASSWORD PG_APP_PASSWORD MONGO_PASSWORD REDIS_PASSWORD
  load_lines "$SETTINGS"
}

# Passwords are made once, before the first store that uses them.
make_secrets() {
  local name
  for name in PG_SUPER_PASSWORD PG_MIGRATOR_PASSWORD PG_APP_PASSWORD MONGO_PASSWORD REDIS_PASSWORD; do
    [[ -n ${!name:-} ]] || setting "$name" "$(random_secret)"
  done
}

# The remembered port, or a new one when there is none or a stranger has taken it meanwhile. chosen_port NAME
chosen_port() {
  if [[ -z ${!1:-} ]] || port_open "${!1}"; then setting "$1" "$(free_port)"; fi
}

# Percent-encodes a path for use inside a URI.
uri_escape() {
  if [[ $1 =~ ^[a-zA-Z0-9._~/-]*$ ]]; then
    printf '%s' "$1"
  else
    printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'
  fi
}
