# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2016  # bats sets output; bash -c gets its $1 later
# What the tests of qcow2 images share: images to start from, judges, damage.

# Without waiting for the host's disk.
io() { qemu-io -t unsafe "$@" >/dev/null; }
convert() { qemu-img convert -t unsafe "$@"; }

# For setup_file: the images that most tests start from.
make_images() {
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

# For setup: an empty directory for the test; what make_images made is in $made.
enter_work() {
    mkdir "$BATS_TEST_TMPDIR/work"
    cd "$BATS_TEST_TMPDIR/work" || return
    made=$BATS_FILE_TMPDIR
}

# A map as `qemu-img map --output=json` prints it, line by line, without what only newer ones tell:
# compression.  Ranges that then are the same are merged.  With "data is data", nothing is said of the
# zeros of data either.
normal_map() {
    sed 's/, "compressed": [a-z]*//' | awk -F '[][ ,:{}]+' -v data_is_data="${1-}" '
        function flush() { if (length_ || NR == 1) print start, length_, kind, offset }
        {
            k = $7 " " $9 " " $13 " " (data_is_data && $13 == "true" ? "data" : $11)
            o = $14 == "\"offset\"" ? $15 : "-"
            if (NR > 1 && k == kind && (o == "-" ? offset == "-" : offset != "-" && o == offset + length_)) {
                length_ += $5
                next
            }
            if (NR > 1) flush()
            start = $3; length_ = $5; kind = k; offset = o
        }
        END { flush() }'
}

# same_map WANT GOT: two files; GOT is ours.  QEMU looks for holes beneath the data of an image only
# if its file takes much less room than its reference counts say, and qcow2info always: where QEMU
# does not, all must be the same but that.
same_map() {
    local how=''
    if grep -q '"zero": true, "data": true' "$2" && ! grep -q '"zero": true, "data": true' "$1"; then
        how='data is data'
    fi
    diff <(normal_map "$how" <"$1") <(normal_map "$how" <"$2") >&2
}

# The map of an image is qemu-img's, the chain included.
map_agrees() {
    qemu-img map --output=json "$@" >map.json
    try into got.json qcow2info -q --map "$@"
    expect 0
    same_map map.json got.json
    rm -f map.json got.json
}

# An image reads as qemu-img reads it, and has the map that qemu-img gives it.
agrees() {
    local image=$1
    convert -O raw "$image" want.raw
    try into got.raw qcow2cat -q "$image"
    expect 0
    same got.raw want.raw
    rm -f got.raw want.raw
    map_agrees "$image"
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
