# The cluster and Redis run while a command of this checkout needs them: the last one out stops them.

CLUSTER_WAS_RUNNING=""

cluster_answers() {
    if database_is_private && ! database_answers; then return 1; fi
    if redis_is_private && ! redis_answers; then return 1; fi
}

use_cluster() {
    exec 7>>"$STATE/run/cluster.lock"
    flock -s 7
    if cluster_answers 2>/dev/null; then CLUSTER_WAS_RUNNING=1; fi
}

stop_cluster() {
    { true >&7; } 2>/dev/null || return 0
    if flock -n -x 7; then
        redis_is_private && stop_redis
        database_is_private && stop_database
    fi
    exec 7>&-
}

# For commands that borrow a cluster someone else keeps running.
leave_cluster() {
    if [ -z "$CLUSTER_WAS_RUNNING" ]; then stop_cluster; fi
}
