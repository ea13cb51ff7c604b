#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154,SC2016  # load qcow2 sets $made; bash -c gets its $1 later
# Images of every shape, generated: qcow2cat writes the bytes that qemu-img converts them to, and
# qcow2info --map prints what qemu-img map does.

load helper
load qcow2

setup_file() {
    need qemu-img qemu-io
    cd "$BATS_FILE_TMPDIR" || return
    make_images
}

setup() {
    enter_work
}

# ---- the matrix: versions, cluster sizes, compression ----

clusters="512 1024 2048 4096 8192 16384 32768 65536 131072 262144 524288 1048576 2097152"
sanitized && clusters="512 4096 65536 2097152"

# matrix OPTIONS [-c]: the content at every cluster size.
matrix() {
    local size
    for size in $clusters; do
        convert ${2:+"$2"} -f raw -O qcow2 -o "$1,cluster_size=$size" "$made/content.raw" m.qcow2
        agrees m.qcow2 || { echo "cluster_size=$size $*" >&2; return 1; }
        cmp <(qcow2cat m.qcow2) "$made/content.raw" >&2
    done
}

@test "version 2, every cluster size" { matrix compat=0.10; }
@test "version 2, every cluster size, zlib" { matrix compat=0.10 -c; }
@test "version 3, every cluster size" { matrix compat=1.1; }
@test "version 3, every cluster size, zlib" { matrix compat=1.1 -c; }
@test "version 3, every cluster size, zstd" { matrix compat=1.1,compression_type=zstd -c; }

@test "every cluster size, all kinds of clusters mixed" {
    local size
    for size in $clusters; do
        qemu-img create -q -f qcow2 -o cluster_size="$size" m.qcow2 5000192
        io -c 'write -P 1 700 3000' -c 'write -P 2 1000448 900k' -c 'write -z 1200k 100k' \
            -c 'write -z -u 1400k 64k' -c 'discard 1500k 64k' -c "write -c -P 3 2M $size" \
            -c "write -c -P 4 4M 805888" -c 'write -P 5 4999680 512' m.qcow2
        agrees m.qcow2 || { echo "cluster_size=$size" >&2; return 1; }
    done
}

@test "preallocation of every kind" {
    local kind size
    for kind in off metadata falloc full; do
        for size in 512 65536 2097152; do
            qemu-img create -q -f qcow2 -o preallocation=$kind,cluster_size=$size m.qcow2 1234432
            agrees m.qcow2
            io -c 'write -P 6 100k 300k' m.qcow2
            agrees m.qcow2
        done
    done
}

@test "refcounts of every width, lazy ones, internal snapshots, bitmaps" {
    local bits
    for bits in 1 2 4 8 16 32 64; do
        qemu-img create -q -f qcow2 -o refcount_bits=$bits,lazy_refcounts=on m.qcow2 1M
        io -c 'write -P 6 100k 300k' m.qcow2
        agrees m.qcow2
    done
    qemu-img snapshot -c first m.qcow2
    io -c 'write -P 7 200k 300k' m.qcow2
    qemu-img bitmap --add m.qcow2 marks
    agrees m.qcow2
}

@test "virtual sizes at the edges: 0, less than a cluster, one L2 table and one sector" {
    local size
    for size in 0 512 65024 65536 66048 262144 262656; do
        qemu-img create -q -f qcow2 -o cluster_size=4096 m.qcow2 $size
        [ $size -eq 0 ] || io -c "write -P 9 $((size - 512)) 512" m.qcow2
        agrees m.qcow2
        [ "$(qcow2cat m.qcow2 | wc -c)" -eq $size ]
    done
}

@test "a last cluster that the file has only as far as the disk reaches" {
    qemu-img create -q -f qcow2 m.qcow2 66048
    io -c 'write -P 9 65536 512' m.qcow2
    truncate -s $((0x50000 + 512)) m.qcow2
    agrees m.qcow2
    truncate -s $((0x50000 + 511)) m.qcow2
    try qcow2cat -o out.raw m.qcow2
    expect 3 "qcow2cat: m.qcow2: the cluster of guest offset 0x10000 lies at 0x50000, and the file ends within it (328191 bytes)"
}

@test "a compressed cluster whose last sector the file does not have whole" {
    # The stream ends well before the sectors that are counted for it.
    local length
    length=$(stat -c %s "$made/packed.qcow2")
    bad packed.qcow2
    [ "$length" -gt $((0x50000)) ]
    truncate -s $((0x50000 + 100)) bad.qcow2
    agrees bad.qcow2
}

# ---- extended L2 entries, data files, snapshots ----

# mixed OPTIONS SIZE CLUSTER [BASE FORMAT]: writes that begin and end within clusters and subclusters.
mixed() {
    local cluster=$3 zeros=400k
    rm -f m.qcow2
    [ $((3 * $3)) -le "$2" ] && zeros=$((2 * $3))
    qemu-img create -q -f qcow2 -o "$1,cluster_size=$cluster" ${4:+-b "$4" -F "$5"} m.qcow2 "$2"
    io -c 'write -P 1 512 1k' -c 'write -P 2 100k 70k' -c 'write -z 200k 100k' -c 'write -P 3 210k 5k' \
        -c 'write -z -u 400k 64k' -c 'discard 410k 16k' -c "write -z -u $zeros $((cluster / 2 < 200000 ? cluster / 2 : 200000))" \
        -c "write -P 4 $(($2 - 512)) 512" m.qcow2
    agrees m.qcow2 || { echo "$*" >&2; return 1; }
}

extended_clusters="16384 32768 65536 131072 262144 524288 1048576 2097152"
sanitized && extended_clusters="16384 2097152"

@test "extended L2 entries, every cluster size" {
    local size
    for size in $extended_clusters; do
        mixed extended_l2=on 5000192 "$size"
        io -c "write -c -P 5 $((size < 1 << 21 ? 3 << 20 : 1 << 21)) $size" m.qcow2
        agrees m.qcow2
    done
}

@test "extended L2 entries, compressed with zlib and zstd" {
    local type size
    for type in zlib zstd; do
        for size in 16384 65536 2097152; do
            convert -c -f raw -O qcow2 -o extended_l2=on,compression_type=$type,cluster_size=$size \
                "$made/content.raw" m.qcow2
            agrees m.qcow2
        done
    done
}

@test "extended L2 entries in chains: over and under every cluster size" {
    local size
    cp "$made/content.raw" base.raw
    for size in $extended_clusters; do
        mixed extended_l2=on 2000896 "$size" base.raw raw
        mv m.qcow2 mid.qcow2
        mixed "cluster_size=4096" 2500096 4096 mid.qcow2 qcow2
        mv m.qcow2 low.qcow2
        mixed extended_l2=on 1500160 32768 low.qcow2 qcow2
    done
}

@test "extended L2 entries, preallocated" {
    local kind
    for kind in metadata falloc full; do
        qemu-img create -q -f qcow2 -o preallocation=$kind,extended_l2=on m.qcow2 1234432
        agrees m.qcow2
        io -c 'write -P 6 100k 300k' -c 'write -z 200k 10k' m.qcow2
        agrees m.qcow2
    done
}

@test "external data files, every cluster size" {
    local size
    for size in $clusters; do
        mixed data_file=m.data 1234432 "$size"
    done
}

@test "external data files that are raw, every cluster size" {
    local size
    for size in $clusters; do
        rm -f m.data
        convert -f raw -O qcow2 -o data_file=m.data,data_file_raw=on,cluster_size="$size" \
            "$made/content.raw" m.qcow2
        agrees m.qcow2
        cmp -n 1802752 m.data "$made/content.raw" >&2
        mixed data_file=m.data,data_file_raw=on 1234432 "$size"
    done
}

@test "external data files with extended L2 entries, and in chains" {
    local size
    cp "$made/content.raw" base.raw
    for size in $extended_clusters; do
        mixed extended_l2=on,data_file=m.data 5000192 "$size"
        mixed data_file=low.data 1400320 "$size" base.raw raw
        mv m.qcow2 low.qcow2
        mixed data_file=m.data 1800192 4096 low.qcow2 qcow2
    done
}

# snapshot_agrees NAME: read as this snapshot, an image is what qemu-img turns a copy of it into.
snapshot_agrees() {
    cp m.qcow2 applied.qcow2
    qemu-img snapshot -a "$1" applied.qcow2
    convert -O raw applied.qcow2 want.raw
    try qcow2cat -s "$1" -o got.raw m.qcow2
    expect 0
    same got.raw want.raw
    # The copy is a file with holes of its own.
    diff <(qemu-img map --output=json applied.qcow2 | normal_map 'data is data') \
        <(qcow2info --map -s "$1" m.qcow2 | normal_map 'data is data') >&2
}

@test "internal snapshots of each version, at several cluster sizes" {
    local options n
    for options in compat=0.10,cluster_size=512 compat=0.10 cluster_size=4096 cluster_size=2M \
        extended_l2=on compression_type=zstd,cluster_size=64k; do
        qemu-img create -q -f qcow2 -o $options m.qcow2 8M
        for n in 1 2 3; do
            io -c "write -P $n $((n * 70))k 200k" -c "write -z $((n * 90))k 20k" -c "write -c -P 9 $((n * 2))M 2M" m.qcow2
            qemu-img snapshot -c snap$n m.qcow2
        done
        io -c 'write -P 8 0 1M' m.qcow2
        for n in 1 2 3; do
            snapshot_agrees snap$n
        done
        snapshot_agrees 2 # by its ID
        agrees m.qcow2
    done
}

@test "internal snapshots of a disk that had another size, and of an overlay" {
    qemu-img create -q -f qcow2 m.qcow2 1M
    io -c 'write -P 1 100k 924k' m.qcow2
    qemu-img snapshot -c small m.qcow2
    qemu-img resize -q m.qcow2 3M
    io -c 'write -P 2 1M 2M' m.qcow2
    qemu-img snapshot -c large m.qcow2
    qemu-img resize -q --shrink m.qcow2 512k
    snapshot_agrees small
    snapshot_agrees large
    agrees m.qcow2
    [ "$(qcow2cat -s small m.qcow2 | wc -c)" -eq $((1 << 20)) ]
    [ "$(qcow2cat -s large m.qcow2 | wc -c)" -eq $((3 << 20)) ]
    mv m.qcow2 base.qcow2
    qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 m.qcow2 1M
    io -c 'write -P 3 64k 64k' m.qcow2
    qemu-img snapshot -c over m.qcow2
    io -c 'write -P 4 64k 128k' m.qcow2
    snapshot_agrees over
}

# ---- backing chains ----

# chain BASE_FORMAT BASE_SIZE OPTIONS SIZE [OPTIONS SIZE...]: overlays with data, zeros, discards.
chain() {
    local format=$1 base=base.img options size n=0
    rm -f base.img o?.qcow2
    qemu-img create -q -f "$format" base.img "$2"
    io -f "$format" -c "write -P 1 0 $2" -c 'write -P 2 70000 50000' -c 'write -z 200k 64k' base.img
    shift 2
    while [ $# -gt 0 ]; do
        n=$((n + 1)) options=$1 size=$2
        shift 2
        qemu-img create -q -f qcow2 -o "$options" -b $base -F "$format" o$n.qcow2 "$size"
        io -c "write -P 1$n $((n * 3000)) 5000" -c "write -P 2$n $((n * 90))k 30k" \
            -c "write -z -u $((n * 70 + 150))k 9k" -c "discard $((n * 64))k 64k" o$n.qcow2
        base=o$n.qcow2 format=qcow2
    done
    agrees $base || { echo "chain ending in $options $size" >&2; return 1; }
}

@test "chains: a base of each format, shorter, as long, longer than the overlay" {
    local format size cluster
    for format in raw qcow2; do
        for size in 300032 1048576 3000320; do
            for cluster in 512 4096 65536 2097152; do
                chain $format $size cluster_size=$cluster 1M
            done
        done
    done
}

@test "chains: three deep, cluster sizes and versions mixed, a short one in the middle" {
    chain raw 1M cluster_size=2M 1M cluster_size=512 1M cluster_size=64k 1M
    chain qcow2 2M compat=0.10,cluster_size=4k 2M compat=1.1,cluster_size=1M 2M compat=0.10,cluster_size=512 2M
    chain qcow2 2M cluster_size=4k 400k cluster_size=64k 2M
    chain raw 2M cluster_size=64k 300032 cluster_size=1k 2M cluster_size=4k 1M
}

@test "chains: a raw base that ends within a sector" {
    head -c 100001 "$made/content.raw" >base.img
    qemu-img create -q -f qcow2 -b base.img -F raw m.qcow2 1M
    # Not its map: QEMU counts raw files in sectors.
    convert -O raw m.qcow2 want.raw
    qcow2cat m.qcow2 | cmp - want.raw >&2
}

@test "chains: compressed overlays over compressed bases" {
    convert -c -f raw -O qcow2 "$made/content.raw" base.img
    qemu-img create -q -f qcow2 -o compression_type=zstd,cluster_size=4k -b base.img -F qcow2 m.qcow2
    io -c 'write -c -P 8 100k 40k' m.qcow2
    agrees m.qcow2
}
