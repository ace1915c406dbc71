#!/usr/bin/env bash
# Check the project on this machine's GPU within five minutes: its CUDA tests, equality of CPU and GPU, step times,
# training on packed patches, a trace. On a CPU, `--short` runs every part on tiny networks in about a minute.
#
#     scripts/device_check.sh OUT [--short]
#
# OUT gets summary.md and results.json, rewritten after every table, and picture.png, trace.txt and log.txt. Nothing is
# downloaded: packages that are missing come from the wheels in .whl/, data from .whl/patches.npz
# (scripts/pack_data.py makes it; without it, drawn discs). The exit code is 1 if a part failed.
#
# PYTHON: the interpreter (python3). WHEELS: folder of wheels (.whl). DATA: packed file (.whl/patches.npz).
# DEADLINE: seconds for all parts together (290).
set -uo pipefail
[ $# -ge 1 ] || { echo "usage: $0 OUT [--short]" >&2; exit 2; }
mkdir -p "$1" || exit
out=$(cd "$1" && pwd)
short=${2:-}
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
python=${PYTHON:-python3} wheels=${WHEELS:-.whl} data=${DATA:-.whl/patches.npz} deadline=${DEADLINE:-290}
rm -f "$out"/{results.json,summary.md,picture.png,trace.txt,log.txt}
export PYTHONUNBUFFERED=1 PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
options=()
[ -f "$data" ] && options+=(--data "$data")
failed=0

# Install packages that the machine lacks, from wheels, into a folder of their own.
install() {
    "$python" -c "import beartype, ignite, jaxtyping, monai, nibabel" 2>/dev/null && return
    local site
    site=$(mktemp -d)
    "$python" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --target "$site" "$wheels"/*.whl || return
    export PYTHONPATH="$PYTHONPATH:$site"
}

# part NAME LIMIT COMMAND...: run a command within LIMIT seconds and what is left of all, and state how it ended.
part() {
    local name=$1 limit=$2 left=$((deadline - SECONDS)) began=$SECONDS code
    shift 2
    [ "$left" -lt 5 ] && { echo "== $name: no time left"; limit=0; }
    [ "$left" -lt "$limit" ] && limit=$left
    echo "== $name, at most $limit s, after $SECONDS s"
    timeout -k 5 "$limit" "$@" </dev/null >"$out/$name.txt" 2>&1
    code=$?
    cat "$out/$name.txt"
    local printed=()
    [ "$name" = tests ] && printed=("$out/$name.txt")
    "$python" -m scripts.device.results "$out" "$name" "$code" $((SECONDS - began)) "${printed[@]}"
    rm "$out/$name.txt"
    [ "$code" -eq 0 ] || failed=1
}

# measure NAME LIMIT BUDGET PARTS...: run measuring parts in one process, each within its budget.
measure() {
    local name=$1 limit=$2 budget=$3
    shift 3
    part "$name" "$limit" "$python" -m scripts.device "$out" "$@" "${options[@]}" --budget "$budget"
}

main() {
    install || exit
    if [ "$short" = --short ]; then
        options+=(--short)
        measure speed "$deadline" 4 machine equality steps training trace speed
    else
        part tests 60 "$python" -m pytest -m cuda -o addopts= -W default --disable-warnings -p no:cacheprovider -v \
            --tb=short tests/*/test_cuda.py
        measure equality 60 0 machine equality
        measure steps 80 35 steps
        measure training 85 50 training
        measure trace 35 0 trace
        measure speed 45 0 speed
        measure compilation 75 0 compilation
    fi
    echo "== done after $SECONDS s"
    cat "$out/summary.md"
    return "$failed"
}

main 2>&1 | tee "$out/log.txt"
exit "${PIPESTATUS[0]}"
