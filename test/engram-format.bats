#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # tree.bash sets the tree's
# The engram format: what engram(5) says is all that a reader needs, and it does not change unseen.

load helper
load engram
load tree

data=$BATS_TEST_DIRNAME/data
page=$BATS_TEST_DIRNAME/../man/engram.5

setup_file() {
    need python3 zstd openssl hexdump sha256sum cmp
}

setup() {
    PATH=$BATS_TEST_DIRNAME:$PATH
    mkdir "$BATS_TEST_TMPDIR/empty"
    cd "$BATS_TEST_TMPDIR/empty" || return
}

# The engram of NAME.manifest is read to that manifest by both readers.
both_read() {
    engram-pack -q -r "${2-balanced}" -o "$1.engram" "$1.manifest"
    engram-read "$1.engram" >read.manifest
    same read.manifest "$1.manifest"
    engram-walk -o walk.manifest "$1.engram"
    same walk.manifest "$1.manifest"
}

# What to do when the stored format test fails.
changed() {
    printf '%s\n' "$@" >&2
    return 1
}

@test "a reader that was written from the page alone reads what engram-pack writes" {
    small_manifest >small.manifest
    manifest "$tree_bytes" "${tree_records[@]}" >tree.manifest
    manifest 0 >none.manifest
    data_manifest >root.manifest
    data_manifest 1 8192 8193 131072 1048577 1000000 >data.manifest
    ext4walk --times=all -p 2 "$data/vm.qcow2" >vm.manifest
    for name in small tree none root data vm; do
        both_read $name
    done
    both_read vm fast
    both_read data max
}

# packed_now NAME: from the manifest of a stored engram, what engram-pack makes of it today.
packed_now() {
    case $1 in
    tiny) "$data/make-tiny" | engram-pack ;;
    next) "$data/make-tiny" next | engram-pack -b "$data/tiny.engram" ;;
    esac
}

described() {
    engram-read --describe --base="$data/tiny.engram" "$1"
}

@test "version 1 as it was stored is still read: if this fails, the version must change" {
    "$data/make-tiny" >tiny.manifest
    "$data/make-tiny" next >next.manifest
    for name in tiny next; do
        engram-walk -o walk.manifest "$data/$name.engram" && same walk.manifest $name.manifest ||
            changed "engrams of version 1 are not read any more: the format has changed, so its version must change"
        engram-read --base="$data/tiny.engram" "$data/$name.engram" >read.manifest &&
            same read.manifest $name.manifest ||
            changed "$name.engram is not as engram(5) says: if the page is right, the version must change"
    done
}

@test "version 1 is still what is written: if this fails, the version must change" {
    advice=("engram-pack writes the stored manifest in another way than it did."
        "Where the format has changed, its version must change; where only cuts, rules or the order of blocks"
        "have, make data/tiny.engram, data/next.engram and the dumps in engram(5) anew.")
    # zstd may compress better one day, but the version that made the files does as it did.
    made=$(grep -o 'libzstd [0-9.]*[0-9]' "$data/make-tiny")
    for name in tiny next; do
        packed_now $name >now.engram
        described "$data/$name.engram" >stored
        described now.engram >now
        diff stored now >&2 || changed "${advice[@]}"
        if engram-pack --version | grep -qF "$made,"; then
            same now.engram "$data/$name.engram" || changed "${advice[@]}"
        fi
    done
}

# The lines of hexdump in the N-th display of the page's examples.
dump_of_page() {
    awk -v want="$1" '/^\.Sh /{ on = /EXAMPLES/ } on && /^\.Bd/ { n++ } on && n == want && /^0000/' "$page" |
        sed 's/\\e/\\/g'
}

@test "the dumps in the page are those of the stored engrams" {
    diff <(dump_of_page 1) <(hexdump -C "$data/tiny.engram") >&2
    # the leaf lies from 0x50 to 0x125; its last entry is dumped
    tail -c +$((0x58 + 1)) "$data/tiny.engram" | head -c $((0x125 - 0x58)) | zstd -dcq >leaf
    [ "$(wc -c <leaf)" -eq 336 ]
    diff <(dump_of_page 2) <(hexdump -C -s 192 leaf) >&2
    # the tables of the one with a base lie from 0x126 to 0x1f6
    tail -c +$((0x12e + 1)) "$data/next.engram" | head -c 200 >tables
    diff <(dump_of_page 4) <(hexdump -C -s 88 tables) >&2
    # the tree digest, put together as the page says: part FILE OFFSET LENGTH
    part() {
        tail -c +$(($2 + 1)) "$1" | head -c $(($3))
    }
    sum=$({
        part leaf 8 54
        part leaf 70 77
        part "$data/tiny.engram" 0x185+8 32
        part leaf 163 29
        part leaf 200 88
        part leaf 304 32
    } | sha256sum)
    [ "${sum%% *}" = "$(peek "$data/tiny.engram" 0x245 32)" ]
}

# The lengths of the chunks in an engram, in order.
chunk_lengths() {
    engram-read --describe "$1" | sed -n 's/^ *[0-9]* chunk row [0-9]*: block [0-9]*, \([0-9]*\) bytes.*/\1/p'
}

# A manifest of one file: file_manifest FILE SIZE EXTENT...
file_manifest() {
    record manifest=1 data=inline
    record path=/ type=d mode=755 uid=0 gid=0 mtime=0.000000000
    record path=/f type=f mode=644 uid=0 gid=0 mtime=0.000000000 "size=$2" "${@:3}"
    cat "$1"
    record end=2 "bytes=$(stat -c %s "$1")"
}

# No chunk of these files comes twice, so that the table has them as they are cut.
@test "files are cut where the page says" {
    file_data 1 600000 >random
    seq 20000 >numbers
    # a run of one byte has no place to cut, up to the most that a chunk may have
    { head -c 140000 /dev/zero | tr '\0' x; head -c 50000 random; } >dull
    for length in 1 8192 8193 32768 131072; do
        head -c $length random >random-$length
    done
    for file in random numbers dull random-*; do
        size=$(stat -c %s "$file")
        file_manifest "$file" "$size" "extent=0+$size" | engram-pack -q -o x.engram
        engram-cut <"$file" >wanted
        diff wanted <(chunk_lengths x.engram) >&2
    done
    grep -qx 131072 <(engram-cut <dull)
    [ "$(engram-cut <random | wc -l)" -gt 10 ]
}

@test "holes are no data: a file is cut as if they were not there" {
    file_data 1 400000 >random
    file_manifest random 9000000 extent=5+100001 extent=8000000+299999 | engram-pack -q -o x.engram
    diff <(engram-cut <random) <(chunk_lengths x.engram) >&2
}

@test "both readers refuse an engram with one bit flipped, wherever it is" {
    # header: magic number, signature, version, zero, optional features; block: magic number and
    # content; leaf: magic number and frame; tables: length, a row each of block, leaf and chunk;
    # footer: magic number, offset of the tables, number of chunks, tree digest, own digest
    for at in 0 9 16 20 32 0x28 0x3a 0x50 0x6a 0x129 0x12d 0x15e 0x185 0x1d5 0x1fd 0x215 0x245 0x284; do
        flip "$data/tiny.engram" bad.engram $((at)) 0x04
        try engram-walk -q -o out bad.engram
        expect_like 3 'engram-walk: bad\.engram: .*'
        try into out engram-read bad.engram
        expect_like 3 'engram-read: bad\.engram: .*'
        [ ! -s out ]
        rm -f out
    done
}

@test "both readers take and refuse the same engrams whose digests are right" {
    mkdir forged
    cp "$data/tiny.engram" forged
    engram-forge "$data/tiny.engram" forged >changes
    [ "$(wc -l <changes)" -ge 40 ]
    while read -r name wanted; do
        try into walked engram-walk -q "forged/$name.engram"
        echo "$name: engram-walk ends with $status, not $wanted: $stderr" >&2
        [ "$status" -eq "$wanted" ]
        try into read engram-read --base="$data/tiny.engram" "forged/$name.engram"
        echo "$name: engram-read ends with $status, not $wanted: $stderr" >&2
        [ "$status" -eq "$wanted" ]
        [ "$wanted" -ne 0 ] || same walked read
        [ "$wanted" -ne 0 ] || zstd -tq "forged/$name.engram"
    done <changes
}

@test "damage to a file's data is told with the file's name by every reader" {
    mkdir forged
    engram-forge "$data/tiny.engram" forged >changes
    for name in file-sha256-wrong chunk-sha256-wrong; do
        for reader in "engram-walk -q" "engram-cat FILE /zeros" "engram-cat --range=0+9 FILE /zeros" "engram-unpack -C out" \
            "engram-ls --sha256"; do
            case $reader in
            *FILE*) reader=${reader/FILE/forged/$name.engram} ;;
            *) reader+=" forged/$name.engram" ;;
            esac
            rm -rf out
            read -ra words <<<"$reader"
            try into given "${words[@]}"
            # the digest of the whole is not looked at for a part
            [[ $name$reader != file*--range* ]] || continue
            expect_like 3 "${words[0]}: forged/$name\.engram: /zeros: .*SHA-256.* is wrong(: [0-9a-f]{16}\.\.\., not [0-9a-f]{16}\.\.\.)?"
        done
        try engram-verify "forged/$name.engram"
        expect_like 3 "(.*[[:space:]])*engram-verify: forged/$name\.engram: /zeros: (its data is damaged \(chunk 1\)|the SHA-256 .*)
.*"
    done
}

@test "a file whose chunks are right, but not its SHA-256: verify says what it is and what it should be" {
    mkdir forged
    engram-forge "$data/tiny.engram" forged >changes
    is=$(head -c 262144 /dev/zero | sha256sum) should_be=$(sha256sum </dev/null)
    try engram-verify forged/file-sha256-wrong.engram
    expect 3 "engram-verify: forged/file-sha256-wrong.engram: /zeros: the SHA-256 of its data is wrong: ${is:0:16}..., not ${should_be:0:16}...
engram-verify: forged/file-sha256-wrong.engram: damaged files: 1"
}

@test "a hard link that names no file is told with its own name by every reader that follows it" {
    mkdir forged
    engram-forge "$data/tiny.engram" forged >changes
    bad=forged/link-to-a-directory.engram
    for reader in "engram-ls -l $bad" "engram-ls --sha256 $bad" "engram-cat $bad /hi" "engram-cat $bad h*" \
        "engram-unpack -C out $bad" "engram-unpack -C out $bad /hi" "engram-walk -q $bad" "engram-verify $bad"; do
        rm -rf out
        read -ra words <<<"$reader"
        try into given "${words[@]}"
        expect_like 3 "${words[0]}: forged/link-to-a-directory\\.engram: /hi:? .*"
    done
}

@test "a reader that was written from the page alone reads engrams with a base, and that base's base" {
    data_manifest 1000000 20 300000 >1.manifest
    data_manifest 1000000 20 300000 200000 >2.manifest
    data_manifest 1000000 21 300000 200000 100000 >3.manifest
    engram-pack -q -o 1.engram 1.manifest
    engram-pack -q -b 1.engram -o 2.engram 2.manifest
    engram-pack -q -b 2.engram -o 3.engram 3.manifest
    for n in 2 3; do
        engram-read --base=1.engram --base=2.engram $n.engram >read.manifest
        same read.manifest $n.manifest
        engram-walk -o walk.manifest $n.engram
        same walk.manifest $n.manifest
    done
    # of both bases there is something in it
    engram-read --describe --base=1.engram --base=2.engram 3.engram >described
    grep -qE '^ *[0-9]+ runs: 2, name: 8 bytes' described
    try engram-read --base=2.engram 3.engram
    expect 1 "engram-read: 3.engram: its base b'1.engram' is none of the files"
}
