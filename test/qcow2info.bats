#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154,SC2016,SC2002,SC2094  # load qcow2 sets $made; bash -c gets its $1 later; cat makes a pipe, on purpose
# qcow2info, against qemu-img info, check and map.  More maps are compared in qcow2_matrix.bats.

load helper
load qcow2

setup_file() {
    need qemu-img qemu-io jq script
    cd "$BATS_FILE_TMPDIR" || return
    make_images
}

setup() {
    enter_work
}

# What a jq filter makes of the JSON of an image.
ask() {
    local filter=$1
    shift
    qcow2info --json "$@" | jq -c "$filter"
}

# ---- what every command does ----

@test "--help goes to standard output" {
    try qcow2info --help
    expect 0
    [[ $output == "Usage: qcow2info [OPTION]... [IMAGE]"* ]]
    [[ $output == *--map* && $output == *--json* && $output == *--snapshot=* && $output == *--backing-dir=DIR* ]]
}

@test "--version names the version and the libraries" {
    try qcow2info --version
    expect 0
    [[ $output == "qcow2info (engram-tools) "*zlib*libzstd* ]]
}

@test "usage errors end with status 2" {
    try qcow2info --bogus
    expect 2 "qcow2info: unknown option '--bogus'
Try 'qcow2info --help'."
    try qcow2info -f vmdk x
    expect 2 "qcow2info: option '--format' takes raw or qcow2, not 'vmdk'
Try 'qcow2info --help'."
    try qcow2info a b
    expect 2 "qcow2info: one IMAGE at most, not 2
Try 'qcow2info --help'."
    try qcow2info -f raw -s x "$made/good.qcow2"
    expect 2 "qcow2info: $made/good.qcow2: a raw image has no snapshots"
    try qcow2info -s x "$made/good.qcow2"
    expect 2 "qcow2info: $made/good.qcow2: has no snapshot \"x\" (of 0)"
}

@test "a missing file, a directory" {
    try qcow2info nowhere.qcow2
    expect 1 "qcow2info: nowhere.qcow2: cannot open: No such file or directory"
    try qcow2info .
    expect 2 "qcow2info: .: is a directory, not a file"
}

@test "a full disk is a failure, whatever is printed" {
    local option
    for option in -q --json --map; do
        try bash -c 'qcow2info "$2" "$1" >/dev/full' _ "$made/good.qcow2" $option
        expect 1 "qcow2info: standard output: write failed: No space left on device"
    done
}

@test "a reader that has enough ends it quietly" {
    local at
    # A map of many ranges: more than a pipe holds.
    qemu-img create -q -f qcow2 -o cluster_size=512 m.qcow2 1M
    seq 1 150000 >m.raw
    truncate -s 1M m.raw
    convert -f raw -O qcow2 -o cluster_size=512 m.raw m.qcow2
    for ((at = 0; at < 1048576; at += 1024)); do echo "write -z $at 512"; done | io m.qcow2
    [ "$(qcow2info --map m.qcow2 | wc -c)" -gt 131072 ]
    local image
    for image in "$made/good.qcow2" m.qcow2; do
        try bash -o pipefail -c 'qcow2info --map "$1" | head -c 2' _ "$image"
        expect 0
        [ "$output" = '[{' ]
        try bash -o pipefail -c 'qcow2info "$1" | head -c 1' _ "$image"
        expect 0
    done
}

@test "it may print to a terminal" {
    run script -qec "qcow2info $made/good.qcow2; echo status \$?" /dev/null
    [[ $output == *"virtual size: 1.0M (1048576 bytes)"*"status 0"* ]]
}

# ---- what it says ----

@test "for people: an image of every feature that is told of" {
    qemu-img create -q -f qcow2 -o lazy_refcounts=on,compression_type=zstd -b "$made/content.raw" -F raw m.qcow2
    qemu-img rebase -u -b base.raw -F raw m.qcow2
    cp "$made/content.raw" base.raw
    io -c 'write -P 1 0 128k' -c 'write -c -P 2 128k 64k' m.qcow2
    qemu-img snapshot -c 'the first' m.qcow2
    poke m.qcow2 $((16#$(peek m.qcow2 64 8) + 16)) 6553f100 00000000 # its date
    try qcow2info m.qcow2
    expect 0
    diff - <(sed -E 's/^(file size: +).*/\1-/' <<<"$output") <<'END' >&2
image:        m.qcow2
format:       qcow2
virtual size: 1.8M (1802752 bytes)
file size:    -
version:      3
cluster size: 64K (65536 bytes)
compression:  zstd
features:     compression type, lazy refcounts
clusters:     28, of which 3 allocated, 1 of these compressed
snapshots:
      ID    SIZE  VM STATE  DATE (UTC)           NAME
       1    1.8M        0B  2023-11-14 22:13:20  the first
chain:
  DEPTH  FORMAT    SIZE  CLUSTER  FILE
      0  qcow2     1.8M      64K  m.qcow2
      1  raw       1.8M        -  base.raw
END
}

@test "raw images, and images from a pipe" {
    try qcow2info "$made/content.raw"
    expect 0
    [ "$output" = "image:        $made/content.raw
format:       raw
virtual size: 1.8M (1802752 bytes)
file size:    1.8M (1802752 bytes)
chain:
  DEPTH  FORMAT    SIZE  CLUSTER  FILE
      0  raw       1.8M        -  $made/content.raw" ]
    [ "$(ask '[.format, ."virtual-size", (.chain | length)]' -f raw "$made/good.qcow2")" = '["raw",393216,1]' ]
    [ "$(cat "$made/good.qcow2" | ask '[.filename, .format, ."virtual-size"]')" = '["standard input","qcow2",1048576]' ]
    [ "$(cat "$made/content.raw" | ask '[.format, ."virtual-size"]' -)" = '["raw",1802752]' ]
    [ "$(: | ask '[.format, ."virtual-size"]')" = '["raw",0]' ]
}

# says_the_same IMAGE: as qemu-img info and check.
says_the_same() {
    diff <(qemu-img info --output=json "$1" | jq -S '{
              format, size: ."virtual-size", cluster: ."cluster-size", backing: ."backing-filename",
              backing_format: ."backing-filename-format", version: (."format-specific".data.compat | {"0.10": 2, "1.1": 3}[.]),
              compression: (."format-specific".data."compression-type" // "zlib"), data: ."format-specific".data."data-file",
              snapshots: [(.snapshots // [])[] | [.id, .name, ."vm-state-size", ."date-sec", ."date-nsec"]]}') \
        <(qcow2info -q --json "$1" | jq -S '{
              format, size: ."virtual-size", cluster: ."cluster-size", backing: ."backing-filename",
              backing_format: ."backing-filename-format", version, compression: ."compression-type", data: ."data-file",
              snapshots: [.snapshots[] | [.id, .name, ."vm-state-size", ."date-sec", ."date-nsec"]]}') >&2
    diff <(qemu-img check --output=json "$1" | jq -c '[."total-clusters", ."allocated-clusters" // 0, ."compressed-clusters" // 0]') \
        <(ask '[."total-clusters", ."allocated-clusters", ."compressed-clusters"]' -q "$1") >&2
}

@test "--json: the facts of qemu-img info, the counts of qemu-img check" {
    local options
    for options in compat=0.10 compat=1.1,cluster_size=512 compat=1.1,cluster_size=2M extended_l2=on \
        compression_type=zstd lazy_refcounts=on preallocation=metadata preallocation=full,extended_l2=on; do
        qemu-img create -q -f qcow2 -o $options m.qcow2 8M
        io -c 'write -P 1 70k 300k' -c 'write -z 100k 100k' -c 'write -z -u 4M 64k' m.qcow2
        [[ $options == pre* ]] || io -c 'write -c -P 2 6M 2M' m.qcow2
        qemu-img snapshot -c a m.qcow2
        qemu-img snapshot -c 'b "quoted"' m.qcow2
        io -c 'write -P 3 70k 100k' m.qcow2
        says_the_same m.qcow2 || { echo "$options" >&2; return 1; }
    done
}

@test "--json: a data file, a backing file, a chain" {
    qemu-img create -q -f qcow2 -o data_file=m.data,data_file_raw=on m.qcow2 1M
    io -c 'write -P 1 70k 300k' m.qcow2
    says_the_same m.qcow2
    overlay top.qcow2 m.qcow2 qcow2
    says_the_same top.qcow2
    [ "$(ask '[.chain[] | [.filename, .format, ."data-file"]]' top.qcow2)" = '[["top.qcow2","qcow2",null],["m.qcow2","qcow2","m.data"]]' ]
    [ "$(ask .features m.qcow2)" = '{"incompatible":["external data file"],"compatible":[],"autoclear":["raw external data"]}' ]
}

@test "features by name: from the image's own table, the specification, or unknown" {
    bad
    poke bad.qcow2 80 "$(be64 1)" "$(be64 $((1 << 40 | 1)))"
    [ "$(ask .features bad.qcow2)" = '{"incompatible":[],"compatible":["lazy refcounts"],"autoclear":["bitmaps","unknown"]}' ]
    poke bad.qcow2 112 11111111 # no table
    [ "$(ask .features bad.qcow2)" = '{"incompatible":[],"compatible":["lazy refcounts"],"autoclear":["bitmaps","unknown"]}' ]
    bad
    poke bad.qcow2 80 "$(be64 1)"
    # The table's fifth entry, after 8 bytes of head at 112, is that of lazy refcounts.
    local at=$((120 + 5 * 48))
    [ "$(peek bad.qcow2 $at 6)" = 01006c617a79 ]
    poke bad.qcow2 $((at + 2)) 1b5b324a
    [ "$(ask .features.compatible bad.qcow2)" = '["\u001b[2J refcounts"]' ]
    try qcow2info bad.qcow2
    expect 0
    [[ $output != *$'\e'* && $output == *'features:     \x1b[2J refcounts'* ]]
}

@test "control characters in a snapshot's name do not reach the terminal" {
    bad
    qemu-img snapshot -c $'a\e[2J\nb' bad.qcow2
    try qcow2info bad.qcow2
    expect 0
    [[ $output != *$'\e'* && $output == *'  a\x1b[2J\nb'* ]]
    [ "$(ask '.snapshots[0].name' bad.qcow2)" = '"a\u001b[2J\nb"' ]
}

@test "-s: the disk as a snapshot has it" {
    qemu-img create -q -f qcow2 m.qcow2 1M
    io -c 'write -P 1 0 128k' m.qcow2
    qemu-img snapshot -c small m.qcow2
    qemu-img resize -q m.qcow2 4M
    io -c 'write -P 1 2M 1M' m.qcow2
    [ "$(ask '[."virtual-size", ."total-clusters", ."allocated-clusters"]' m.qcow2)" = "[4194304,64,18]" ]
    [ "$(ask '[."virtual-size", ."total-clusters", ."allocated-clusters"]' -s small m.qcow2)" = "[1048576,16,2]" ]
}

# ---- the map ----

@test "--map: the very bytes that qemu-img map prints, but for what newer ones add" {
    qemu-img create -q -f qcow2 base.qcow2 700k
    io -c 'write -P 1 0 700k' -c 'write -z 128k 64k' base.qcow2
    qemu-img create -q -f qcow2 -o cluster_size=4k -b base.qcow2 -F qcow2 m.qcow2 1M
    io -c 'write -P 2 10k 20k' -c 'write -c -P 3 64k 16k' -c 'write -z -u 300k 9k' m.qcow2
    # qemu-img tells of compression from version 8.2 on.
    diff <(qemu-img map --output=json m.qcow2 | sed 's/, "compressed": [a-z]*//') \
        <(qcow2info --map m.qcow2 | sed 's/, "compressed": [a-z]*//') >&2
    try qcow2info --map m.qcow2
    expect 0
    [ "$(qcow2info --map --json m.qcow2)" = "$output" ]
    [ "$(jq -c '[.[] | select(.compressed) | [.start, .length, .depth]]' <<<"$output")" = "[[65536,16384,0]]" ]
}

@test "--map: data that the file has as holes is zero, the very bytes of qemu-img map" {
    qemu-img create -q -f qcow2 -o preallocation=metadata m.qcow2 8M
    io -c 'write -P 1 64k 128k' -c 'write -z 1M 64k' m.qcow2
    diff <(qemu-img map --output=json m.qcow2 | sed 's/, "compressed": [a-z]*//') \
        <(qcow2info --map m.qcow2 | sed 's/, "compressed": [a-z]*//') >&2
    [ "$(qcow2info --map m.qcow2 | jq -c '[.[] | select(.data) | [.start, .length, .zero]]')" = \
        '[[0,65536,true],[65536,131072,false],[196608,851968,true],[1114112,7274496,true]]' ]
}

@test "--map: data that the data file has as holes is zero" {
    qemu-img create -q -f qcow2 -o data_file=m.data,preallocation=metadata m.qcow2 1M
    io -c 'write -P 1 64k 64k' m.qcow2
    map_agrees m.qcow2
    [ "$(qcow2info --map m.qcow2 | jq -c '[.[] | select(.start >= 65536) | [.start, .length, .zero, .data]]')" = \
        '[[65536,65536,false,true],[131072,917504,true,true]]' ]
}

@test "--map: raw images with holes, nothing, and a disk of nothing" {
    truncate -s 4M m.raw
    io -f raw -c 'write -P 1 1M 64k' -c 'write -P 2 3M 1M' m.raw
    map_agrees -f raw m.raw
    qemu-img create -q -f qcow2 m.qcow2 0
    map_agrees m.qcow2
    [ "$(qcow2info --map </dev/null)" = '[{ "start": 0, "length": 0, "depth": 0, "present": false, "zero": false, "data": false, "compressed": false}]' ]
}

@test "--map: an empty disk of 16 TiB, and one with data at both ends" {
    qemu-img create -q -f qcow2 m.qcow2 16T
    map_agrees m.qcow2
    io -c 'write -P 1 0 1M' -c "write -P 2 $(((16 << 40) - (1 << 20))) 1M" m.qcow2
    map_agrees m.qcow2
    qemu-img create -q -f qcow2 -b m.qcow2 -F qcow2 top.qcow2
    map_agrees top.qcow2
}

@test "--map: damage ends it with status 3, and without its closing bracket" {
    bad
    poke bad.qcow2 $((0x40078)) 80ffffffffff0000 # the L2 entry of the disk's last cluster
    try qcow2info --map bad.qcow2
    expect 3 "qcow2info: bad.qcow2: the cluster of guest offset 0xf0000 lies at 0xffffffffff0000, past the end of the file (393216 bytes)"
    [[ $output == '[{ '* && $output != *']' ]]
    try qcow2info bad.qcow2
    expect 3 "qcow2info: bad.qcow2: the cluster of guest offset 0xf0000 lies at 0xffffffffff0000, past the end of the file (393216 bytes)"
    [ -z "$output" ]
}

# ---- what it refuses ----

@test "truncated at several places" {
    local length
    for length in 4 71 103 600 $((0x30007)) $((0x4ffff)); do
        head -c $length "$made/good.qcow2" >bad.qcow2
        try qcow2info bad.qcow2
        [ "$status" -eq 3 ]
        [[ $stderr == "qcow2info: bad.qcow2: "* && -z $output ]]
    done
    head -c $((0x50001)) "$made/good.qcow2" >bad.qcow2
    try qcow2info --map bad.qcow2
    expect 3 "qcow2info: bad.qcow2: the cluster of guest offset 0x0 lies at 0x50000, and the file ends within it (327681 bytes)"
}

@test "a backing file outside, missing, refused: as qcow2cat" {
    overlay top.qcow2 "$made/good.qcow2" qcow2
    try qcow2info top.qcow2
    expect 4 "qcow2info: top.qcow2: backing file \"$made/good.qcow2\" lies outside the image's directory (--backing-dir=$made allows it)"
    try qcow2info --no-backing --backing-dir="$made" top.qcow2
    expect 4 "qcow2info: top.qcow2: needs backing file \"$made/good.qcow2\", which --no-backing refuses"
    try qcow2info --backing-dir="$made" top.qcow2
    expect 0
    overlay top.qcow2 nowhere qcow2
    try qcow2info top.qcow2
    expect 1 "qcow2info: top.qcow2: backing file \"nowhere\": No such file or directory"
}
