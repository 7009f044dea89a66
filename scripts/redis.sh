# shellcheck shell=bash
# The private Redis: a cache that may vanish, hence nothing on disk. Needs lib.sh, processes.sh, settings.sh.

REDIS=$STATE/redis

# Debian's redis-server is one binary with two names; /proc shows the real one.
redis_binary() { basename "$(readlink -f "$(command -v redis-server || echo redis-server)")"; }
find_redis() { find_service redis "$(redis_binary)" "$REDIS"; }

redis_answers() {
  [[ $(REDISCLI_AUTH=$REDIS_PASSWORD redis-cli -h 127.0.0.1 -p "$REDIS_PORT" ping 2>/dev/null) == PONG ]]
}

start_redis() {
  private_folder "$REDIS"
  if find_redis >/dev/null; then
    redis_answers && return 0
    stop_redis
  fi
  chosen_port REDIS_PORT
  # In a file, because a command line is readable by every user of the machine.
  write_private "$REDIS/redis.conf" <<CONF
bind 127.0.0.1
protected-mode yes
port $REDIS_PORT
requirepass $REDIS_PASSWORD
daemonize no
save ""
appendonly no
maxmemory 256mb
maxmemory-policy allkeys-lru
CONF
  launch redis "$REDIS" redis-server "$REDIS/redis.conf"
  await redis "$STARTED" 20 redis_answers
}

stop_redis() { stop_service redis "$(redis_binary)" "$REDIS" TERM 10; }

redis_uri() { printf 'redis://:%s@127.0.0.1:%s/0' "$REDIS_PASSWORD" "$REDIS_PORT"; }
