#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the seeds of the engram fuzz target: whole engrams (`F`) of the manifests that the tests use,
# and leaves (`L`) spelled here.  Needs engram-pack in the PATH.
set -eu
cd "$(dirname "$0")"
# shellcheck source=test/engram.bash
. ../../engram.bash
cd engram

le32() {
    printf '%08x' "$1" | sed 's/\(..\)\(..\)\(..\)\(..\)/\\x\4\\x\3\\x\2\\x\1/' | xargs -0 printf '%b'
}

# entry RUNS FIELD...: an entry of a leaf; RUNS is a list of FIRST+COUNT, or empty.
entry() {
    local runs=() run
    read -ra runs <<<"$1"
    shift
    le32 "$(record "$@" | wc -c)"
    le32 ${#runs[@]}
    record "$@"
    for run in "${runs[@]}"; do
        le32 "${run%+*}"
        le32 "${run#*+}"
    done
}

meta=(mode=755 uid=0 gid=0 mtime=1700000000.123456789)
digest() {
    printf '%32s' ''
}

{ printf F; small_manifest | engram-pack; } >whole-small
{ printf F; data_manifest 10 20 30 | engram-pack; } >whole-data
{ printf F; data_manifest | engram-pack; } >whole-root

# letters LETTER...: a tree of files of five of a letter each.
letters() {
    local letter
    record manifest=1 data=inline
    record path=/ type=d "${meta[@]}"
    for letter; do
        record path=/"$letter" type=f "${meta[@]}" size=5 extent=0+5
        printf '%s' "$letter$letter$letter$letter$letter"
    done
    record end=$(($# + 1)) bytes=$((5 * $#))
}

# The target's own base has the chunks that this one has.
made=$(mktemp -d)
trap 'rm -r "$made"' EXIT
base=$made/base.engram
letters a b c | engram-pack >"$base"
{ printf F; letters a c d | engram-pack -b "$base"; } >based-some
{ printf F; letters a b c | engram-pack -b "$base"; } >based-all
{ printf F; letters d | engram-pack -b "$base"; } >based-none
{
    printf 'L\x04'
    entry '' path=/ type=d "${meta[@]}"
    entry '' path=/bin type=d "${meta[@]}"
    entry 0+1 path=/bin/a type=f "${meta[@]}" size=5 extent=0+5
    entry '' path=/bin/b type=h link=/bin/a
} >leaf-link
{
    printf 'L\x02'
    entry '' path=/ type=d "${meta[@]}"
    entry 0+3 path=/a type=f "${meta[@]}" size=15 extent=0+15
    digest
} >leaf-run
{
    printf 'L\x03'
    entry '' path=/ type=d "${meta[@]}"
    entry '2+1 0+2' path=/a type=f "${meta[@]}" size=99 extent=1+10 extent=50+5
    digest
    entry '1+1' path=/b type=f "${meta[@]}" size=5 extent=0+5
} >leaf-runs
