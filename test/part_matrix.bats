#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # bats sets status, output, stderr
# A matrix of partition tables that no partitioner made (see part-disks), as sfdisk and sgdisk read them.

load helper
load part

setup() {
    need sfdisk sgdisk jq python3
    cd "$BATS_TEST_TMPDIR" || return 1
}

# make_disks KIND COUNT [SECTOR]: as $disks; some of them under the sanitizers.
make_disks() {
    "$BATS_TEST_DIRNAME/part-disks" matrix . "$@"
    disks=("$1"-*.raw)
    [ "${#disks[@]}" -eq "$2" ]
    if sanitized; then
        disks=("$1"-*[05].raw)
    fi
}

# partls and sfdisk agree on all of $disks: theirs are in *.sfdisk, or sfdisk reads them now.
agree_with_sfdisk() {
    local disk
    for disk in "${disks[@]}"; do
        [ -f "$disk.sfdisk" ] || sfdisk --json "$disk" 2>/dev/null >"$disk.sfdisk"
        try partls --json "$@" "$disk"
        expect 0
        echo "$output"
    done >ours
    diff <(cat "${disks[@]/%/.sfdisk}" | sed '/^omitting empty partition/d' |
        jq -S '.partitiontable | .partitions //= [] | del(.grain)') \
        <(jq -S '.partitiontable | del(.partitions[] | .number, .typename)' ours) >&2
}

@test "50 GPTs: rooms and sizes of entries, gaps, attributes, names, no alignment" {
    local disk numbers
    make_disks gpt 50
    agree_with_sfdisk
    sanitized || [ "$(jq '.partitiontable.partitions | length' ours | sort -n | tail -1)" -ge 20 ]
    # sgdisk knows entries of 128 bytes only.
    while read -r disk numbers; do
        [ "$(number "$disk" $((512 + 84)) 4)" -eq 128 ] || continue
        # shellcheck disable=SC2046,SC2086  # a word for each number
        diff <(sgdisk --print $(printf -- '--info=%s ' $numbers) "$disk" | sed -nE \
            -e 's/^ +([0-9]+) +([0-9]+) +([0-9]+) .*/listed \1 \2 \3/p' \
            -e 's/^Partition GUID code: ([^ ]*).*/type \1/p' \
            -e 's/^Partition unique GUID: /uuid /p' \
            -e 's/^Partition size: ([0-9]*).*/size \1/p' \
            -e "s/^Partition name: '(.*)'/name \1/p") \
            <(jq -r --arg disk "$disk" '.partitiontable | select(.device == $disk).partitions |
                (.[] | "listed \(.number) \(.start) \(.start + .size - 1)"),
                (.[] | "type \(.type)", "uuid \(.uuid)", "size \(.size)", "name \(.name // "")")' ours) >&2
        echo "$disk" >>by_sgdisk
    done < <(jq -r '"\(.partitiontable.device) \([.partitiontable.partitions[].number] | join(" "))"' ours)
    sanitized || [ "$(wc -l <by_sgdisk)" -ge 25 ]
}

@test "40 MBRs: gaps in the numbers, chains in any order, with empty records and links first" {
    make_disks mbr 40
    agree_with_sfdisk
    sanitized || [ "$(jq '[.partitiontable.partitions[] | select(.number >= 5)] | length' ours | sort -n | tail -1)" -ge 4 ]
}

@test "8 GPTs and 8 MBRs with sectors of 4096 bytes, as sfdisk reads them from such devices" {
    need_root
    local kind disk loop
    for kind in gpt mbr; do
        make_disks $kind 8 4096
        for disk in "${disks[@]}"; do
            loop=$(losetup --find --show --read-only --sector-size 4096 "$disk")
            sfdisk --json "$loop" 2>/dev/null | sed "s,${loop}p,$disk,; s,$loop,$disk," >"$disk.sfdisk"
            losetup --detach "$loop"
        done
        agree_with_sfdisk --sector-size=4096
    done
}
