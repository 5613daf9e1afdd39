#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")"/lib/setup.sh
prepare_place; require_packages; use_cluster; trap leave_cluster EXIT
export_environment
export PYTHONPATH=/tmp/pw/lib/python3.11/site-packages
"$PYTHON" -m benchmarks.portal_pages --base-url "$(cat $STATE/run/server.url)" --axe /tmp/w/walk_axe/package/axe.min.js "$@"
