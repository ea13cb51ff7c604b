#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2154  # try bash -c '...'; bats sets status, output, stderr
# Tables of other kinds, disks without a table, and sectors of other sizes.

load helper
load part

setup() {
    need sfdisk fdisk jq losetup blkid mke2fs openssl perl
    cd "$BATS_TEST_TMPDIR" || return 1
}

@test "tables of other kinds are named" {
    local label
    for label in sun sgi; do
        blank $label.raw 64M
        echo "label: $label" | sfdisk --quiet $label.raw
    done
    try partls sun.raw
    expect 4 'partls: sun.raw: a Sun disk label, which is not read'
    try partls sgi.raw
    expect 4 'partls: sgi.raw: an SGI disk label, which is not read'
    # fdisk writes a BSD disklabel into a partition, which is then a disk of its own.
    disk bsd.raw 64M 'label: dos' 'start=2048, type=a5'
    printf '%s\n' b y n '' '' '' w q | fdisk bsd.raw >/dev/null
    dd if=bsd.raw of=alone.raw bs=512 skip=2048 status=none
    [[ $(fdisk --list alone.raw) == *'Disklabel type: bsd'* ]]
    try partls alone.raw
    expect 4 'partls: alone.raw: a BSD disklabel, which is not read'
    try bash -c 'cat alone.raw | partextract 1'
    expect 4 'partextract: standard input: a BSD disklabel, which is not read'
    # Where other machines have it, and then in their byte order.
    blank there.raw 1M
    dd if=alone.raw of=there.raw bs=1 skip=512 seek=64 count=404 conv=notrunc status=none
    try partls there.raw
    expect 4 'partls: there.raw: a BSD disklabel, which is not read'
    big_endian=$(perl -e 'open my $f, "<:raw", "there.raw"; seek $f, 64, 0; read $f, my $label, 404;
        # Magics are of 32 bits, all that the checksum and the count are in of 16.
        print unpack "H*", pack "n*", unpack "v*", $label')
    poke there.raw 64 "$big_endian"
    poke there.raw 64 82564557
    poke there.raw $((64 + 132)) 82564557
    try partls there.raw
    expect 4 'partls: there.raw: a BSD disklabel, which is not read'
    poke there.raw $((64 + 200)) 01
    try partls there.raw
    expect 3 'partls: there.raw: no partition table found: no MBR in sector 0, no GPT header at byte 512 or 4096'
    # An Apple partition map: a driver descriptor map, and entries from the next block on.
    local size at
    for at in 512:0200 512:0800 2048:0800; do
        size=${at#*:}
        blank apple.raw 1M
        poke apple.raw 0 4552 "$size"
        poke apple.raw "${at%:*}" 504d 0000 00000001 00000001 0000003f
        [ "$size" != 0200 ] || [ "$(blkid -p -o value -s PTTYPE apple.raw)" = mac ]
        try partls apple.raw
        expect 4 'partls: apple.raw: an Apple partition map, which is not read'
    done
    poke apple.raw 2048 0000
    try partls apple.raw
    expect 3 'partls: apple.raw: no partition table found: no MBR in sector 0, no GPT header at byte 512 or 4096'
    # An MBR comes first.
    echo 'label: dos' | sfdisk --quiet --wipe never apple.raw
    poke apple.raw 0 4552 0200
    poke apple.raw 512 504d
    try partls apple.raw
    expect 0
}

@test "no table, but a file system: which, and that -p is to be left out" {
    local none='no partition table found: no MBR in sector 0, no GPT header at byte 512 or 4096'
    mke2fs -q -t ext4 disk.raw 4M >/dev/null 2>&1
    try partls disk.raw
    expect 3 "partls: disk.raw: $none; the disk as a whole holds an ext4 file system"
    try bash -c 'cat disk.raw | partls'
    expect 3 "partls: standard input: $none; the disk as a whole holds an ext4 file system"
    try partextract 1 disk.raw
    expect 3 "partextract: disk.raw: $none; the disk as a whole holds an ext4 file system"
    try ext4walk -p 1 disk.raw
    expect 3 "ext4walk: disk.raw: $none; the disk as a whole holds an ext4 file system (leave out -p)"
    try ext4cat -p 1 disk.raw /x
    expect 3 "ext4cat: disk.raw: $none; the disk as a whole holds an ext4 file system (leave out -p)"
}

@test "--sector-size: a GPT is looked for where sectors of that size have it, and only there" {
    disk disk.raw 64M 'label: gpt' 'size=8M, type=U' 'size=8M' 'type=S'
    partls disk.raw >want
    try partls --sector-size=512 disk.raw
    expect 0
    diff want <(echo "$output") >&2
    local size
    for size in 1024 2048 4096; do
        try partls --sector-size=$size disk.raw
        expect 3 "partls: disk.raw: no GPT behind its protective MBR: no header at byte $size, none in the last sector of the disk (67108864 bytes)"
    done
    # With sectors of 2048 bytes: made of those of 512, by putting each structure where it belongs.
    blank large.raw 256M
    dd if=disk.raw of=large.raw bs=512 count=1 conv=notrunc status=none
    dd if=disk.raw of=large.raw bs=512 skip=1 seek=4 count=1 conv=notrunc status=none
    dd if=disk.raw of=large.raw bs=512 skip=2 seek=8 count=32 conv=notrunc status=none
    try partls -q --sector-size=2048 large.raw
    expect 0
    diff <(sed 's/of 512/of 2048/; s/8\.0M/ 32M/; s/ 46M/184M/' want) <(echo "$output") >&2
    try partls large.raw
    expect 3 'partls: large.raw: no GPT behind its protective MBR: no header at byte 512 or 4096, none at sector 131071, nor in the last sector of the disk (268435456 bytes)'
    noise large.raw $((18432 * 2048)) 5000
    dd if=large.raw of=part.raw bs=2048 skip=18432 count=16384 status=none
    try partextract -q --sector-size=2048 -o got 2 large.raw
    expect 0
    same part.raw got
    for size in '' 0 256 513 8192 512x; do
        try partls --sector-size="$size" disk.raw
        expect 2 "partls: option '--sector-size' takes 512, 1024, 2048 or 4096, not '$size'
Try 'partls --help'."
    done
}

@test "--sector-size: an MBR and its chain count in it, as sfdisk reads it from such a device" {
    need_root
    disk_4k disk.raw 64M 'label: dos' 'label-id: 0x12345678' 'size=8M, bootable' 'type=5' 'size=4M' 'size=4M, type=82'
    try partls --json --sector-size=4096 disk.raw
    expect 0
    diff <(jq -S '.partitiontable | del(.grain)' disk.raw.sfdisk) \
        <(jq -S '.partitiontable | del(.partitions[] | .number, .typename)' <<<"$output") >&2
    mke2fs -q -t ext4 fs 4M >/dev/null 2>&1
    dd if=fs of=disk.raw bs=4096 seek="$(jq '.partitiontable.partitions[3].start' <<<"$output")" conv=notrunc status=none
    try bash -c 'ext4walk -n --sector-size=4096 -p 6 disk.raw | cmp - <(ext4walk -n fs)'
    expect 0
    try bash -c 'ext4cat --sector-size=4096 disk.raw /x'
    expect 3 "ext4cat: disk.raw: no ext2, ext3 or ext4 file system, but a partition table: name one of its partitions with -p: 1 (Linux, 8.0M), 2 (Extended, 55M), 5 (Linux, 4.0M), 6 (Linux swap / Solaris, 4.0M)"
}

@test "a header of an older table where the other sector size has its own" {
    partmake --sector-size=4096 --size=16M -o old.raw :size=2M,name=old
    cp old.raw stale.raw
    printf 'EFI PART' | dd of=stale.raw bs=1 seek=512 conv=notrunc status=none
    try partls --json stale.raw
    expect 0
    [ "$(jq -r '.partitiontable | .sectorsize, .partitions[0].name' <<<"$output")" = $'4096\nold' ]
    # Two that are whole: the one of smaller sectors is used, and the other told of.
    partmake --size=8M --script=<(printf '%s\n' 'table-length: 4' 'start=4096, size=2048, name=new') -o small.raw
    dd if=small.raw of=old.raw bs=512 count=3 conv=notrunc status=none
    try partls --json old.raw
    [ "$status" -eq 0 ]
    [[ $stderr == *'another GPT, at byte 4096, is not used: --sector-size=4096 reads it'* ]]
    [ "$(jq -r '.partitiontable | .sectorsize, .partitions[0].name' <<<"$output")" = $'512\nnew' ]
    try partls --sector-size=4096 --json old.raw
    expect 0
    [ "$(jq -r '.partitiontable.partitions[0].name' <<<"$output")" = old ]
}

@test "a backup that is the primary itself" {
    disk disk.raw 16M 'label: gpt' 'size=1M'
    poke disk.raw $((512 + 32)) "$(le64 1)"
    seal_header disk.raw
    try partls disk.raw
    expect 0 'partls: disk.raw: AlternateLBA is 1: no backup GPT is known'
}
