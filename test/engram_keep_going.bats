#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2154  # inner shells expand their own; bats and helpers set variables
# --keep-going of engram-walk and engram-unpack: what is damaged is left out and named, all else comes out.

load helper
load engram

# The manifest of some files as in data_manifest, with hard links to two of them; those that are
# named are left out: keep_manifest NAME...
keep_manifest() {
    local meta='uid=0 gid=0 mtime=5.000000000' entries=1 bytes=0 out=" $* " name length number
    # shellcheck disable=SC2086  # words
    {
        record manifest=1 data=inline
        record path=/ type=d mode=755 $meta
        while read -r name length number; do
            [[ $out != *" $name "* ]] || continue
            entries=$((entries + 1))
            case $length in
            d) record "path=$name" type=d mode=755 $meta ;;
            /*) record "path=$name" type=h "link=$length" ;;
            *)
                record "path=$name" type=f mode=644 $meta size="$length" extent="0+$length"
                file_data "$number" "$length"
                bytes=$((bytes + length))
                ;;
            esac
        done <<'END'
/big 3000000 1
/d d
/d/again /big
/d/other /d/small
/small 20 2
END
        record end=$entries bytes=$bytes
    }
}

setup_file() {
    need openssl sha256sum cmp
    cd "$BATS_FILE_TMPDIR"
    keep_manifest /d/other >whole.manifest
    engram-pack -r <(small_blocks) -o whole.engram whole.manifest
    # the start of /big, in the first block
    cp whole.engram bad.engram
    poke bad.engram 1000 ffffffff
}

setup() {
    bad=$BATS_FILE_TMPDIR/bad.engram
    whole=$BATS_FILE_TMPDIR/whole.engram
    mkdir "$BATS_TEST_TMPDIR/empty"
    cd "$BATS_TEST_TMPDIR/empty" || return
}

# What is said of bad.engram, as a pattern: said COMMAND
said() {
    echo "$1: $bad: block 0 at offset 40 \\([0-9]+ bytes\\): its SHA-256 is wrong
$1: $bad: /big: its data is damaged \\(block 0\\): left out
$1: $bad: /d/again: a hard link to /big, which is lost: left out"
}

@test "engram-walk: a damaged file and its further names are named and left out, all else is there" {
    keep_manifest /d/other /big /d/again >wanted
    for jobs in 1 4; do
        try engram-walk --keep-going -j $jobs -o walked "$bad"
        expect_like 5 "$(said engram-walk)"
        same walked wanted
    done
    # without the option, that is the end
    try engram-walk -o walked2 "$bad"
    [ "$status" -eq 3 ]
    [ ! -e walked2 ]
}

@test "engram-walk: nothing is said or left out where nothing is damaged" {
    try engram-walk --keep-going -o walked "$whole"
    expect 0
    same walked "$BATS_FILE_TMPDIR/whole.manifest"
}

@test "engram-walk --no-data reads none, and leaves out nothing for it" {
    try engram-walk --keep-going -n -o walked "$bad"
    expect 0
    [ "$(tr '\0' '\n' <walked | grep -ac '^path=')" -eq 5 ]
}

@test "engram-walk: a part, in which a further name is the file" {
    try engram-walk --keep-going -o walked "$bad" /d
    expect_like 5 "engram-walk: $bad: block 0 at offset 40 \\([0-9]+ bytes\\): its SHA-256 is wrong
engram-walk: $bad: /d/again: its data is damaged \\(block 0\\): left out"
    keep_manifest /d/other /big /d/again /small | same - walked
    try engram-walk --keep-going -o walked -x /big -x again "$bad"
    expect 0
    keep_manifest /d/other /big /d/again | same - walked
}

@test "engram-unpack: a damaged file and its further names are named and left out, all else is there" {
    for jobs in 1 4; do
        try engram-unpack --keep-going --no-same-owner -j $jobs -C out$jobs "$bad"
        expect_like 5 "$(said engram-unpack)"
        (cd out$jobs && find . -printf '%y %T@ %p\n' | sort -k3) >got
        diff - got >&2 <<'EOF'
d 5.0000000000 .
d 5.0000000000 ./d
f 5.0000000000 ./small
EOF
        file_data 2 20 | same - out$jobs/small
    done
    try engram-unpack --keep-going --no-same-owner --strip-components=1 -C out "$bad"
    expect_like 5 "$(said engram-unpack)"
    left_behind out
}

@test "engram-unpack --overwrite: what has the name of a damaged file stays" {
    mkdir out
    echo mine >out/big
    echo mine >out/small
    try engram-unpack --keep-going --no-same-owner --overwrite -C out "$bad"
    expect_like 5 "$(said engram-unpack)"
    [ "$(cat out/big)" = mine ]
    file_data 2 20 | same - out/small
    left_behind out big d small
}

@test "every file of a damaged block is named with it; a file whose own SHA-256 is wrong, with both" {
    {
        record manifest=1 data=inline
        record path=/ type=d mode=755 uid=0 gid=0 mtime=0.000000000
        record $'path=/a\e[2J' type=f mode=644 uid=0 gid=0 mtime=0.000000000 size=3 extent=0+3
        printf abc
        record path=/b type=f mode=644 uid=0 gid=0 mtime=0.000000000 size=3 extent=0+3
        printf def
        record path=/c type=l mode=777 uid=0 gid=0 mtime=0.000000000 target=b
        record end=4 bytes=6
    } | engram-pack -o bad.engram
    poke bad.engram 50 00
    try engram-unpack --keep-going --no-same-owner -C out bad.engram
    expect_like 5 'engram-unpack: bad\.engram: block 0 at offset 40 \([0-9]+ bytes\): its SHA-256 is wrong
engram-unpack: bad\.engram: /a\\x1b\[2J: its data is damaged \(block 0\): left out
engram-unpack: bad\.engram: /b: its data is damaged \(block 0\): left out'
    left_behind out c
    mkdir forged
    "$BATS_TEST_DIRNAME/engram-forge" "$BATS_TEST_DIRNAME/data/tiny.engram" forged >changes
    is=$(head -c 262144 /dev/zero | sha256sum) should_be=$(sha256sum </dev/null)
    try engram-unpack --keep-going --no-same-owner -C two forged/file-sha256-wrong.engram
    expect 5 "engram-unpack: forged/file-sha256-wrong.engram: /zeros: the SHA-256 of its data is wrong: ${is:0:16}..., not ${should_be:0:16}...: left out"
    left_behind two hello hi
    [ two/hello -ef two/hi ]
    try engram-walk --keep-going -n -o walked forged/entries-out-of-order.engram
    [ "$status" -eq 3 ] # an entry that breaks a rule is not passed over
}

# Of the paths in the file `paths`, without those numbered from $1 to $2 (from 0): what is left when
# what lies in lost directories and hard links to lost files are lost as well.
what_is_left() {
    awk -v first="$1" -v last="$2" -v links='/f /a/00001 /g /d/04000' '
        BEGIN { split(links, l, " "); link[l[1]] = l[2]; link[l[3]] = l[4] }
        NR - 1 >= first && NR - 1 <= last { next }
        { parent = $0; sub("/[^/]*$", "", parent); if (parent == "") parent = "/" }
        $0 != "/" && !(parent in left) { next }
        ($0 in link) && !(link[$0] in left) { next }
        { left[$0]; print }' paths
}

@test "a damaged leaf of the index: what it holds is lost, and what needs that is named" {
    local i first last named=0
    leafy
    paths_of leafy.engram >paths
    for ((i = 1; i < leaves; i++)); do
        cp leafy.engram bad.engram
        poke bad.engram $((leaf_at[i] + 20)) ffffffff
        try engram-walk --keep-going -n -o walked bad.engram
        [ "$status" -eq 5 ]
        [[ $stderr == "engram-walk: bad.engram: leaf $i at offset ${leaf_at[i]} ("*"): its SHA-256 is wrong
engram-walk: bad.engram: "*" entries after /"*" are lost"* ]]
        [[ $stderr =~ entries\ ([0-9]+)\ to\ ([0-9]+)\) ]]
        first=${BASH_REMATCH[1]} last=${BASH_REMATCH[2]}
        what_is_left "$first" "$last" >wanted
        tr '\0' '\n' <walked | sed -n 's/^path=//p' | diff wanted - >&2
        # each of the others that are missing has its line
        sed "$((first + 1)),$((last + 1))d" paths | grep -vxFf wanted >missing || true
        sed -n 's/^engram-walk: bad.engram: \(.*\): \(its directory is lost\|a hard link to .*, which is lost\): left out$/\1/p' \
            <<<"$stderr" | diff missing - >&2
        named=$((named + $(wc -l <missing)))
        # it is a manifest, which ends as it should
        engram-pack -q -o again.engram <(engram-walk --keep-going bad.engram 2>/dev/null)
    done
    [ "$named" -gt 100 ]
}

@test "a damaged leaf: engram-unpack makes what is left" {
    leafy
    paths_of leafy.engram >paths
    cp leafy.engram bad.engram
    poke bad.engram $((leaf_at[1] + 20)) ffffffff
    try engram-unpack --keep-going --no-same-owner -C out bad.engram
    [ "$status" -eq 5 ]
    [[ $stderr =~ entries\ ([0-9]+)\ to\ ([0-9]+)\) ]]
    what_is_left "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" | sort >wanted
    (cd out && find . -printf '/%P\n') | sort | diff wanted - >&2
}

@test "what ends the run all the same: the leaf with the root, an index in which names are looked up, the rest" {
    leafy
    cp leafy.engram bad.engram
    poke bad.engram $((leaf_at[0] + 20)) ffffffff
    for command in "engram-walk -o walked" "engram-unpack -C out"; do
        # shellcheck disable=SC2086  # words
        try $command --keep-going bad.engram
        expect_like 3 "${command%% *}: bad\\.engram: leaf 0 at .*: its SHA-256 is wrong"
        [ ! -e walked ]
        [ ! -d out ] || left_behind out
    done
    local i words
    for ((i = 1; i < leaves; i++)); do
        cp leafy.engram bad.engram
        poke bad.engram $((leaf_at[i] + 20)) ffffffff
        for words in "-x nothing bad.engram" "bad.engram /a /b /c /d /f /g"; do
            # shellcheck disable=SC2086  # words
            try engram-walk --keep-going -o walked $words
            expect_like 3 "engram-walk: bad\\.engram: leaf $i at .*: its SHA-256 is wrong"
        done
    done
    # header, tables, footer
    local footer tables at
    footer=$(($(stat -c %s "$whole") - 176))
    tables=$(number "$whole" $((footer + 40)) 8)
    for at in 16 $((tables + 20)) $((footer + 48)); do
        flip "$whole" cut.engram "$at" 0xff
        try engram-walk --keep-going -o walked cut.engram
        [ "$status" -eq 3 ]
        try engram-unpack --keep-going -C out2 cut.engram
        [ "$status" -eq 3 ]
        [ ! -e out2 ]
    done
    left_behind . bad.engram cut.engram leafy.engram out
}
