#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # bats sets status, output, stderr
# partls: what the partitions hold, against blkid.

load helper
load part
load probe

setup_file() {
    need blkid jq sfdisk qemu-img
    cd "$BATS_FILE_TMPDIR" || return 1
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

# of_blkid IMAGE TAG
of_blkid() {
    blkid -p -s "$2" -o value "$1" || true
}

@test "type, label and UUID of every kind, as blkid has them" {
    local kind all operands=() n=0
    mapfile -t all < <(kinds | tr ' ' '\n')
    for kind in "${all[@]}"; do
        make_of "$kind" "$kind.img" "L-$kind" 2>/dev/null || make_of "$kind" "$kind.img"
        operands+=("$kind.img:name=$kind")
    done
    partmake -o disk.raw "${operands[@]}"
    partls --json disk.raw >table
    for kind in "${all[@]}"; do
        printf '%s|%s|%s|%s\n' "$kind" "$(of_blkid "$kind.img" TYPE)" "$(of_blkid "$kind.img" LABEL)" \
            "$(of_blkid "$kind.img" UUID)"
    done >wanted
    jq -r '.partitiontable.partitions[] | [.name, .fstype // "", .fslabel // "", .fsuuid // ""] | join("|")' table >got
    same got wanted
    n=$(wc -l <wanted)
    [ "$n" -eq "${#all[@]}" ] && [ "$n" -ge 18 ]
    # Most tools take a label, and all but a few kinds have a UUID.
    [ "$(cut -d'|' -f3 wanted | grep -c .)" -ge 10 ]
    [ "$(cut -d'|' -f4 wanted | grep -c .)" -ge 15 ]
    # The columns say the same.
    try partls disk.raw
    expect 0
    [ "$(grep -cE '^ +1 .*  Linux filesystem  ext2  .*  -      ext2 +L-ext2$' <<<"$output")" -eq 1 ]
    [ "$(grep -cE '  squashfs +[0-9A-F-]{36}  -      squashfs +-$' <<<"$output")" -eq 1 ]
}

@test "a label that would drive a terminal, and an extended partition that is not looked into" {
    blank fs.img 1M
    mke2fs -q -F -t ext2 -L $'\e[2J' fs.img
    partmake -t mbr --size=16M -o disk.raw fs.img fs.img :type=extended fs.img
    try partls disk.raw
    expect 0
    [ "$(grep -cF '  ext2 ' <<<"$output")" -eq 3 ]
    [ "$(grep -cF '  \x1b[2J' <<<"$output")" -eq 3 ]
    # The file system's start where the extended partition's boot record is.
    dd if=fs.img of=disk.raw bs=1024 skip=1 seek=$((6145)) count=1 conv=notrunc status=none
    partls disk.raw | grep -E '^ +3 .* Extended +- '
}

@test "a partition that passes the end of the disk: what there is of it" {
    blank fs.img 8M
    mke2fs -q -F -t ext4 -L cut fs.img
    partmake -o disk.raw fs.img fs.img
    truncate -s 11M disk.raw
    try partls -q disk.raw
    [ "$status" -eq 5 ]
    [ "$(grep -cE '  ext4  .*  cut$' <<<"$output")" -eq 2 ]
    grep -E '  past-end  .*  cut$' <<<"$output"
    # Nothing is left of the second.
    truncate -s 9M disk.raw
    try partls -q disk.raw
    [ "$status" -eq 5 ]
    grep -E '^ +2 .* Linux filesystem +- +[0-9A-F-]+  past-end +- +-$' <<<"$output"
}

@test "a partition that cannot be read: told, and the table is shown" {
    blank fs.img 1M
    mke2fs -q -F -t ext4 fs.img
    partmake -o disk.raw fs.img fs.img
    qemu-img convert -c -O qcow2 disk.raw disk.qcow2
    # The compressed cluster at 1 MiB, where the first partition starts.
    l2=$((0x$(peek disk.qcow2 $((0x$(peek disk.qcow2 40 8))) 8) & 0x00fffffffffffe00))
    at=$((0x$(peek disk.qcow2 $((l2 + 16 * 8)) 8) & 0x003fffffffffffff))
    poke disk.qcow2 $((at + 20)) ffffffffffffffff
    try partls disk.qcow2
    expect_like 5 "partls: disk.qcow2: what partition 1 holds cannot be read: .*"
    grep -E '^ +2 .*  ext4 ' <<<"$output"
    grep -E '^ +1 .* Linux filesystem +- ' <<<"$output"
}

@test "more partitions than are looked into" {
    (echo label: gpt && for _ in {1..300}; do echo size=64; done) >script
    partmake --align=512 --script=script -o disk.raw
    try partls disk.raw
    expect 0 'partls: disk.raw: what the partitions hold is looked at for the first 256 of 300'
    [ "$(wc -l <<<"$output")" -eq 302 ]
}
