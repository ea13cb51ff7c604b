#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154,SC2016,SC2002,SC2094  # load qcow2 sets $made; bash -c gets its $1 later; cat makes a pipe, on purpose
# Damaged qcow2 images, each named after its defect: the status and the exact message.

load helper
load qcow2

setup_file() {
    need qemu-img qemu-io jq
    cd "$BATS_FILE_TMPDIR" || return
    make_images
}

setup() {
    enter_work
}

# ---- damage: the header ----

@test "truncated in the header" {
    local length
    for length in 4 71; do
        head -c $length "$made/good.qcow2" >bad.qcow2
        refused 3 "the file ends at $length, within the qcow2 header (72 bytes)"
    done
    for length in 72 103; do
        head -c $length "$made/good.qcow2" >bad.qcow2
        refused 3 "the file ends at $length, within the qcow2 header (104 bytes)"
    done
    head -c 104 "$made/good.qcow2" >bad.qcow2
    refused 3 "header_length is 112, more than the first cluster (104 bytes)"
    head -c 115 "$made/good.qcow2" >bad.qcow2
    refused 3 "the header extension at 112 has no room: 3 bytes"
    head -c 200 "$made/good.qcow2" >bad.qcow2
    refused 3 "header extension 0x6803f857 at 112 is 384 bytes long, but 80 are left"
}

@test "truncated in the tables" {
    local length
    for length in 600 65536 $((0x30007)); do
        head -c $length "$made/good.qcow2" >bad.qcow2
        refused 3 "L1 table of 8 bytes at 0x30000 passes the end of the file ($length bytes)"
    done
    for length in $((0x30008)) $((0x40000)) $((0x4ffff)); do
        head -c $length "$made/good.qcow2" >bad.qcow2
        refused 3 "L2 table 0 at 0x40000 passes the end of the file ($length bytes)"
    done
}

@test "truncated in the data" {
    head -c $((0x50000)) "$made/good.qcow2" >bad.qcow2
    refused 3 "the cluster of guest offset 0x0 lies at 0x50000, past the end of the file (327680 bytes)"
    head -c $((0x50001)) "$made/good.qcow2" >bad.qcow2
    refused 3 "the cluster of guest offset 0x0 lies at 0x50000, and the file ends within it (327681 bytes)"
    head -c $((0x5ffff)) "$made/good.qcow2" >bad.qcow2
    refused 3 "the cluster of guest offset 0x0 lies at 0x50000, and the file ends within it (393215 bytes)"
}

@test "cluster-bits-8, cluster-bits-22, cluster-bits-4294967295" {
    local bits
    for bits in 8 22 4294967295; do
        bad
        poke bad.qcow2 20 "$(be32 $bits)"
        refused 3 "cluster_bits is $bits, outside 9 to 21"
    done
}

@test "header-length-too-short, -odd, -past-the-cluster" {
    local length
    for length in 0 96 108; do
        bad
        poke bad.qcow2 100 "$(be32 $length)"
        refused 3 "header_length is $length, not a multiple of 8 that is 104 or more"
    done
    poke bad.qcow2 100 fffffff8
    refused 3 "header_length is 4294967288, more than the first cluster (65536 bytes)"
}

@test "refcount-order-7, refcount-table-unaligned" {
    bad
    poke bad.qcow2 96 "$(be32 7)"
    refused 3 "refcount_order is 7, more than 6"
    bad
    poke bad.qcow2 48 "$(be64 $((0x10200)))"
    refused 3 "refcount table offset 0x10200 is not cluster-aligned"
}

@test "compression-type-without-its-bit, -bit-without-type, -unknown" {
    bad
    poke bad.qcow2 104 01
    refused 3 "compression_type is 1, but its incompatible feature bit is not set"
    bad
    poke bad.qcow2 72 "$(be64 8)"
    refused 3 "compression_type is 0, but its incompatible feature bit is set"
    poke bad.qcow2 104 02
    refused 4 "compression type 2 is not supported"
}

@test "extension-length-wraps, extension-past-the-cluster" {
    bad
    poke bad.qcow2 116 ffffffff
    refused 3 "header extension 0x6803f857 at 112 is 4294967295 bytes long, but 65416 are left"
    poke bad.qcow2 116 "$(be32 65417)"
    refused 3 "header extension 0x6803f857 at 112 is 65417 bytes long, but 65416 are left"
}

@test "backing-format-too-long" {
    bad
    poke bad.qcow2 112 e2792aca "$(be32 16)"
    refused 3 "the backing format's name has 16 bytes, more than 15"
}

@test "backing-name-too-long, -in-the-header, -past-the-cluster, -wraps, -with-nul" {
    bad
    poke bad.qcow2 8 "$(be64 1024)" "$(be32 1024)"
    refused 3 "the backing file name has 1024 bytes, more than 1023"
    poke bad.qcow2 8 "$(be64 72)" "$(be32 8)"
    refused 3 "the backing file name (8 bytes at 72) lies outside the 65424 bytes behind the header"
    poke bad.qcow2 8 "$(be64 65530)" "$(be32 8)"
    refused 3 "the backing file name (8 bytes at 65530) lies outside the 65424 bytes behind the header"
    poke bad.qcow2 8 "$(be64 -1)" "$(be32 1)"
    refused 3 "the backing file name (1 bytes at 18446744073709551615) lies outside the 65424 bytes behind the header"
    bad
    poke bad.qcow2 8 "$(be64 1024)" "$(be32 4)"
    poke bad.qcow2 1024 61 62 00 63
    refused 3 "the backing file name has a NUL at byte 2 of 4"
}

# ---- damage: the L1 table ----

@test "l1-size-too-small, l1-size-over-32-MiB, disk-size-huge" {
    bad
    poke bad.qcow2 36 "$(be32 0)"
    refused 3 "the L1 table has 0 entries, but a disk of 1048576 bytes needs 1"
    poke bad.qcow2 36 "$(be32 $((0x400001)))"
    refused 3 "the L1 table has 4194305 entries, more than 4194304"
    bad
    poke bad.qcow2 24 "$(be64 -1)"
    refused 3 "the L1 table has 1 entries, but a disk of 18446744073709551615 bytes needs 34359738368"
}

@test "l1-offset-unaligned, -over-the-header, -past-the-end, -wraps" {
    bad
    poke bad.qcow2 40 "$(be64 $((0x30200)))"
    refused 3 "L1 table offset 0x30200 is not cluster-aligned"
    poke bad.qcow2 40 "$(be64 0)"
    refused 3 "the L1 table lies over the header (offset 0)"
    poke bad.qcow2 40 "$(be64 $((0x60000)))"
    refused 3 "L1 table of 8 bytes at 0x60000 passes the end of the file (393216 bytes)"
    poke bad.qcow2 40 ffffffffffff0000
    refused 3 "L1 table of 8 bytes at 0xffffffffffff0000 passes the end of the file (393216 bytes)"
}

@test "l1-entry-reserved-bits, -unaligned, -past-the-end, -over-the-l1-table" {
    bad
    poke bad.qcow2 $((0x30000)) 8000000000040001
    refused 3 "L1 entry 0 has reserved bits set: 0x8000000000040001"
    poke bad.qcow2 $((0x30000)) c000000000040000
    refused 3 "L1 entry 0 has reserved bits set: 0xc000000000040000"
    poke bad.qcow2 $((0x30000)) 8000000000040200
    refused 3 "L2 table 0 at 0x40200 is not cluster-aligned"
    poke bad.qcow2 $((0x30000)) 80ffffffffff0000
    refused 3 "L2 table 0 at 0xffffffffff0000 passes the end of the file (393216 bytes)"
    poke bad.qcow2 $((0x30000)) 8000000000030000
    refused 3 "L2 table 0 at 0x30000 lies over the header or the L1 table"
}

@test "l2-table-used-twice" {
    bad
    poke bad.qcow2 24 "$(be64 $((1 << 30)))" # a disk of 1 GiB needs two L2 tables of 512 MiB each
    poke bad.qcow2 36 "$(be32 2)"
    poke bad.qcow2 $((0x30008)) 8000000000040000
    refused 3 "the L2 table at 0x40000 is used more than once"
}

# ---- damage: L2 tables and clusters ----

# What was refused last is refused by qcow2info, too, when it counts clusters.
counts_refused() {
    local message=${stderr#qcow2cat: standard input: }
    try qcow2info bad.qcow2
    expect 3 "qcow2info: bad.qcow2: $message"
}

# bad_extended: 64 KiB clusters, L2 table at 0x40000: an entry's bitmap follows its descriptor.
bad_extended() {
    qemu-img create -q -f qcow2 -o extended_l2=on bad.qcow2 1M
    io -c 'write -P 7 0 64k' bad.qcow2
}

@test "l2-entry-reserved-bits, -zero-flag-in-version-2" {
    bad
    poke bad.qcow2 $((0x40000)) 8000000000050002
    refused 3 "the L2 entry of guest offset 0x0 has reserved bits set: 0x8000000000050002"
    poke bad.qcow2 $((0x40000)) a000000000050000
    refused 3 "the L2 entry of guest offset 0x0 has reserved bits set: 0xa000000000050000"
    bad v2.qcow2
    poke bad.qcow2 $((0x40000)) 0000000000000001
    refused 3 "the L2 entry of guest offset 0x0 has reserved bits set: 0x0000000000000001"
}

@test "data-cluster-unaligned, -past-the-end, -over-the-l1-table" {
    bad
    poke bad.qcow2 $((0x40000)) 8000000000050200
    refused 3 "the cluster of guest offset 0x0 lies at 0x50200, which is not cluster-aligned"
    poke bad.qcow2 $((0x40000)) 8000000000060000
    refused 3 "the cluster of guest offset 0x0 lies at 0x60000, past the end of the file (393216 bytes)"
    poke bad.qcow2 $((0x40000)) 8000000000030000
    refused 3 "the cluster of guest offset 0x0 lies over the header or the L1 table (at 0x30000)"
}

@test "zeros-with-a-cluster-past-the-end, -over-the-l1-table" {
    bad
    poke bad.qcow2 $((0x40000)) 8000000000060001 # reads as zeros, and has a cluster
    refused 3 "the cluster of guest offset 0x0 lies at 0x60000, past the end of the file (393216 bytes)"
    counts_refused
    poke bad.qcow2 $((0x40000)) 8000000000030001
    refused 3 "the cluster of guest offset 0x0 lies over the header or the L1 table (at 0x30000)"
    counts_refused
}

@test "copied-flag-without-a-cluster: there is none, as in QEMU" {
    bad
    poke bad.qcow2 $((0x40000)) 8000000000000000
    agrees bad.qcow2
    try bash -c 'qcow2info --json bad.qcow2 | jq ".\"allocated-clusters\""'
    expect 0
    [ "$output" = 0 ]
    bad_extended
    poke bad.qcow2 $((0x40000)) 8000000000000000 0000000000000000
    agrees bad.qcow2
    try bash -c 'qcow2info --json bad.qcow2 | jq ".\"allocated-clusters\""'
    expect 0
    [ "$output" = 0 ]
    poke bad.qcow2 $((0x40000)) 8000000000000000 0000000000000001
    refused 3 "the subclusters of guest offset 0x0 have data, but no cluster: bitmap 0x0000000000000001"
}

@test "damage in the last of many clusters: what comes before is written, then the fault" {
    bad
    poke bad.qcow2 $((0x40078)) 80ffffffffff0000 # the L2 entry of the disk's last cluster
    try bash -o pipefail -c 'qcow2cat bad.qcow2 | wc -c'
    expect 3 "qcow2cat: bad.qcow2: the cluster of guest offset 0xf0000 lies at 0xffffffffff0000, past the end of the file (393216 bytes)"
    [ "$output" -le 983040 ]
}

@test "compressed-cluster-past-the-end, -over-the-header, -into-the-l1-table, -with-the-copied-flag" {
    local size
    bad packed.qcow2
    poke bad.qcow2 $((0x40000)) 4000000001000000
    refused 3 "the compressed cluster of guest offset 0x0 lies at 0x1000000, past the end of the file ($(stat -c %s bad.qcow2) bytes)"
    poke bad.qcow2 $((0x40000)) 4000000000000010
    refused 3 "the compressed cluster of guest offset 0x0, 496 bytes at 0x10, lies over the header or the L1 table"
    poke bad.qcow2 $((0x40000)) 404000000002fe10 # and one sector more
    refused 3 "the compressed cluster of guest offset 0x0, 1008 bytes at 0x2fe10, lies over the header or the L1 table"
    poke bad.qcow2 $((0x40000)) c000000000050000
    refused 3 "the L2 entry of guest offset 0x0 is compressed, and has bits set that must not be: 0xc000000000050000, bitmap 0x0000000000000000"
    # The sector that the file ends in counts whole, the next one not at all.
    poke bad.qcow2 $((0x40000)) 4000000000050000
    truncate -s $((0x501ff)) bad.qcow2
    try bash -o pipefail -c 'qcow2cat bad.qcow2 | cmp - <(qcow2cat "$1")' _ "$made/packed.qcow2"
    expect 0
    poke bad.qcow2 $((0x40000)) 4040000000050000
    size=$(stat -c %s bad.qcow2)
    refused 3 "the compressed cluster of guest offset 0x0, 1024 bytes at 0x50000, passes the end of the file ($size bytes)"
}

@test "compressed-cluster-does-not-inflate" {
    bad packed.qcow2
    poke bad.qcow2 $((0x50000)) ffffffff # a deflate block of type 3, which there is not
    refused 3 "compressed cluster at offset 327680 does not unpack: invalid block type"
}

@test "compressed-cluster-inflates-to-too-little, -too-much" {
    local hex
    bad packed.qcow2
    truncate -s $((0x50200)) bad.qcow2
    # gzip's header has 10 bytes, its trailer, which comes after the end of the stream, 8.
    hex=$(head -c 512 /dev/zero | gzip -9n | tail -c +11 | od -An -v -tx1 | tr -d ' \n')
    poke bad.qcow2 $((0x50000)) "$hex"
    refused 3 "compressed cluster at offset 327680 unpacks to only 512 bytes, not 65536"
    hex=$(head -c 65537 /dev/zero | gzip -9n | tail -c +11 | od -An -v -tx1 | tr -d ' \n')
    poke bad.qcow2 $((0x50000)) "$hex"
    refused 3 "compressed cluster at offset 327680 unpacks to more than 65536 bytes, not 65536"
}

@test "compressed-cluster-cut-short" {
    head -c $((0x50004)) "$made/packed.qcow2" >bad.qcow2
    try qcow2cat -o out.raw bad.qcow2
    expect_like 3 'qcow2cat: bad.qcow2: compressed cluster at offset 327680 unpacks to only [0-9]+ bytes, not 65536'
    [ ! -e out.raw ]
}

@test "zstd-cluster-damaged" {
    qemu-img create -q -f qcow2 -o compression_type=zstd bad.qcow2 1M
    io -c 'write -c -P 7 0 64k' bad.qcow2
    poke bad.qcow2 $((0x50000)) 00000000 # the frame's magic number
    refused 3 "compressed cluster at offset 327680 unpacks to only 0 bytes, not 65536"
}

# ---- damage: other tables ----

@test "refcount-table-past-the-end, -wraps, -over-the-header; l1-table-over-the-refcount-table" {
    bad
    poke bad.qcow2 48 "$(be64 $((0x60000)))"
    refused 3 "refcount table of 65536 bytes at 0x60000 passes the end of the file (393216 bytes)"
    poke bad.qcow2 48 ffffffffffff0000
    refused 3 "refcount table of 65536 bytes at 0xffffffffffff0000 passes the end of the file (393216 bytes)"
    poke bad.qcow2 48 "$(be64 $((0x10000)))" ffffffff # refcount_table_clusters
    refused 3 "refcount table of 281474976645120 bytes at 0x10000 passes the end of the file (393216 bytes)"
    poke bad.qcow2 48 "$(be64 0)" "$(be32 1)"
    refused 3 "the refcount table lies over the header (offset 0)"
    bad
    poke bad.qcow2 40 "$(be64 $((0x10000)))"
    refused 3 "the L1 table at 0x10000 lies over the refcount table at 0x10000"
}

@test "l2-table-over-the-refcount-table, data-cluster-over-the-refcount-table" {
    bad
    poke bad.qcow2 $((0x30000)) 8000000000010000
    refused 3 "L2 table 0 at 0x10000 lies over the refcount table"
    bad
    poke bad.qcow2 $((0x40000)) 8000000000010000
    refused 3 "the cluster of guest offset 0x0 lies over the refcount table (at 0x10000)"
}

# ---- damage: extended L2 entries ----

@test "extended-l2-with-small-clusters" {
    qemu-img create -q -f qcow2 -o cluster_size=8k bad.qcow2 1M
    poke bad.qcow2 72 "$(be64 16)"
    refused 3 "cluster_bits is 13, less than the 14 that extended L2 entries need"
}

@test "extended-l2-both-data-and-zeros, -data-without-a-cluster, -zero-flag-of-plain-entries" {
    bad_extended
    poke bad.qcow2 $((0x40008)) 80000000ffffffff
    refused 3 "the subclusters of guest offset 0x0 are both data and zeros: bitmap 0x80000000ffffffff"
    poke bad.qcow2 $((0x40000)) 0000000000000000 0000000000000001
    refused 3 "the subclusters of guest offset 0x0 have data, but no cluster: bitmap 0x0000000000000001"
    poke bad.qcow2 $((0x40000)) 8000000000050001 00000000ffffffff
    refused 3 "the L2 entry of guest offset 0x0 has reserved bits set: 0x8000000000050001"
}

@test "extended-l2-cluster-past-the-end, -unaligned" {
    bad_extended
    poke bad.qcow2 $((0x40000)) 8000000000060000
    refused 3 "the cluster of guest offset 0x0 lies at 0x60000, past the end of the file (393216 bytes)"
    poke bad.qcow2 $((0x40000)) 8000000000050200
    refused 3 "the cluster of guest offset 0x0 lies at 0x50200, which is not cluster-aligned"
    bad_extended
    truncate -s $((0x58000)) bad.qcow2
    refused 3 "the cluster of guest offset 0x0 lies at 0x50000, and the file ends within it (360448 bytes)"
}

@test "extended-l2-only-later-subclusters-past-the-end, compressed-cluster-with-a-bitmap" {
    bad_extended
    poke bad.qcow2 $((0x40000)) 8000000000060000 0000000000000002 # the first is unallocated
    refused 3 "the cluster of guest offset 0x0 lies at 0x60000, past the end of the file (393216 bytes)"
    counts_refused
    poke bad.qcow2 $((0x40000)) 4000000000050000 0000000000000001
    refused 3 "the L2 entry of guest offset 0x0 is compressed, and has bits set that must not be: 0x4000000000050000, bitmap 0x0000000000000001"
    counts_refused
}

# ---- damage: the snapshot table ----

# bad_snapshots: two snapshots, "one" and "two"; their table's offset is in $table.
bad_snapshots() {
    bad
    qemu-img snapshot -c one bad.qcow2
    qemu-img snapshot -c two bad.qcow2
    table=$((16#$(peek bad.qcow2 64 8)))
}

# The snapshot is refused so; the disk as it is now is read nevertheless.
snapshot_refused() {
    try qcow2cat -s two -o out.raw bad.qcow2
    expect 3 "qcow2cat: bad.qcow2: $1"
    try qcow2info bad.qcow2
    case $1 in
    snapshot\ \"*) expect 0 ;; # only when it is used
    *) expect 3 "qcow2info: bad.qcow2: $1" ;;
    esac
    [ ! -e out.raw ]
    qcow2cat bad.qcow2 | cmp - <(qcow2cat "$made/good.qcow2") >&2
}

@test "snapshot-table-unaligned, -past-the-end, -wraps, -over-the-header, -over-the-refcount-table" {
    bad_snapshots
    poke bad.qcow2 64 "$(be64 $((table + 8)))"
    snapshot_refused "snapshot table offset $(printf 0x%x $((table + 8))) is not cluster-aligned"
    poke bad.qcow2 64 "$(be64 $((0x1000000)))"
    snapshot_refused "the snapshot table at 0x1000000, of 2 entries, passes the end of the file ($(stat -c %s bad.qcow2) bytes)"
    poke bad.qcow2 64 ffffffffffff0000
    snapshot_refused "the snapshot table at 0xffffffffffff0000, of 2 entries, passes the end of the file ($(stat -c %s bad.qcow2) bytes)"
    poke bad.qcow2 64 "$(be64 0)"
    snapshot_refused "the snapshot table at 0x0 lies over the header or the L1 table"
    poke bad.qcow2 64 "$(be64 $((0x10000)))"
    snapshot_refused "the snapshot table at 0x10000 lies over the refcount table"
}

@test "snapshot-count-too-large, -more-than-the-file-has" {
    bad_snapshots
    poke bad.qcow2 60 ffffffff
    snapshot_refused "the image has 4294967295 snapshots, more than 65536"
    poke bad.qcow2 60 "$(be32 60000)"
    snapshot_refused "the snapshot table at $(printf 0x%x $table), of 60000 entries, passes the end of the file ($(stat -c %s bad.qcow2) bytes)"
    poke bad.qcow2 60 "$(be32 3)"
    truncate -s $((table + 160)) bad.qcow2 # two entries of 72 bytes are there, the third is cut
    snapshot_refused "snapshot 2 needs 40 bytes at $(printf 0x%x $((table + 144))), but the file ends at $((table + 160))"
}

@test "snapshot-l1-is-the-active-l1, -over-the-snapshot-table; l2-table-, data-cluster-over-the-snapshot-table" {
    local at
    bad_snapshots
    at=$(printf 0x%x $table)
    poke bad.qcow2 $((table + 72)) "$(be64 $((0x30000)))"
    snapshot_refused 'snapshot "two": the L1 table at 0x30000 lies over the active one at 0x30000'
    poke bad.qcow2 $((table + 72)) "$(be64 $table)"
    snapshot_refused "snapshot \"two\": the L1 table at $at lies over the snapshot table at $at"
    bad_snapshots
    poke bad.qcow2 $((16#$(peek bad.qcow2 $((table + 72)) 8))) 8000000000030000
    try qcow2cat -s two -o out.raw bad.qcow2
    expect 3 "qcow2cat: bad.qcow2: L2 table 0 at 0x30000 lies over the active L1 table"
    [ ! -e out.raw ]
    bad_snapshots
    truncate -s $((table + 0x10000)) bad.qcow2
    poke bad.qcow2 $((0x30000)) "$(be64 $((1 << 63 | table)))"
    refused 3 "L2 table 0 at $at lies over the snapshot table"
    bad_snapshots
    poke bad.qcow2 $((16#$(peek bad.qcow2 $((0x30000)) 8) & 0xffffffffff0000)) "$(be64 $((1 << 63 | table)))"
    refused 3 "the cluster of guest offset 0x0 lies over the snapshot table (at $at)"
}

@test "snapshot-extra-data-huge, -name-past-the-end, -name-with-nul" {
    bad_snapshots
    poke bad.qcow2 $((table + 36)) ffffffff
    snapshot_refused "snapshot 0 has 4294967295 bytes of extra data, more than 1024"
    bad_snapshots
    truncate -s $((table + 1000)) bad.qcow2
    poke bad.qcow2 $((table + 14)) ffff
    snapshot_refused "snapshot 0 needs 65560 bytes at $(printf 0x%x $((table + 40))), but the file ends at $((table + 1000))"
    bad_snapshots
    poke bad.qcow2 $((table + 66)) 00 # of "one" behind 40 bytes, 24 of extra data, and the ID
    snapshot_refused "the name of snapshot 0 has a NUL at byte 1 of 3"
}

@test "snapshot-l1-too-small, -unaligned, -past-the-end, -over-32-MiB; snapshot-disk-size-huge" {
    local two
    bad_snapshots
    two=$((table + 72)) # where the second entry starts
    poke bad.qcow2 $((two + 8)) "$(be32 0)"
    snapshot_refused 'snapshot "two": the L1 table has 0 entries, but a disk of 1048576 bytes needs 1'
    poke bad.qcow2 $((two + 8)) "$(be32 $((0x400001)))"
    snapshot_refused 'snapshot "two": the L1 table has 4194305 entries, more than 4194304'
    bad_snapshots
    poke bad.qcow2 $two "$(be64 $((0x50200)))"
    snapshot_refused 'snapshot "two": L1 table offset 0x50200 is not cluster-aligned'
    poke bad.qcow2 $two "$(be64 $((0x1000000)))"
    snapshot_refused "snapshot \"two\": L1 table of 8 bytes at 0x1000000 passes the end of the file ($(stat -c %s bad.qcow2) bytes)"
    bad_snapshots
    poke bad.qcow2 $((two + 48)) ffffffffffffffff # the disk's size, in the extra data
    snapshot_refused 'snapshot "two": the L1 table has 1 entries, but a disk of 18446744073709551615 bytes needs 34359738368'
}

# ---- damage that only costs ----

@test "one-compressed-cluster-mapped-a-million-times: costs what its tables take" {
    # Clusters of 2 MiB: four L2 tables of 262144 entries, all for the same compressed cluster.
    local l2 i
    qemu-img create -q -f qcow2 -o cluster_size=2M bad.qcow2 2T
    io -c 'write -c -P 7 0 2M' bad.qcow2
    l2=$((16#$(peek bad.qcow2 $((16#$(peek bad.qcow2 40 8))) 8) & 0xfffffffffe00))
    : >table
    poke table 0 "$(peek bad.qcow2 $l2 8)"
    for ((i = 0; i < 18; i++)); do
        cat table table >twice
        mv twice table
    done
    [ "$(stat -c %s table)" -eq $((1 << 21)) ]
    dd if=table of=bad.qcow2 bs=2M seek=$((l2 >> 21)) conv=notrunc status=none
    for i in 1 2 3; do
        dd if=table of=bad.qcow2 bs=2M seek=$((16 + i)) conv=notrunc status=none
        poke bad.qcow2 $((16#$(peek bad.qcow2 40 8) + 8 * i)) "$(be64 $((1 << 63 | (16 + i) << 21)))"
    done
    try qcow2info --map bad.qcow2
    expect 0
    [ "$output" = '[{ "start": 0, "length": 2199023255552, "depth": 0, "present": true, "zero": false, "data": true, "compressed": true}]' ]
    try bash -c 'qcow2info --json bad.qcow2 | jq -c "[.\"allocated-clusters\", .\"compressed-clusters\"]"'
    expect 0
    [ "$output" = "[1048576,1048576]" ]
    try bash -o pipefail -c 'qcow2cat --range=2199021158400+2097152 bad.qcow2 | tr -d "\007" | wc -c'
    expect 0
    [ "$output" -eq 0 ]
}

# image_of_tables NAME CLUSTER_BITS COUNT: an image that needs COUNT L2 tables.  It has all of them, in
# reverse order, as one hole at the end of the file; the L1 table is the third cluster.
image_of_tables() {
    perl -e '
        my ($name, $bits, $count) = @ARGV;
        my $cluster = 1 << $bits;
        my $l1 = 2 * $cluster;
        my $tables = $l1 + (int((8 * $count - 1) / $cluster) + 1) * $cluster;
        open my $o, ">:raw", $name or die;
        print $o pack("NNQ>NNQ>NNQ>Q>NNQ>Q>Q>Q>NN", 0x514649fb, 3, 0, 0, $bits, $count << 2 * $bits - 3,
            0, $count, $l1, $cluster, 1, 0, 0, 0, 0, 0, 4, 104);
        seek $o, $l1, 0;
        print $o pack "Q>", 1 << 63 | $tables + $_ * $cluster for reverse 0 .. $count - 1;
        truncate $o, $tables + $count * $cluster or die;
    ' "$@"
}

@test "l2-tables-in-a-hole: nothing is in them, and that costs nothing" {
    # Looked at entry by entry, these 2^31 would take many seconds.
    image_of_tables bad.qcow2 21 8192
    try qcow2info --map bad.qcow2
    expect 0
    [ "$output" = '[{ "start": 0, "length": 4503599627370496, "depth": 0, "present": false, "zero": true, "data": false, "compressed": false}]' ]
    try bash -c 'qcow2info --json bad.qcow2 | jq -c "[.\"allocated-clusters\", .\"compressed-clusters\"]"'
    expect 0
    [ "$output" = "[0,0]" ]
    try bash -c 'qcow2cat --range=4503599627366400+4096 bad.qcow2 | cmp - <(head -c 4096 /dev/zero)'
    expect 0
}

@test "l2-tables-with-one-entry-each: what lies between holes is found" {
    # Clusters of 16 KiB, L2 tables of 2048 entries: the last one maps the disk's clusters 0 to 2047.
    local table=$((0xc000)) entry
    image_of_tables bad.qcow2 14 4
    truncate -s $((0x24000)) bad.qcow2
    for entry in 0 63 64 65 1023 2047; do
        poke bad.qcow2 $((table + 8 * entry)) 800000000001c000        # the fourth table
        poke bad.qcow2 $((table + 0x8000 + 8 * entry)) 8000000000020000 # the second
    done
    agrees bad.qcow2
    try bash -c 'qcow2info --json bad.qcow2 | jq -c "[.\"allocated-clusters\", .\"compressed-clusters\"]"'
    expect 0
    [ "$output" = "[12,0]" ]
}

@test "l1-table-of-32-MiB: checked within the memory that the manual page says" {
    local binary
    need python3
    image_of_tables bad.qcow2 9 4194304
    binary=$(command -v qcow2cat)
    ! sanitized || skip "sanitizers take memory of their own"
    try python3 -c 'import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)' "$binary" --range=0+512 bad.qcow2
    expect 0
    [ "$output" -lt $((48 << 10)) ]
}

@test "every byte of the header and of each cluster's start flipped: a fault, or a whole disk" {
    # Flips in data show as data, those in metadata as a status.  Never a crash, and never a disk of
    # another length than the header says.
    local size at
    qemu-img create -q -f qcow2 -o cluster_size=512,compat=0.10 small.qcow2 2048
    io -c 'write -P 7 0 512' small.qcow2
    size=$(stat -c %s small.qcow2)
    for ((at = 0; at < size; at += at < 71 || at % 512 < 7 ? 1 : 512 - at % 512)); do
        flip small.qcow2 bad.qcow2 $at 0xff
        try qcow2cat -q -f qcow2 -o out.raw bad.qcow2
        case $status in
        0) [ "$(stat -c %s out.raw)" -eq $((16#$(peek bad.qcow2 24 8))) ] && rm out.raw ;;
        1 | 3 | 4) [ ! -e out.raw ] && [ -n "$stderr" ] ;;
        *) false ;;
        esac || { echo "byte $at: status $status: $stderr" >&2; return 1; }
    done
}
