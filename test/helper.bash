# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154  # bats sets status, output and stderr
# What every test file shares: `load helper` first.

bats_require_minimum_version 1.5.0

# The commands under test come first; test/run sets ENGRAM_BUILD.
PATH=${ENGRAM_BUILD:?run the tests with make check}/bin:$PATH
export LC_ALL=C TZ=UTC

# Run a command with its output, errors and status kept apart: $output, $stderr, $status.
try() {
    run --separate-stderr "$@"
    # 128 and up is a signal; 99 is what the sanitizers exit with (see test/run).
    if [ "$status" -ge 99 ]; then
        printf 'crash: status %s\n%s\n' "$status" "$stderr" >&2
        return 1
    fi
}

# The last `try` ended with this status and exactly this on standard error (default: nothing).
expect() {
    local want_status=$1 want_stderr=${2-}
    if [ "$status" -ne "$want_status" ] || [ "$stderr" != "$want_stderr" ]; then
        printf 'status %s, wanted %s\nstderr: %s\nwanted: %s\nstdout: %.2000s\n' \
            "$status" "$want_status" "$stderr" "$want_stderr" "$output" >&2
        return 1
    fi
}

# The same, standard error matched against an extended regular expression (whole, anchored).
expect_like() {
    local want_status=$1 pattern=$2
    if [ "$status" -ne "$want_status" ] || ! [[ $stderr =~ ^$pattern$ ]]; then
        printf 'status %s, wanted %s\nstderr: %s\nwanted: %s\nstdout: %.2000s\n' \
            "$status" "$want_status" "$stderr" "$pattern" "$output" >&2
        return 1
    fi
}

# poke FILE OFFSET HEX...: overwrite bytes of a file, to damage it in a known way.
poke() {
    local file=$1 offset=$2
    shift 2
    local hex="$*"
    hex=${hex// /}
    while [ -n "$hex" ]; do
        printf '%b' "\\x${hex:0:2}"
        hex=${hex:2}
    done | dd of="$file" bs=1 seek=$((offset)) conv=notrunc status=none
}

# peek FILE OFFSET LENGTH: bytes of a file in hex, without spaces.
peek() {
    od -An -v -tx1 -j $(($2)) -N $(($3)) "$1" | tr -d ' \n'
}

# same FILE FILE: byte for byte, and says where they differ.
same() {
    cmp "$1" "$2" >&2
}

# A judge that a test cannot do without.
need() {
    local tool
    for tool; do
        command -v "$tool" >/dev/null || {
            echo "missing judge: $tool" >&2
            return 1
        }
    done
}

# For tests that mount with the kernel.
need_root() {
    [ "$(id -u)" -eq 0 ] && return
    [ -n "${CI-}" ] && { echo "this test needs root, and CI must run it" >&2; return 1; }
    skip "needs root"
}

# No file but these may be left in a directory: left_behind DIR NAME...  (It is called often: few
# processes.)
left_behind() {
    local found wanted
    found=$(cd "$1" && shopt -s dotglob nullglob globstar && printf '%s\n' **)
    shift
    [ $# -le 1 ] && wanted=${1-} || wanted=$(printf '%s\n' "$@")
    [ "$found" = "$wanted" ] || diff <(sort <<<"$found") <(sort <<<"$wanted" | sed '/^$/d') >&2
}
