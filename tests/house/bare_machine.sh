#!/usr/bin/env bash
# bare_machine.sh IMAGE COMMAND…: run a command on this commit's files in a fresh container, as on a bare machine.
#
#   tests/house/bare_machine.sh debian:bookworm-slim ./run demo
#   MARQUEE_DATA=movies.csv.gz tests/house/bare_machine.sh debian:trixie-slim './run demo && ./run test'
#
# Nothing of the host gets in but the commit, MARQUEE_DATA (read-only), CI, and pip's certificates where PIP_CERT names some.
# KEEP=NAME keeps the container under that name.
set -euo pipefail
(($# >= 2)) || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
image=$1
shift

options=(--interactive)
if [[ ${KEEP:-} ]]; then options+=(--name "$KEEP"); else options+=(--rm); fi
[[ ! ${CI:-} ]] || options+=(--env "CI=$CI")
[[ ! ${PIP_CERT:-} ]] || options+=(--volume "$PIP_CERT:/pip.crt:ro" --env PIP_CERT=/pip.crt)
if [[ -f ${MARQUEE_DATA:-} ]]; then
  name=${MARQUEE_DATA##*/}
  options+=(--volume "$(realpath -- "$MARQUEE_DATA"):/data/$name:ro" --env "MARQUEE_DATA=/data/$name")
fi
root=$(git -C "$(dirname "${BASH_SOURCE[0]}")" rev-parse --show-toplevel)
git -C "$root" archive --prefix=marquee/ HEAD |
  docker run "${options[@]}" "$image" bash -c "tar -x -C / && cd /marquee && $*"
