#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2154  # inner shells expand their own; bats sets stderr
# engram-verify: a whole engram is ok, and any damage is found, with the files that it hits.

load helper
load engram

setup_file() {
    need openssl sha256sum
    small_manifest >"$BATS_FILE_TMPDIR/small.manifest"
    data_manifest 3000000 10 20 >"$BATS_FILE_TMPDIR/data.manifest"
    engram-pack -o "$BATS_FILE_TMPDIR/small.engram" "$BATS_FILE_TMPDIR/small.manifest"
    engram-pack -r <(small_blocks) -o "$BATS_FILE_TMPDIR/data.engram" "$BATS_FILE_TMPDIR/data.manifest"
}

setup() {
    small=$BATS_FILE_TMPDIR/small.engram
    data=$BATS_FILE_TMPDIR/data.engram
    mkdir "$BATS_TEST_TMPDIR/empty"
    cd "$BATS_TEST_TMPDIR/empty" || return
}

size_of() {
    stat -c %s "$1"
}

# The tree digest of data_manifest LENGTH..., by sha256sum: each record, then its file's digest.
tree_digest() {
    local i=100 length
    {
        record path=/ type=d mode=755 uid=0 gid=0 mtime=0.000000000
        for length; do
            record path=/$i type=f mode=644 uid=0 gid=0 mtime=0.000000000 size="$length" \
                extent="0+$length"
            file_data $i "$length" | sha256sum | cut -c1-64 | sed 's/../\\x&/g' >hex
            printf '%b' "$(cat hex)"
            i=$((i + 1))
        done
    } | sha256sum | cut -c1-64
}

@test "--help and --version" {
    try engram-verify --help
    expect 0
    [[ $output == *"engram-verify [OPTION]... [ENGRAM...]"* ]]
    [[ $output == *--quiet*--progress* ]]
    try engram-verify --version
    expect 0
    [[ $output == "engram-verify "* ]]
}

@test "what makes no sense is a usage error" {
    try engram-verify --frobnicate
    [ "$status" -eq 2 ]
    for options in '--quick -P' '-P --quick'; do
        # shellcheck disable=SC2086  # words
        try engram-verify $options "$small"
        expect 2 "engram-verify: '--progress' does not go with '--quick', which reads no data
Try 'engram-verify --help'."
        [ -z "$output" ]
    done
}

@test "a missing file" {
    try engram-verify nothing
    expect 1 "engram-verify: nothing: cannot open: No such file or directory"
}

@test "a whole engram: entries, bytes and the tree digest that sha256sum gives" {
    try engram-verify "$data"
    expect 0
    [ "$output" = "$data: ok, 4 entries, 3000030 bytes, sha256 $(tree_digest 3000000 10 20)" ]
    # shellcheck disable=SC2002  # a pipe is what is meant
    output=$(cat "$data" | engram-verify)
    [ "$output" = "standard input: ok, 4 entries, 3000030 bytes, sha256 $(tree_digest 3000000 10 20)" ]
    try engram-verify -q "$data"
    expect 0
    [ -z "$output" ]
}

@test "several engrams: each has its line, whatever the others are, and damage is the status" {
    cp "$small" piped
    try engram-verify "$data" - "$small" <piped
    expect 0
    small_line=$(engram-verify "$small")
    [ "$output" = "$(engram-verify "$data")
standard input: ${small_line#"$small: "}
$small_line" ]
    cp "$data" bad.engram
    poke bad.engram 1000 ffffffff
    flip "$small" version.engram 16 0x02
    at=$(($(size_of "$small") - 176))
    poke version.engram $((at + 16)) 03
    sum=$(tail -c 176 version.engram | head -c 144 | sha256sum)
    poke version.engram $((at + 144)) "${sum%% *}"
    try engram-verify version.engram
    [ "$status" -eq 4 ]
    unknown=$stderr
    try engram-verify bad.engram nothing "$small" version.engram
    [ "$status" -eq 3 ]
    [ "$output" = "$small_line" ]
    [[ $stderr == "engram-verify: bad.engram: block 0 at"*"
engram-verify: bad.engram: /100: its data is damaged (block 0)
engram-verify: bad.engram: damaged files: 1
engram-verify: nothing: cannot open: No such file or directory
$unknown" ]]
    # else the highest, in whatever order
    try engram-verify version.engram nothing "$small"
    [ "$status" -eq 4 ]
    try engram-verify -q nothing version.engram
    [ "$status" -eq 4 ]
    try engram-verify --quick "$small" nothing "$data"
    expect 1 "engram-verify: nothing: cannot open: No such file or directory"
    [ "$(grep -c 'index ok' <<<"$output")" -eq 2 ]
}

@test "the tree digest is the same whatever the rules" {
    engram-pack -r max -o max.engram "$BATS_FILE_TMPDIR/small.manifest"
    a=$(engram-verify "$small")
    b=$(engram-verify max.engram)
    [ -n "${a##* }" ]
    [ "${a##* }" = "${b##* }" ]
}

@test "a configuration of libcrypto that leaves no digests changes nothing" {
    printf '%s\n' 'openssl_conf = start' '[start]' 'providers = list' '[list]' 'null = null' \
        '[null]' 'activate = 1' >openssl.cnf
    OPENSSL_CONF=openssl.cnf try engram-verify "$small"
    expect 0
}

@test "flipped bytes all over a small engram are found" {
    size=$(size_of "$small")
    for ((at = 0; at < size; at += 13)); do
        flip "$small" bad.engram $at 0xff
        try engram-verify bad.engram
        if [ "$status" -ne 3 ] || [ -n "$output" ]; then
            echo "byte $at: status $status, $output $stderr" >&2
            return 1
        fi
    done
}

@test "a damaged block names its file, and spares the others" {
    cp "$data" bad.engram
    # The blocks come after the header's 40 bytes: /100 has three chunks, the first in block 0.
    poke bad.engram 1000 ffffffff
    try engram-verify bad.engram
    expect_like 3 "engram-verify: bad\.engram: block 0 at offset 40 \([0-9]+ bytes\): its SHA-256 is wrong
engram-verify: bad\.engram: /100: its data is damaged \(block 0\)
engram-verify: bad\.engram: damaged files: 1"
    [ -z "$output" ]
}

@test "a damaged block names every file that lies in it, control characters escaped" {
    {
        record manifest=1 data=inline
        record path=/ type=d mode=755 uid=0 gid=0 mtime=0.000000000
        record $'path=/a\e[2J' type=f mode=644 uid=0 gid=0 mtime=0.000000000 size=3 extent=0+3
        printf abc
        record path=/b type=f mode=644 uid=0 gid=0 mtime=0.000000000 size=3 extent=0+3
        printf def
        record end=3 bytes=6
    } | engram-pack -o bad.engram
    # 40 bytes of header, 9 of the frame's head and its block's: the data, stored as it is
    poke bad.engram 50 00
    try engram-verify bad.engram
    expect_like 3 'engram-verify: bad\.engram: block 0 at offset 40 \([0-9]+ bytes\): its SHA-256 is wrong
engram-verify: bad\.engram: /a\\x1b\[2J: its data is damaged \(block 0\)
engram-verify: bad\.engram: /b: its data is damaged \(block 0\)
engram-verify: bad\.engram: damaged files: 2'
}

@test "any number of threads finds the same, in the same order" {
    data_manifest 1000000 1048576 700000 2500000 10 1000000 900000 | engram-pack -r <(small_blocks) -o x.engram
    for jobs in 1 2 3 8; do
        try engram-verify -j $jobs x.engram
        expect 0 ""
        [ "$output" = "$(engram-verify x.engram)" ]
    done
    # in two blocks
    flip x.engram bad.engram 500000 0x01
    flip bad.engram worse.engram 3000000 0x80
    try engram-verify -j 1 worse.engram
    expect_like 3 "engram-verify: worse\.engram: block 0 at offset 40 \([0-9]+ bytes\): its SHA-256 is wrong
(engram-verify: worse\.engram: /10[0-6]: its data is damaged \(block 0\)
)+engram-verify: worse\.engram: block [1-9] at offset [0-9]+ \([0-9]+ bytes\): its SHA-256 is wrong
(engram-verify: worse\.engram: /10[0-6]: its data is damaged \(block [1-9]\)
)+engram-verify: worse\.engram: damaged files: [2-6]"
    said=$stderr
    for jobs in 2 3 8; do
        try engram-verify -j $jobs worse.engram
        expect 3 "$said"
    done
    try engram-verify -j 257 worse.engram
    expect 2 "engram-verify: option '--jobs' takes a number from 1 to 256, not '257'
Try 'engram-verify --help'."
}

@test "a damaged leaf is passed over: what is lost with it is told, and the rest is checked" {
    leafy
    cp leafy.engram bad.engram
    poke bad.engram $((leaf_at[1] + 20)) ffffffff
    try engram-verify bad.engram
    expect_like 3 "engram-verify: bad\.engram: leaf 1 at offset ${leaf_at[1]} \([0-9]+ bytes, entries [0-9]+ to [0-9]+\): its SHA-256 is wrong
engram-verify: bad\.engram: [0-9]+ entries after /[a-d]/[0-9]+ and before /[a-d]/[0-9]+ are lost
engram-verify: bad\.engram: damaged files: 0, lost entries: [0-9]+"
    [ -z "$output" ]
    # The names and numbers are those of the whole engram's walk.
    paths_of leafy.engram >paths
    [[ $stderr =~ entries\ ([0-9]+)\ to\ ([0-9]+)\) ]]
    first=${BASH_REMATCH[1]} last=${BASH_REMATCH[2]}
    [[ $stderr =~ ([0-9]+)\ entries\ after\ ([^ ]+)\ and\ before\ ([^ ]+)\ are ]]
    [ "${BASH_REMATCH[1]}" -eq $((last - first + 1)) ]
    [ "${BASH_REMATCH[2]}" = "$(sed -n "${first}p" paths)" ]
    [ "${BASH_REMATCH[3]}" = "$(sed -n "$((last + 2))p" paths)" ]
    # Damage to data behind it is found as well.
    poke bad.engram 50 ffffffff
    try engram-verify bad.engram
    [ "$status" -eq 3 ]
    [[ $stderr == *": /a/0: its data is damaged (block 0)
"*" are lost
"*": /e: its data is damaged (block 0)
engram-verify: bad.engram: damaged files: 2, lost entries: "* ]]
}

@test "damaged leaves at both ends, and all of them" {
    leafy
    cp leafy.engram bad.engram
    poke bad.engram $((leaf_at[0] + 20)) ffffffff
    poke bad.engram $((leaf_at[leaves - 1] + 20)) ffffffff
    try engram-verify bad.engram
    expect_like 3 'engram-verify: bad\.engram: leaf 0 at .*: its SHA-256 is wrong
engram-verify: bad\.engram: [0-9]+ entries before /[a-d]/[0-9]+ are lost
engram-verify: bad\.engram: leaf [0-9]+ at .*: its SHA-256 is wrong
engram-verify: bad\.engram: [0-9]+ entries after /[a-d]/[0-9]+ are lost
engram-verify: bad\.engram: damaged files: 0, lost entries: [0-9]+'
    for at in "${leaf_at[@]}"; do
        poke bad.engram $((at + 20)) ffffffff
    done
    try engram-verify --quick bad.engram
    [ "$status" -eq 3 ]
    [ "$(grep -c 'its SHA-256 is wrong' <<<"$stderr")" -eq "$leaves" ]
    [[ $stderr == *"engram-verify: bad.engram: 16009 entries are lost
engram-verify: bad.engram: damaged files: 0, lost entries: 16009" ]]
}

@test "--quick: the index is checked and the tree digest, data is not read" {
    try engram-verify --quick "$data"
    expect 0
    [ "$output" = "$data: index ok, data not read, 4 entries, 3000030 bytes, sha256 $(tree_digest 3000000 10 20)" ]
    try engram-verify -q --quick "$data"
    expect 0
    [ -z "$output" ]
    # A byte of a block is another: only the whole verification sees it.
    cp "$data" bad.engram
    poke bad.engram 1000 ffffffff
    try engram-verify --quick bad.engram
    expect 0
    [[ $output == "bad.engram: index ok, data not read, "* ]]
    try engram-verify bad.engram
    [ "$status" -eq 3 ]
}

@test "--quick finds any flipped byte outside of the blocks" {
    find_leaves "$small"
    size=$(size_of "$small")
    for ((at = leaf_at[0]; at < size; at += 11)); do
        flip "$small" bad.engram $at 0xff
        try engram-verify --quick bad.engram
        if [ "$status" -ne 3 ] || [ -n "$output" ]; then
            echo "byte $at: status $status, $output $stderr" >&2
            return 1
        fi
    done
    for at in 3 16 39; do
        flip "$small" bad.engram $at 0xff
        try engram-verify --quick bad.engram
        [ "$status" -eq 3 ]
    done
}

@test "progress says how far, and how many names" {
    try engram-verify -P "$data"
    last=$(tr '\r' '\n' <<<"$stderr" | tail -1)
    [[ $status -eq 0 && $last =~ ^'engram-verify: 100%  2.9M of 2.9M  '[0-9.]+[BKMG]'/s  4 names'\ *$ ]]
}

@test "header-byte-wrong" {
    cp "$small" bad.engram
    # the low byte of the header's version
    poke bad.engram 16 02
    try engram-verify bad.engram
    expect 3 "engram-verify: bad.engram: header: byte 16 is 0x02, but 0x01 by the footer"
}

@test "footer-byte-wrong" {
    cp "$small" bad.engram
    at=$(($(size_of "$small") - 176))
    # its count of entries
    poke bad.engram $((at + 48)) ff
    try engram-verify bad.engram
    expect 3 "engram-verify: bad.engram: footer at offset $at: its SHA-256 is wrong"
    # its magic number
    cp "$small" bad.engram
    poke bad.engram $at ff
    try engram-verify bad.engram
    expect 3 "engram-verify: bad.engram: footer at offset $at: it is not there: the engram was cut short or damaged"
}

@test "tables-byte-wrong" {
    cp "$small" bad.engram
    at=$(number bad.engram $(($(size_of "$small") - 176 + 40)) 8)
    # the first block's stored length
    poke bad.engram $((at + 8)) ff
    try engram-verify bad.engram
    expect 3 "engram-verify: bad.engram: tables at offset $at: their SHA-256 is wrong"
}

@test "bytes after the end" {
    cp "$small" bad.engram
    echo >>bad.engram
    try engram-verify bad.engram
    expect_like 3 'engram-verify: bad\.engram: footer at offset [0-9]+: it is not there: the engram was cut short or damaged'
}

@test "an engram cut anywhere" {
    size=$(size_of "$small")
    for cut in 0 1 39 40 41 100 223 224 $((size / 2)) $((size - 1)); do
        head -c $cut "$small" >cut.engram
        try engram-verify cut.engram
        [ "$status" -eq 3 ]
        [[ $stderr == "engram-verify: cut.engram: "* ]]
    done
}

@test "a directory, and an empty input" {
    try engram-verify .
    expect 2 "engram-verify: .: is a directory, not a file"
    try engram-verify /dev/null
    expect 3 "engram-verify: /dev/null: no engram: only 0 bytes"
    try bash -c 'engram-verify </dev/null'
    expect 3 "engram-verify: standard input: no engram: only 0 bytes"
    try bash -c ': | engram-verify'
    expect 3 "engram-verify: standard input: no engram: only 0 bytes"
}

@test "a full disk, and a reader that went away" {
    run --separate-stderr bash -c 'engram-verify "$1" >/dev/full' - "$small"
    expect 1 "engram-verify: standard output: write failed: No space left on device"
    # what comes after it is not looked at
    run --separate-stderr bash -c 'engram-verify "$1" nothing >/dev/full' - "$small"
    expect 1 "engram-verify: standard output: write failed: No space left on device"
    try bash -o pipefail -c 'engram-verify "$1" | :' - "$small"
    expect 0
}
