# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Disks with partition tables, made and damaged: `load part` after `load helper`.

# blank FILE SIZE
blank() {
    rm -f "$1"
    truncate -s "$2" "$1"
}

# disk FILE SIZE [SFDISK-LINE...]: a disk that sfdisk partitions as told.
disk() {
    local file=$1 size=$2
    shift 2
    blank "$file" "$size"
    printf '%s\n' "$@" | sfdisk --quiet "$file" 2>/dev/null
}

# disk_4k FILE SIZE LINE...: the same with sectors of 4096 bytes, which sfdisk makes on a device only.
disk_4k() {
    local file=$1 size=$2 loop status=0
    shift 2
    blank "$file" "$size"
    loop=$(losetup --find --show --sector-size 4096 "$file")
    printf '%s\n' "$@" | sfdisk --quiet "$loop" 2>/dev/null || status=$?
    # What sfdisk itself reads from it, as if it had been read from the file.
    sfdisk --json "$loop" | sed "s,${loop}p,$file,; s,$loop,$file," >"$file.sfdisk" || status=$?
    losetup --detach "$loop"
    return "$status"
}

# noise FILE OFFSET LENGTH: bytes that differ everywhere, the same on every run.
noise() {
    openssl enc -aes-128-ctr -nosalt -pass "pass:$1" -md sha256 -in /dev/zero 2>/dev/null |
        dd of="$1" bs=64K seek=$(($2)) count=$(($3)) oflag=seek_bytes iflag=count_bytes,fullblock \
            conv=notrunc status=none
}

# crc32 FILE OFFSET LENGTH: the CRC-32 of those bytes as they are stored; gzip computes it.
crc32() {
    dd if="$1" bs=64K skip=$(($2)) count=$(($3)) iflag=skip_bytes,count_bytes status=none |
        gzip -1 -c | tail -c 8 | head -c 4 | od -An -tx1 | tr -d ' \n'
}

# seal FILE [LBA]: make both checksums of the GPT header at that sector right again.
seal() {
    local file=$1 header=$((512 * ${2-1})) array bytes
    array=$(($(number "$file" $((header + 72)) 8) * 512))
    bytes=$(($(number "$file" $((header + 80)) 4) * $(number "$file" $((header + 84)) 4)))
    poke "$file" $((header + 88)) "$(crc32 "$file" "$array" "$bytes")"
    seal_header "$@"
}

# seal_header FILE [LBA]: only the header's own checksum.
seal_header() {
    local file=$1 header=$((512 * ${2-1}))
    poke "$file" $((header + 16)) 00000000
    poke "$file" $((header + 16)) "$(crc32 "$file" $header "$(number "$file" $((header + 12)) 4)")"
}

# Where an entry of the primary GPT starts, when its array does at sector 2 with 128 bytes each.
entry() {
    echo $((1024 + ($1 - 1) * 128))
}

# Where an entry of the MBR starts.
mbr_entry() {
    echo $((446 + ($1 - 1) * 16))
}
