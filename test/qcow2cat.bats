#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2002,SC2094  # bash -c gets its $1 later; cat makes a pipe, on purpose
# qcow2cat, against qemu-img: what it writes must be what `qemu-img convert -O raw` writes.

load helper

# Without waiting for the host's disk.
io() { qemu-io -t unsafe "$@" >/dev/null; }
convert() { qemu-img convert -t unsafe "$@"; }

setup_file() {
    need qemu-img qemu-io
    cd "$BATS_FILE_TMPDIR" || return
    # A disk with text, zeros, bytes that do not compress, and an end within a cluster and a sector's
    # multiple: 1802752 bytes.
    {
        seq 1 120000 | head -c 700000
        head -c 348576 /dev/zero
        head -c 10000 /dev/zero
        seq 1 400000 | gzip -9n | head -c 742640
        printf '%1536s' end
    } >content.raw
    # The image that most damage is done to: 64 KiB clusters, L1 table at 0x30000, L2 table at
    # 0x40000, the guest's first cluster at 0x50000.
    qemu-img create -q -f qcow2 good.qcow2 1M
    io -c 'write -P 7 0 64k' good.qcow2
    # The same with one compressed cluster, 65536 bytes of 7, at 0x50000.
    qemu-img create -q -f qcow2 packed.qcow2 1M
    io -c 'write -c -P 7 0 64k' packed.qcow2
    qemu-img create -q -f qcow2 -o compat=0.10 v2.qcow2 1M
    io -c 'write -P 7 0 64k' v2.qcow2
    # What overlays are made of: one cluster of its own, and no backing file yet.
    qemu-img create -q -f qcow2 own.qcow2 1M
    io -c 'write -P 5 64k 64k' own.qcow2
}

setup() {
    mkdir "$BATS_TEST_TMPDIR/work"
    cd "$BATS_TEST_TMPDIR/work" || return
    made=$BATS_FILE_TMPDIR
}

# An image reads as qemu-img reads it, into a file with holes and through a pipe.
agrees() {
    local image=$1
    convert -O raw "$image" want.raw
    try bash -c 'qcow2cat -q "$1" >got.raw' _ "$image"
    expect 0
    same got.raw want.raw
    qcow2cat -q "$image" | cmp - want.raw >&2
    rm -f got.raw want.raw
}

# bad IMAGE...: a copy of the good image (or of another one), to be damaged.
bad() {
    cp "$made/${1-good.qcow2}" bad.qcow2
}

# The damaged image ends with this status and message, and leaves nothing behind with -o.
refused() {
    local status=$1 message=$2
    try qcow2cat -o out.raw bad.qcow2
    expect "$status" "qcow2cat: bad.qcow2: $message"
    [ ! -e out.raw ]
    # From a pipe, too, wherever the fault does not lie in the name.
    try bash -o pipefail -c 'cat bad.qcow2 | qcow2cat -f qcow2 | cat >/dev/null'
    expect "$status" "qcow2cat: standard input: $message"
}

be32() { printf '%08x' "$1"; }
be64() { printf '%016x' "$1"; }

# set_backing IMAGE NAME: another backing file name in the place of one that is as long or longer.
set_backing() {
    local at
    at=$((16#$(peek "$1" 8 8)))
    poke "$1" "$at" "$(printf '%s' "$2" | od -An -v -tx1 | tr -d ' \n')"
    poke "$1" 16 "$(be32 ${#2})"
}

# overlay NAME BASE FORMAT: an image with one cluster of its own and a backing file that need not be.
overlay() {
    cp "$made/own.qcow2" "$1"
    qemu-img rebase -u -b "$2" -F "$3" "$1"
}

# ---- what every command does ----

@test "--help goes to standard output" {
    try qcow2cat --help
    expect 0
    [[ $output == "Usage: qcow2cat [OPTION]... [IMAGE]"* ]]
    [[ $output == *--backing-dir=DIR* && $output == *--no-backing* ]]
}

@test "--version names the version and the libraries" {
    try qcow2cat --version
    expect 0
    [[ $output == "qcow2cat (engram-tools) "*zlib*libzstd* ]]
}

@test "usage errors end with status 2" {
    try qcow2cat --bogus
    expect 2 "qcow2cat: unknown option '--bogus'
Try 'qcow2cat --help'."
    try qcow2cat -f vmdk x
    expect 2 "qcow2cat: option '--format' takes raw or qcow2, not 'vmdk'
Try 'qcow2cat --help'."
    try qcow2cat a b
    expect 2 "qcow2cat: one IMAGE at most, not 2
Try 'qcow2cat --help'."
    try qcow2cat --backing-dir
    expect 2 "qcow2cat: option '--backing-dir' needs an argument
Try 'qcow2cat --help'."
}

@test "a missing file, a directory" {
    try qcow2cat nowhere.qcow2
    expect 1 "qcow2cat: nowhere.qcow2: cannot open: No such file or directory"
    try qcow2cat .
    expect 2 "qcow2cat: .: is neither a regular file nor a block device"
}

@test "a full disk is a failure" {
    try bash -c 'qcow2cat "$1" >/dev/full' _ "$made/good.qcow2"
    expect 1 "qcow2cat: standard output: write failed: No space left on device"
}

@test "a reader that has enough ends it quietly" {
    try bash -o pipefail -c 'qcow2cat "$1" | head -c 1 | od -An -tx1' _ "$made/good.qcow2"
    expect 0
    [ "$output" = " 07" ]
    try bash -o pipefail -c 'cat "$1" | qcow2cat | head -c 1 | od -An -tx1' _ "$made/good.qcow2"
    expect 0
}

@test "binary output to a terminal is refused" {
    need script
    run script -qec "qcow2cat $made/good.qcow2; echo status \$?" /dev/null
    [[ $output == *"standard output: is a terminal: not writing binary data to it (use -o or a pipe)"*"status 2"* ]]
    [[ $output != *$'\x07'* ]]
}

@test "an output file that exists is replaced, or kept if the image is bad" {
    echo old >out.raw
    try qcow2cat -o out.raw "$made/good.qcow2"
    expect 0
    [ "$(stat -c %s out.raw)" -eq 1048576 ]
    bad
    poke bad.qcow2 4 "$(be32 9)" # version
    echo old >out.raw
    try qcow2cat -o out.raw bad.qcow2
    expect 4 "qcow2cat: bad.qcow2: qcow version 9 is not supported (2 and 3 are)"
    [ "$(cat out.raw)" = old ]
    left_behind . out.raw bad.qcow2
}

@test "--progress draws on standard error, the disk still goes to standard output" {
    try bash -c 'qcow2cat -P "$1" | sha256sum; exit "${PIPESTATUS[0]}"' _ "$made/good.qcow2"
    [ "$status" -eq 0 ]
    [[ $stderr == *qcow2cat* ]]
    [ "$output" = "$(qcow2cat "$made/good.qcow2" | sha256sum)" ]
}

# ---- raw input ----

@test "a raw file is passed through, of any length, holes kept" {
    local length
    for length in 0 1 3 4 511 100001; do
        head -c $length "$made/content.raw" >in.raw
        qcow2cat in.raw | cmp - in.raw >&2
        cat in.raw | qcow2cat | cmp - in.raw >&2
        qcow2cat <in.raw | cmp - in.raw >&2
    done
    truncate -s 64M in.raw
    try qcow2cat -o out.raw in.raw
    expect 0
    same in.raw out.raw
    [ "$(stat -c %b out.raw)" -le 1024 ]
}

@test "a raw stream is not kept: more can pass than a file may hold" {
    try bash -o pipefail -c 'ulimit -f 1024; seq 2000000 | qcow2cat | cmp - <(seq 2000000)'
    expect 0
}

@test "-f raw copies a qcow2 file as it is" {
    qcow2cat -f raw "$made/good.qcow2" | cmp - "$made/good.qcow2"
    cat "$made/good.qcow2" | qcow2cat --format=raw | cmp - "$made/good.qcow2"
}

@test "-f qcow2 refuses what is not qcow2" {
    printf 'not an image, but longer than a header is, to be told by its first four bytes' >bad.qcow2
    try qcow2cat -f qcow2 bad.qcow2
    expect 3 "qcow2cat: bad.qcow2: not a qcow2 image: it starts with 0x6e6f7420, not with 0x514649fb"
}

# ---- the matrix: versions, cluster sizes, compression ----

clusters="512 1024 2048 4096 8192 16384 32768 65536 131072 262144 524288 1048576 2097152"

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

@test "an empty disk of 15 TiB costs next to nothing" {
    qemu-img create -q -f qcow2 m.qcow2 15T
    try qcow2cat -o out.raw m.qcow2
    expect 0
    [ "$(stat -c %s out.raw)" -eq $((15 << 40)) ]
    [ "$(stat -c %b out.raw)" -le 16 ]
}

@test "-o keeps holes: zeros of every kind take no space" {
    qemu-img create -q -f qcow2 m.qcow2 64M
    io -c 'write -P 6 1M 1M' -c 'write -z 10M 10M' -c 'write -z -u 30M 10M' m.qcow2
    try qcow2cat -o out.raw m.qcow2
    expect 0
    [ "$(stat -c %b out.raw)" -le 2100 ]
    qcow2cat m.qcow2 >redirected.raw
    same out.raw redirected.raw
    [ "$(stat -c %b redirected.raw)" -le 2100 ]
}

@test "an image from a pipe and from redirected input" {
    qcow2cat "$made/good.qcow2" >want.raw
    cat "$made/good.qcow2" | qcow2cat | cmp - want.raw
    cat "$made/good.qcow2" | qcow2cat - | cmp - want.raw
    qcow2cat <"$made/good.qcow2" | cmp - want.raw
    cat "$made/packed.qcow2" | qcow2cat -f qcow2 -o got.raw
    same got.raw want.raw
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
    agrees m.qcow2
}

@test "chains: compressed overlays over compressed bases" {
    convert -c -f raw -O qcow2 "$made/content.raw" base.img
    qemu-img create -q -f qcow2 -o compression_type=zstd,cluster_size=4k -b base.img -F qcow2 m.qcow2
    io -c 'write -c -P 8 100k 40k' m.qcow2
    agrees m.qcow2
}

@test "chains: 200 images are read, 201 refused" {
    local i
    overlay 200.qcow2 201.qcow2 qcow2
    cp "$made/good.qcow2" 000.qcow2
    for ((i = 1; i < 200; i++)); do
        cp 200.qcow2 "$(printf %03d $i).qcow2"
        set_backing "$(printf %03d $i).qcow2" "$(printf %03d $((i - 1))).qcow2"
    done
    try bash -o pipefail -c 'qcow2cat 199.qcow2 | head -c 65537 | tail -c 2 | od -An -tx1'
    expect 0
    [ "$output" = " 07 05" ]
    set_backing 200.qcow2 199.qcow2
    try qcow2cat -o out.raw 200.qcow2
    expect 4 "qcow2cat: 001.qcow2: the backing chain has more than 200 images"
    [ ! -e out.raw ]
}

@test "chains: names count from the directory of the image that names them" {
    mkdir -p sub/deep
    cp "$made/good.qcow2" base.img
    (cd sub/deep && overlay mid.qcow2 ../../base.img qcow2)
    overlay top.qcow2 sub/deep/mid.qcow2 qcow2
    agrees top.qcow2
    # An absolute name is as good, if it lies beneath the outermost image's directory.
    overlay top.qcow2 "$PWD/sub/deep/mid.qcow2" qcow2
    agrees top.qcow2
    (cd sub && agrees ../top.qcow2)
}

@test "chains: links that stay inside are followed, and the top may be a link" {
    mkdir dir
    cp "$made/good.qcow2" dir/real.qcow2
    ln -s real.qcow2 dir/base.img
    (cd dir && overlay top.qcow2 base.img qcow2)
    agrees dir/top.qcow2
    ln -s dir alias
    agrees alias/top.qcow2
    # A link to the top: its own directory counts, not its target's, as in QEMU.
    ln -s dir/top.qcow2 top.qcow2
    try qcow2cat top.qcow2
    expect 1 "qcow2cat: top.qcow2: backing file \"base.img\": No such file or directory"
    cp "$made/good.qcow2" base.img
    agrees top.qcow2
}

@test "an undeclared backing format is detected, and said" {
    overlay top.qcow2 base.img raw
    poke top.qcow2 112 11111111 # the type of the backing format extension: unknown, so ignored
    cp "$made/good.qcow2" base.img
    try qcow2cat -o got.raw top.qcow2
    expect 0 "qcow2cat: top.qcow2: declares no format for backing file \"base.img\": taken for qcow2 by its content"
    qcow2cat base.img | cmp -n 65536 - got.raw
    cp "$made/content.raw" base.img
    try qcow2cat -o got.raw top.qcow2
    expect 0 "qcow2cat: top.qcow2: declares no format for backing file \"base.img\": taken for raw by its content"
    cmp -n 65536 base.img got.raw
    try qcow2cat -q -o got.raw top.qcow2
    expect 0
}

@test "a declared backing format is obeyed, whatever the content" {
    cp "$made/good.qcow2" base.img
    overlay top.qcow2 base.img raw
    agrees top.qcow2
    cmp -n 65536 base.img <(qcow2cat top.qcow2)
}

# ---- backing files that are refused ----

# refuses MESSAGE [STATUS [OPTION...]]: what is said of top.qcow2.
refuses() {
    local message=$1 want=${2-4}
    shift $(($# < 2 ? $# : 2))
    try qcow2cat -o out.raw "$@" top.qcow2
    expect "$want" "qcow2cat: $message"
    [ ! -e out.raw ]
}

@test "backing file missing" {
    overlay top.qcow2 base.img qcow2
    refuses 'top.qcow2: backing file "base.img": No such file or directory' 1
}

@test "backing file is the image itself" {
    overlay top.qcow2 tip.qcow2 qcow2
    set_backing top.qcow2 top.qcow2
    refuses 'top.qcow2: backing file "top.qcow2" is already in the chain: it is a loop' 3
    # The same file by another name.
    overlay top.qcow2 alias.qcow2 qcow2
    ln top.qcow2 alias.qcow2
    refuses 'top.qcow2: backing file "alias.qcow2" is already in the chain: it is a loop' 3
}

@test "backing files in a circle" {
    overlay top.qcow2 one.qcow2 qcow2
    overlay one.qcow2 two.qcow2 qcow2
    overlay two.qcow2 one.qcow2 qcow2
    refuses 'two.qcow2: backing file "one.qcow2" is already in the chain: it is a loop' 3
}

@test "backing file outside, relative: --backing-dir allows it" {
    local dir
    mkdir inside outside
    dir=$(realpath outside)
    cp "$made/good.qcow2" outside/base.img
    cd inside
    overlay top.qcow2 ../outside/base.img qcow2
    refuses "top.qcow2: backing file \"../outside/base.img\" lies outside the image's directory (--backing-dir=$dir allows it)"
    try qcow2cat --backing-dir="$dir" -o out.raw top.qcow2
    expect 0
    convert -O raw top.qcow2 want.raw
    same out.raw want.raw
    # Relative, and one of several, too.
    try qcow2cat --backing-dir=. --backing-dir=../outside -o out.raw top.qcow2
    expect 0
    try qcow2cat --backing-dir=nowhere -o out.raw top.qcow2
    expect 1 "qcow2cat: nowhere: cannot open directory: No such file or directory"
}

@test "backing file outside, absolute: --backing-dir allows it" {
    overlay top.qcow2 "$made/good.qcow2" qcow2
    refuses "top.qcow2: backing file \"$made/good.qcow2\" lies outside the image's directory (--backing-dir=$made allows it)"
    try qcow2cat --backing-dir="$made" -o out.raw top.qcow2
    expect 0
    rm out.raw
    overlay top.qcow2 /etc/hostname raw
    refuses "top.qcow2: backing file \"/etc/hostname\" lies outside the image's directory (--backing-dir=/etc allows it)"
}

@test "backing file is a link that leads outside: --backing-dir allows it" {
    local dir
    mkdir inside outside
    dir=$(realpath outside)
    cp "$made/good.qcow2" outside/base.img
    cd inside
    ln -s ../outside/base.img relative
    ln -s "$dir/base.img" absolute
    ln -s ../outside directory
    local name
    for name in relative absolute directory/base.img; do
        overlay top.qcow2 $name qcow2
        refuses "top.qcow2: backing file \"$name\" lies outside the image's directory (--backing-dir=$dir allows it)"
        try qcow2cat --backing-dir="$dir" -o out.raw top.qcow2
        expect 0
        rm out.raw
    done
    ln -s ../outside/nothing dangling
    overlay top.qcow2 dangling qcow2
    refuses 'top.qcow2: backing file "dangling": No such file or directory' 1
}

@test "backing file of a backing file lies outside" {
    mkdir inside
    cp "$made/good.qcow2" base.img
    cd inside
    overlay top.qcow2 mid.qcow2 qcow2
    overlay mid.qcow2 ../base.img qcow2
    refuses "mid.qcow2: backing file \"../base.img\" lies outside the image's directory (--backing-dir=$(realpath ..) allows it)"
}

@test "backing file is a pipe, a directory, a device" {
    mkfifo fifo
    mkdir directory
    overlay top.qcow2 fifo raw
    refuses 'top.qcow2: backing file "fifo" is not a regular file'
    overlay top.qcow2 directory raw
    refuses 'top.qcow2: backing file "directory" is not a regular file'
    overlay top.qcow2 /dev/zero raw
    refuses 'top.qcow2: backing file "/dev/zero" is not a regular file' 4 --backing-dir=/dev
}

@test "backing file named with a protocol" {
    local name
    overlay top.qcow2 a-name-that-is-longer-than-all-others.img raw
    for name in nbd:localhost:10809 nbd://host/x file:base.img 'json:{}' https://host/base.img fd:0; do
        set_backing top.qcow2 "$name"
        refuses "top.qcow2: backing file \"$name\" is named with a protocol: only plain files are opened"
        refuses "top.qcow2: backing file \"$name\" is named with a protocol: only plain files are opened" 4 --backing-dir=/
    done
}

@test "--no-backing refuses any backing file, and nothing else" {
    cp "$made/good.qcow2" base.img
    overlay top.qcow2 base.img qcow2
    refuses 'top.qcow2: needs backing file "base.img", which --no-backing refuses' 4 --no-backing
    try qcow2cat --no-backing -o out.raw base.img
    expect 0
}

@test "an image with a backing file from standard input" {
    cp "$made/good.qcow2" base.img
    overlay top.qcow2 base.img qcow2
    try bash -o pipefail -c 'cat top.qcow2 | qcow2cat >out.raw'
    expect 4 "qcow2cat: standard input: needs backing file \"base.img\", which can be found only if the image is given as a file's name"
}

@test "backing format that is not read" {
    qemu-img create -q -f vmdk base.img 1M
    overlay top.qcow2 base.img vmdk
    refuses 'top.qcow2: backing format "vmdk" is not supported'
}

@test "a damaged backing file is named" {
    cp "$made/good.qcow2" base.img
    mkdir sub
    mv base.img sub
    overlay top.qcow2 sub/base.img qcow2
    poke sub/base.img $((0x40000)) "$(be64 $((0x8000000001000000)))" # L2 entry 0: far past the end
    refuses 'sub/base.img: the cluster of guest offset 0x0 lies at 0x1000000, past the end of the file (393216 bytes)' 3
    poke sub/base.img 20 "$(be32 8)" # cluster_bits
    refuses 'sub/base.img: cluster_bits is 8, outside 9 to 21' 3
    printf 'QFI' >sub/base.img
    refuses 'sub/base.img: the file ends at 3, within the qcow2 header (72 bytes)' 3
}

@test "control characters in a backing file's name do not reach the terminal" {
    overlay top.qcow2 abcdefgh raw
    set_backing top.qcow2 $'a\e[2Jb'
    try qcow2cat top.qcow2
    [ "$status" -eq 1 ]
    [[ $stderr == *'[2Jb": No such file or directory' ]]
    [[ $stderr != *$'\e'* ]]
}

# ---- features that are refused, or told of ----

@test "external data file" {
    qemu-img create -q -f qcow2 -o data_file=data.raw bad.qcow2 1M
    refused 4 "needs features that are not supported: external data file (bit 2)"
}

@test "extended L2 entries" {
    qemu-img create -q -f qcow2 -o extended_l2=on bad.qcow2 1M
    refused 4 "needs features that are not supported: extended L2 entries (bit 4)"
}

@test "unknown incompatible features, named by the image's own table and not" {
    bad
    # The table at 0x70 names bit 0 first; its entry becomes one for bit 5, "dirty bit" as before.
    poke bad.qcow2 $((0x79)) 05
    poke bad.qcow2 72 "$(be64 $((1 << 5 | 1 << 62)))"
    refused 4 "needs features that are not supported: dirty bit (bit 5), unknown (bit 62)"
}

@test "unknown compatible and autoclear features are ignored" {
    bad
    poke bad.qcow2 80 "$(be64 -1)" "$(be64 -1)"
    qcow2cat bad.qcow2 | cmp - <(qcow2cat "$made/good.qcow2")
}

@test "encryption: AES, LUKS, and what nobody knows" {
    bad
    poke bad.qcow2 32 "$(be32 1)"
    refused 4 "AES encryption is not supported (crypt_method 1)"
    poke bad.qcow2 32 "$(be32 2)"
    refused 4 "LUKS encryption is not supported (crypt_method 2)"
    poke bad.qcow2 32 "$(be32 3)"
    refused 4 "an unknown encryption is not supported (crypt_method 3)"
    qemu-img create -q -f qcow2 --object secret,id=s,data=abc \
        -o encrypt.format=aes,encrypt.key-secret=s bad.qcow2 1M
    refused 4 "AES encryption is not supported (crypt_method 1)"
}

@test "versions 1 and 4" {
    bad
    poke bad.qcow2 4 "$(be32 1)"
    refused 4 "qcow version 1 is not supported (2 and 3 are)"
    poke bad.qcow2 4 "$(be32 4)"
    refused 4 "qcow version 4 is not supported (2 and 3 are)"
}

@test "the dirty bit is told of, and the image read" {
    bad
    poke bad.qcow2 72 "$(be64 1)"
    try qcow2cat -o out.raw bad.qcow2
    expect 0 "qcow2cat: bad.qcow2: was not closed properly (dirty bit); it is read as it stands"
    cmp out.raw <(qcow2cat "$made/good.qcow2")
    try qcow2cat -q -o out.raw bad.qcow2
    expect 0
}

@test "the corrupt bit is told of, and the image read" {
    bad
    poke bad.qcow2 72 "$(be64 2)"
    try qcow2cat -o out.raw bad.qcow2
    expect 0 "qcow2cat: bad.qcow2: is marked as corrupt (corrupt bit); it is read as it stands"
    cmp out.raw <(qcow2cat "$made/good.qcow2")
}

@test "a version 3 header of 104 bytes, as older programs wrote it" {
    bad
    poke bad.qcow2 100 "$(be32 104)" # what follows are 8 zero bytes: the end of the extensions
    agrees bad.qcow2
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

@test "data-cluster-unaligned, -past-the-end, -over-the-header, -over-the-l1-table" {
    bad
    poke bad.qcow2 $((0x40000)) 8000000000050200
    refused 3 "the cluster of guest offset 0x0 lies at 0x50200, which is not cluster-aligned"
    poke bad.qcow2 $((0x40000)) 8000000000060000
    refused 3 "the cluster of guest offset 0x0 lies at 0x60000, past the end of the file (393216 bytes)"
    poke bad.qcow2 $((0x40000)) 8000000000000000
    refused 3 "the cluster of guest offset 0x0 lies over the header or the L1 table (at 0x0)"
    poke bad.qcow2 $((0x40000)) 8000000000030000
    refused 3 "the cluster of guest offset 0x0 lies over the header or the L1 table (at 0x30000)"
}

@test "damage in the last of many clusters: what comes before is written, then the fault" {
    bad
    poke bad.qcow2 $((0x40078)) 80ffffffffff0000 # the L2 entry of the disk's last cluster
    try bash -o pipefail -c 'qcow2cat bad.qcow2 | wc -c'
    expect 3 "qcow2cat: bad.qcow2: the cluster of guest offset 0xf0000 lies at 0xffffffffff0000, past the end of the file (393216 bytes)"
    [ "$output" -le 983040 ]
}

@test "compressed-cluster-past-the-end, -over-the-header" {
    bad packed.qcow2
    poke bad.qcow2 $((0x40000)) 4000000001000000
    refused 3 "the compressed cluster of guest offset 0x0 lies at 0x1000000, past the end of the file ($(stat -c %s bad.qcow2) bytes)"
    poke bad.qcow2 $((0x40000)) 4000000000000010
    refused 3 "the compressed cluster of guest offset 0x0 lies over the header (at 0x10)"
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

@test "every byte of the header and of each cluster's start flipped: a fault, or a whole disk" {
    # Flips in data show as data, those in metadata as a status.  Never a crash, and never a disk of
    # another length than the header says.
    local size at
    qemu-img create -q -f qcow2 -o cluster_size=512,compat=0.10 small.qcow2 2048
    io -c 'write -P 7 0 512' small.qcow2
    size=$(stat -c %s small.qcow2)
    for ((at = 0; at < size; at += at < 71 || at % 512 < 7 ? 1 : 512 - at % 512)); do
        cp small.qcow2 bad.qcow2
        poke bad.qcow2 $at "$(printf %02x $((16#$(peek bad.qcow2 $at 1) ^ 0xff)))"
        try qcow2cat -q -f qcow2 -o out.raw bad.qcow2
        case $status in
        0) [ "$(stat -c %s out.raw)" -eq $((16#$(peek bad.qcow2 24 8))) ] && rm out.raw ;;
        1 | 3 | 4) [ ! -e out.raw ] && [ -n "$stderr" ] ;;
        *) false ;;
        esac || { echo "byte $at: status $status: $stderr" >&2; return 1; }
    done
}
