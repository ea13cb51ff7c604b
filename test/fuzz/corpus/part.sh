#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the seeds in corpus/part: whole disks, as small as sfdisk makes them.  Run as root (one of
# them has sectors of 4096 bytes, which takes a loop device).
set -eu
cd "$(dirname "$0")/part"

disk() {
    local file=$1 size=$2
    shift 2
    rm -f "$file"
    truncate -s "$size" "$file"
    printf '%s\n' "$@" | sfdisk --quiet "$file"
}

disk gpt 24K 'label: gpt' 'label-id: 11111111-2222-3333-4444-555555555555' 'table-length: 4' 'first-lba: 6' \
    'start=6, size=4, type=U, name="a", uuid=AAAAAAAA-0000-0000-0000-000000000001' \
    'start=10, size=20, type=L, name="Ünï", attrs="RequiredPartition GUID:60", uuid=AAAAAAAA-0000-0000-0000-000000000002'
cp gpt gpt-primary-damaged
printf 'x' | dd of=gpt-primary-damaged bs=1 seek=528 conv=notrunc status=none
cp gpt gpt-hybrid
printf '\0\0\0\0\x83\0\0\0\x06\0\0\0\x04\0\0\0' | dd of=gpt-hybrid bs=1 seek=462 conv=notrunc status=none
head -c 512 gpt >protective-only
disk mbr 16K 'label: dos' 'label-id: 0xdeadbeef' 'start=1, size=4, type=83, bootable' 'start=6, size=2, type=c'
disk ebr 32K 'label: dos' 'label-id: 0xdeadbeef' 'start=1, size=2, type=83' 'start=4, size=60, type=5' \
    'start=6, size=4, type=83' 'start=12, size=4, type=82' 'start=20, size=4, type=8e'

rm -f gpt-4096
truncate -s 64K gpt-4096
loop=$(losetup --find --show --sector-size 4096 gpt-4096)
printf '%s\n' 'label: gpt' 'label-id: 11111111-2222-3333-4444-555555555555' 'table-length: 4' 'first-lba: 3' \
    'start=3, size=4, uuid=AAAAAAAA-0000-0000-0000-000000000001' | sfdisk --quiet "$loop" || true
losetup --detach "$loop"
