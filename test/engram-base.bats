#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2086,SC2154  # inner shells expand their own; commands with their options; bats sets stderr
# Engrams that have a base: small, as good as whole ones beside it, and refused without just it.

load helper
load engram

# Three versions of a tree: each has the files of the one before, some of them changed, and more.
setup_file() {
    need zstd openssl sha256sum cmp jq
    cd "$BATS_FILE_TMPDIR"
    data_manifest 2000000 10 200000 >1.manifest
    data_manifest 2000000 10 300000 400000 >2.manifest
    data_manifest 2000000 11 300000 400000 70000 >3.manifest
    mkdir made
    cd made
    engram-pack -o v1.engram ../1.manifest
    engram-pack -b v1.engram -o v2.engram ../2.manifest
    engram-pack -b v2.engram -o v3.engram ../3.manifest
    engram-pack -o other.engram ../3.manifest
}

setup() {
    made=$BATS_FILE_TMPDIR/made
    manifests=$BATS_FILE_TMPDIR
    mkdir "$BATS_TEST_TMPDIR/work"
    cd "$BATS_TEST_TMPDIR/work"
    cp "$made"/v?.engram .
}

size_of() {
    stat -c %s "$1"
}

# What a base is known by: the last 32 bytes of its file.
identity() {
    peek "$1" $(($(size_of "$1") - 32)) 32
}

# Every command that reads says this of v2.engram (or FILE), and nothing else.
all_refuse() {
    local status_wanted=$1 message=$2 file=${3-v2.engram} command
    for command in engram-ls engram-walk engram-verify "engram-unpack -C out"; do
        try $command "$file"
        expect "$status_wanted" "${command%% *}: $message"
        [ -z "$output" ]
    done
    try engram-cat "$file" /100
    expect "$status_wanted" "engram-cat: $message"
    [ -z "$output" ]
    try engram-diff "$file" "$file"
    expect "$status_wanted" "engram-diff: $message"
    try engram-pack -b "$file" -o new.engram "$manifests/2.manifest"
    expect "$status_wanted" "engram-pack: $message"
    [ ! -e new.engram ]
}

@test "an engram with a base is small, and gives the tree back" {
    [ "$(size_of v1.engram)" -gt 2200000 ]
    [ "$(size_of v2.engram)" -gt 500000 ]
    [ "$(size_of v2.engram)" -lt 850000 ] # of 300000 bytes that a file has grown, some are v1's
    [ "$(size_of v3.engram)" -lt 72000 ]
    for i in 1 2 3; do
        engram-walk -o $i.walked v$i.engram
        same $i.walked "$manifests/$i.manifest"
    done
}

@test "each command reads it: verify, ls, cat, unpack" {
    for i in 2 3; do
        try engram-verify v$i.engram
        expect 0
        [[ $output == "v$i.engram: ok, $((i + 3)) entries, "* ]]
    done
    [ "$(engram-verify - --base-dir=. <v3.engram | sed 's/.* //')" = \
        "$(engram-verify "$made/other.engram" | sed 's/.* //')" ]
    [ "$(engram-ls v3.engram | wc -l)" -eq 5 ]
    for file in 100:2000000 101:11 102:300000 104:70000; do
        engram-cat -o out v3.engram "/${file%:*}"
        file_data "${file%:*}" "${file#*:}" | cmp - out
    done
    try engram-unpack -C tree v3.engram
    [ "$status" -eq 0 ] || [ "$(id -u)" -ne 0 ]
    file_data 100 2000000 | cmp - tree/100
    file_data 103 400000 | cmp - tree/103
}

@test "a walk of it, packed, is what packing the tree gives" {
    engram-walk v3.engram | engram-pack -o flat.engram
    same flat.engram "$made/other.engram"
    rm v?.engram
    engram-walk -o walked flat.engram
    same walked "$manifests/3.manifest"
}

@test "the same bytes for one thread and many" {
    for jobs in 1 2 5; do
        engram-pack -j $jobs -b v1.engram -o j$jobs.engram "$manifests/2.manifest"
        same j$jobs.engram v2.engram
    done
}

@test "zstd checks it" {
    zstd -q -t v2.engram v3.engram
}

@test "what the base has is not stored: packing the base's own tree stores no block" {
    engram-pack -b v1.engram -o same.engram "$manifests/1.manifest"
    [ "$(number same.engram $(($(size_of same.engram) - 176 + 68)) 4)" -eq 0 ]
    engram-walk -o walked same.engram
    same walked "$manifests/1.manifest"
}

@test "the base section is as engram(5) has it" {
    size=$(size_of v2.engram)
    footer=$((size - 176))
    [ "$(number v2.engram 24 8)" -eq 1 ]
    [ "$(number v2.engram $((footer + 24)) 8)" -eq 1 ]
    blocks=$(number v2.engram $((footer + 68)) 4)
    leaves=$(number v2.engram $((footer + 72)) 4)
    section=$(($(number v2.engram $((footer + 40)) 8) + 8 + 44 * (blocks + leaves)))
    length=$(number v2.engram $((footer + 76)) 4)
    [ "$(peek v2.engram $section 32)" = "$(identity v1.engram)" ]
    [ "$(number v2.engram $((section + 32)) 8)" -eq "$(size_of v1.engram)" ]
    runs=$(number v2.engram $((section + 40)) 4)
    [ "$runs" -ge 1 ]
    [ "$(number v2.engram $((section + 44)) 4)" -eq 9 ]
    [ "$length" -eq $((48 + 12 * runs + 12)) ]
    [ "$(peek v2.engram $((section + length - 12)) 12)" = "$(printf 'v1.engram\0\0\0' | od -An -tx1 | tr -d ' \n')" ]
    # Without a base nothing says so.
    [ "$(number v1.engram 24 8)" -eq 0 ]
    [ "$(number v1.engram $(($(size_of v1.engram) - 100)) 4)" -eq 0 ]
}

@test "engram-diff compares engrams that have bases" {
    try engram-diff v2.engram v3.engram
    expect 1
    [ "$(wc -l <<<"$output")" -eq 2 ]
    [[ $output == *"/101"*"/104"* ]]
    try engram-diff v3.engram "$made/other.engram"
    expect 0
    [ -z "$output" ]
    mkdir a
    mv v1.engram v2.engram a
    try engram-diff --base-dir=a v3.engram "$made/other.engram"
    expect 0
}

@test "engram-ls --stats tells what the engram stores from what the base has" {
    engram-ls --stats --json v2.engram >stats.json
    jq -e '.size == '"$(size_of v2.engram)"' and .total.data == 2700010' stats.json >&2
    [ "$(zstd -dcq v2.engram | wc -c)" -eq "$(jq .total.distinct stats.json)" ]
    # Nothing comes twice in this tree.
    [ "$(jq '.total.distinct + .base.distinct' stats.json)" -eq 2700010 ]
}

@test "a dry run against a base says how large the engram would be" {
    engram-pack --dry-run --json -b v1.engram "$manifests/2.manifest" >sizes.json
    [ "$(jq .size sizes.json)" -eq "$(size_of v2.engram)" ]
}

# ---- where the base is looked for ----

@test "a missing base" {
    rm v1.engram
    all_refuse 1 "v2.engram: its base \"v1.engram\" (sha256 $(identity "$made/v1.engram" | cut -c1-16)...) is not in directory \".\"; --base-dir=DIR names other places"
    cd ..
    try engram-ls work/v3.engram
    expect_like 1 'engram-ls: work/v2\.engram: its base "v1\.engram" \(sha256 [0-9a-f]{16}\.\.\.\) is not in directory "work"; --base-dir=DIR names other places'
    mkdir empty
    try engram-ls --base-dir=empty work/v3.engram
    expect_like 1 'engram-ls: work/v2\.engram: its base "v1\.engram" \(sha256 [0-9a-f]{16}\.\.\.\) is not in directory "work" or any --base-dir; --base-dir=DIR names other places'
    try engram-ls --base-dir=nowhere work/v3.engram
    expect 1 "engram-ls: nowhere: cannot open directory: No such file or directory"
}

@test "a base elsewhere: --base-dir, as often as needed" {
    mkdir a b
    mv v1.engram a
    mv v2.engram b
    for command in "engram-walk" "engram-verify -q" "engram-ls" "engram-unpack -qC tree"; do
        try $command --base-dir=a --base-dir b v3.engram
        [ "$status" -eq 0 ] || [ "$(id -u)" -ne 0 ]
    done
    try engram-cat --base-dir=a --base-dir=b -o out v3.engram /100
    expect 0
    file_data 100 2000000 | cmp - out
    try engram-pack --base-dir=a -b b/v2.engram -o again.engram "$manifests/3.manifest"
    expect 0 'engram-pack: again.engram: there is no "v2.engram" in directory ".", where readers look for its base'
    try engram-pack -q --base-dir=a -b b/v2.engram -o again.engram "$manifests/3.manifest"
    expect 0
    try engram-pack --base-dir=a -b b/v2.engram -o b/again.engram "$manifests/3.manifest"
    expect 0
    try engram-pack --base-dir=a -b b/v2.engram -o sizes --dry-run "$manifests/3.manifest"
    expect 0
    same again.engram v3.engram
    try engram-ls --base-dir=b v3.engram
    expect_like 1 'engram-ls: b/v2\.engram: its base "v1\.engram" .* is not in directory "\." or any --base-dir; .*'
}

@test "an engram from a pipe needs --base-dir" {
    # shellcheck disable=SC2002  # a pipe is what is meant
    try bash -c 'cat v2.engram | engram-walk -o out'
    expect 1 "engram-walk: standard input: its base \"v1.engram\" (sha256 $(identity v1.engram | cut -c1-16)...) cannot be looked for: what comes from standard input lies in no directory (--base-dir=DIR names one)"
    try bash -c 'cat v2.engram | engram-walk --base-dir=. -o out'
    expect 0
    same out "$manifests/2.manifest"
    mkdir empty
    try bash -c 'cat v2.engram | engram-walk --base-dir=empty -o out'
    expect_like 1 'engram-walk: standard input: its base .* is not in any --base-dir; --base-dir=DIR names other places'
}

@test "a renamed base is found, whatever else lies there" {
    cp "$made/other.engram" a.engram
    : >b.engram
    echo short >c.engram
    mkfifo d.engram
    mkdir e.engram
    ln -s nowhere f.engram
    mv v1.engram z.engram
    engram-walk -o walked v3.engram
    same walked "$manifests/3.manifest"
    # Also if another file has its name.
    cp "$made/other.engram" v1.engram
    engram-walk -o walked v3.engram
    same walked "$manifests/3.manifest"
    # But not under a name that says something else.
    mv z.engram z.img
    try engram-walk -o walked v3.engram
    [ "$status" -eq 3 ]
}

@test "a base that is another engram" {
    cp "$made/other.engram" v1.engram
    all_refuse 3 "v2.engram: base \"v1.engram\" is not the one this engram was packed against: its digest is $(identity v1.engram), not $(identity "$made/v1.engram"), and it has $(size_of v1.engram) bytes, not $(size_of "$made/v1.engram")"
}

@test "a base that is no engram, or was cut short" {
    echo nothing >v1.engram
    all_refuse 3 "v2.engram: base \"v1.engram\" is not the one this engram was packed against: it does not end as an engram does, and it has 8 bytes, not $(size_of "$made/v1.engram")"
    for cut in 1 176 1000 2000000; do
        head -c -$cut "$made/v1.engram" >v1.engram
        try engram-verify v2.engram
        expect_like 3 'engram-verify: v2\.engram: base "v1\.engram" is not the one .*: it does not end as an engram does, and it has [0-9]+ bytes, not [0-9]+'
    done
    : >v1.engram
    try engram-verify v2.engram
    expect_like 3 '.* it does not end as an engram does, and it has 0 bytes, not [0-9]+'
}

@test "a damaged base: a block, which names the files that it hits" {
    poke v1.engram 1000 00010203
    try engram-verify v3.engram
    expect_like 3 'engram-verify: v1\.engram: block 0 at offset 40 \([0-9]+ bytes\): its SHA-256 is wrong
engram-verify: v3\.engram: /100: its data is damaged \(block 0 of a base\)(
engram-verify: v3\.engram: /[0-9]+: its data is damaged \(block 0 of a base\))*
engram-verify: v3\.engram: damaged files: [1-9]'
    try engram-walk -o walked v3.engram
    expect_like 3 'engram-walk: v1\.engram: /100: block 0 at offset 40 \([0-9]+ bytes\): its SHA-256 is wrong'
    [ ! -e walked ]
    try engram-cat v3.engram /104
    expect 0
}

@test "a damaged base: a block further on is numbered as in its file" {
    # The second block of v1 starts where the first ends: its row is the second of the tables.
    tables=$(number v1.engram $(($(size_of v1.engram) - 176 + 40)) 8)
    second=$((40 + $(number v1.engram $((tables + 8)) 4)))
    poke v1.engram $((second + 20)) 00010203
    try engram-verify v3.engram
    expect_like 3 "engram-verify: v1\\.engram: block 1 at offset $second \\([0-9]+ bytes\\): its SHA-256 is wrong
.*"
}

@test "a damaged base: its footer, its tables, its header" {
    size=$(size_of v1.engram)
    flip "$made/v1.engram" v1.engram $((size - 176 + 48)) 0xff
    all_refuse 3 "v1.engram: footer at offset $((size - 176)): its SHA-256 is wrong"
    flip "$made/v1.engram" v1.engram $((size - 1)) 0xff
    try engram-verify v2.engram
    expect_like 3 'engram-verify: v2\.engram: base "v1\.engram" is not the one this engram was packed against: its digest is [0-9a-f]{64}, not [0-9a-f]{64}'
    tables=$(number "$made/v1.engram" $((size - 176 + 40)) 8)
    flip "$made/v1.engram" v1.engram $((tables + 60)) 0xff
    all_refuse 3 "v1.engram: tables at offset $tables: their SHA-256 is wrong"
    flip "$made/v1.engram" v1.engram 30 0xff
    all_refuse 3 "v1.engram: header: byte 30 is 0xff, but 0x00 by the footer"
}

@test "a base that leads out of the directory is not opened" {
    mkdir ../elsewhere
    mv v1.engram ../elsewhere
    ln -s ../elsewhere/v1.engram v1.engram
    dir=$(cd ../elsewhere && pwd -P)
    all_refuse 4 "v2.engram: base \"v1.engram\" lies outside the engram's directory (--base-dir=$dir allows it)"
    try engram-verify -q "--base-dir=$dir" v2.engram
    expect 0
    # A link that stays inside may be followed.
    mkdir inside
    mv ../elsewhere/v1.engram inside
    ln -sf inside/v1.engram v1.engram
    try engram-verify -q v2.engram
    expect 0
}

@test "a base that is a fifo, a directory or a device is not opened" {
    rm v1.engram
    mkfifo v1.engram
    all_refuse 4 "v2.engram: base \"v1.engram\" is not a regular file"
    rm v1.engram
    mkdir v1.engram
    all_refuse 4 "v2.engram: base \"v1.engram\" is not a regular file"
}

@test "a directory with too many names is not looked through" {
    rm v1.engram
    mkdir many
    mv v2.engram many
    (cd many && seq 70000 | xargs touch)
    try engram-ls many/v2.engram
    expect 1 "engram-ls: $PWD/many: has more than 65536 names, too many to look for a renamed base"
}

# ---- packing ----

@test "what cannot be a base is refused" {
    try engram-pack -b - -o new.engram "$manifests/2.manifest"
    expect 2 "engram-pack: -: a base must be a regular file"
    try engram-pack -b . -o new.engram "$manifests/2.manifest"
    expect 2 "engram-pack: .: a base must be a regular file"
    mkfifo fifo
    try engram-pack -b fifo -o new.engram "$manifests/2.manifest"
    expect 2 "engram-pack: fifo: a base must be a regular file"
    try engram-pack -b nothing -o new.engram "$manifests/2.manifest"
    expect 1 "engram-pack: nothing: cannot open: No such file or directory"
    try engram-pack -b "$manifests/1.manifest" -o new.engram "$manifests/2.manifest"
    expect 3 "engram-pack: $manifests/1.manifest: no engram: it does not start with an engram's header; it seems to be a manifest, of which engram-pack makes an engram"
    [ ! -e new.engram ]
    for option in --explain --rules-dump; do
        try engram-pack $option -b v1.engram
        expect 2 "engram-pack: option '--base' goes with neither '--rules-dump' nor '--explain'
Try 'engram-pack --help'."
    done
}

@test "--memory counts the base" {
    local i need needs_with
    {
        record manifest=1 data=inline
        record path=/ type=d mode=755 uid=0 gid=0 mtime=0.000000000
        for i in {10000..49999}; do
            printf '%s\0' "path=/$i" type=f mode=644 uid=0 gid=0 mtime=0.000000000 size=5 extent=0+5 ''
            printf '%s' "$i"
        done
        record end=40001 bytes=200000
    } >many.manifest
    engram-pack -o many.engram many.manifest
    [[ $(engram-ls --stats --json many.engram) == *'"chunks": 40000,'* ]]
    try engram-pack --memory=1M -o new.engram many.manifest
    expect_like 2 "engram-pack: --memory=1M is too little: these rules need [0-9]+M for one thread
Try 'engram-pack --help'."
    need=${stderr#*need } need=${need%%M*}
    try engram-pack --memory=1M -b many.engram -o new.engram many.manifest
    expect_like 2 "engram-pack: --memory=1M is too little: these rules and this base need [0-9]+M for one thread
Try 'engram-pack --help'."
    # 45 bytes and 6.5 for each of 40000 chunks, and rounding.
    needs_with=${stderr#*need } needs_with=${needs_with%%M*}
    [ $((needs_with - need)) -ge 1 ]
    [ $((needs_with - need)) -le 3 ]
    try engram-pack --memory=$((needs_with - 1))M -b many.engram -o new.engram many.manifest
    expect_like 2 'engram-pack: --memory=.*'
    [ ! -e new.engram ]
    try engram-pack --memory="$needs_with"M -b many.engram -o new.engram many.manifest
    expect 0
}

@test "a failure to start is not told of the base" {
    sanitized && skip "the sanitizers need memory of their own"
    # For the stacks of so many threads there is no room.
    try bash -c 'ulimit -v 300000
        engram-pack -j 64 --memory=20G -b v1.engram -o new.engram "$1"' - "$manifests/2.manifest"
    expect_like 1 "engram-pack: $manifests/2.manifest: starting worker thread [0-9]+ of 64: .*"
    [ ! -e new.engram ]
}

@test "the base cannot be the output" {
    try engram-pack -b v1.engram -o v1.engram "$manifests/2.manifest"
    expect 2 "engram-pack: v1.engram: is the input itself: write to another file"
    same v1.engram "$made/v1.engram"
}

@test "a faulty manifest leaves nothing, and is what is told of" {
    head -c 100000 "$manifests/2.manifest" >cut.manifest
    try engram-pack -b v1.engram -o new.engram cut.manifest
    expect_like 3 'engram-pack: cut\.manifest: .*'
    [ ! -e new.engram ]
}

@test "a chain of 16 bases is read, and none that is longer is made" {
    mkdir chain
    cp v1.engram chain/0.engram
    cd chain
    for ((i = 1; i <= 16; i++)); do
        engram-pack -b $((i - 1)).engram -o $i.engram "$manifests/2.manifest"
    done
    try engram-verify 16.engram
    expect 0
    engram-walk -o walked 16.engram
    same walked "$manifests/2.manifest"
    try engram-pack -b 16.engram -o 17.engram "$manifests/2.manifest"
    expect 4 "engram-pack: 16.engram: it is the end of a chain of 16 bases already, the most that there may be"
    [ ! -e 17.engram ]
}

@test "a base with a name that drives terminals is named with care" {
    name=$'v\e[2J\n.engram'
    mv v1.engram "$name"
    engram-pack -b "$name" -o odd.engram "$manifests/2.manifest"
    try engram-verify -q odd.engram
    expect 0
    rm "$name"
    try engram-verify -q odd.engram
    expect_like 1 'engram-verify: odd\.engram: its base "v\\x1b\[2J\\n\.engram" .*'
}
