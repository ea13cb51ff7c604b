#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2030,SC2031,SC2154  # try bash -c '...'; bats sets status, output, stderr
# partls: every field against sfdisk and sgdisk; damaged tables by name.

load helper
load part

setup_file() {
    need sfdisk sgdisk jq losetup openssl gzip qemu-img perl
    cd "$BATS_FILE_TMPDIR" || return 1
    # The disk that the tests below damage copies of: sectors 2048 to 131038 are usable.
    disk good.raw 64M 'label: gpt' 'label-id: 11111111-2222-3333-4444-555555555555' \
        'size=8M, type=U, name="EFI system", uuid=AAAAAAAA-0000-0000-0000-000000000001' \
        'size=8M, type=L, name=root, uuid=AAAAAAAA-0000-0000-0000-000000000002' \
        'type=S, uuid=AAAAAAAA-0000-0000-0000-000000000003'
    disk logical.raw 64M 'label: dos' 'label-id: 0x12345678' \
        'size=8M, type=83, bootable' 'size=8M, type=c' 'type=5' \
        'size=4M, type=83' 'size=4M, type=82' 'size=4M, type=8e'
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

# A copy to damage, as disk.raw.
copy() {
    cp --sparse=always "$BATS_FILE_TMPDIR/$1" disk.raw
}

# partls and sfdisk agree on every key that sfdisk has, but for "grain": what it would align new
# partitions to.
agrees_with_sfdisk() {
    local file=$1 judge=$1.sfdisk
    # Of a device with large sectors there is its JSON only.
    if [ ! -f "$judge" ]; then
        sfdisk --json "$file" >"$judge" 2>/dev/null
        diff <(sfdisk --dump "$file" 2>/dev/null | sed /^grain:/d) <(partls --dump "$file") >&2
    fi
    try partls "${@:2}" --json "$file"
    expect 0
    diff <(jq -S '.partitiontable | .partitions //= [] | del(.grain)' "$judge") \
        <(jq -S '.partitiontable | del(.partitions[] | .number, .typename)' <<<"$output") >&2
}

# Whatever is damaged in disk.raw: sfdisk lists the same partitions.
lists_as_sfdisk() {
    diff <(sfdisk --dump disk.raw 2>/dev/null | sed /^grain:/d) <(partls --dump disk.raw 2>/dev/null) >&2
}

# What partls lists of disk.raw: each number with its defects as --json has them.
defects() {
    partls --json disk.raw 2>/dev/null | jq -c '[.partitiontable.partitions[] | [.number, .defects]]'
}

# partls and sgdisk agree on every field of each partition, and sgdisk has no more of them.
agrees_with_sgdisk() {
    local file=$1 numbers number infos=()
    mapfile -t numbers < <(sgdisk --print "$file" | awk '/^ +[0-9]+ /{print $1}')
    for number in "${numbers[@]}"; do
        infos+=("--info=$number")
    done
    partls --json "$file" >partls.json
    diff <(printf '%s\n' "${numbers[@]}") \
        <(jq -r '[.partitiontable.partitions[].number] | if . == [] then "" else .[] end' partls.json) >&2
    [ "${#numbers[@]}" -eq 0 ] || diff <(sgdisk "${infos[@]}" "$file" | sed -nE \
        -e 's/^Partition GUID code: ([^ ]*).*/type \1/p' \
        -e 's/^Partition unique GUID: /uuid /p' \
        -e 's/^First sector: ([0-9]*).*/start \1/p' \
        -e 's/^Partition size: ([0-9]*).*/size \1/p' \
        -e "s/^Partition name: '(.*)'/name \1/p") \
        <(jq -r '.partitiontable.partitions[] | "type \(.type)", "uuid \(.uuid)", "start \(.start)",
            "size \(.size)", "name \(.name // "")"' partls.json) >&2
}

@test "GPT disks that sfdisk makes: every field as sfdisk and sgdisk have it" {
    disk empty.raw 8M 'label: gpt'
    disk one.raw 8M 'label: gpt' 'name=all'
    disk smallest.raw 2M 'label: gpt' 'first-lba: 34' 'start=34, size=1'
    disk attrs.raw 16M 'label: gpt' \
        'size=1M, attrs="RequiredPartition NoBlockIOProtocol LegacyBIOSBootable GUID:48,60,63"' \
        'size=1M, attrs="NoBlockIOProtocol"' 'size=1M, attrs="GUID:59"'
    disk names.raw 32M 'label: gpt' 'size=1M, name="Ünïcödé €"' \
        'size=1M, name="123456789012345678901234567890123456"' 'size=1M, name="a b  c"'
    disk gaps.raw 32M 'label: gpt' 'start=20480, size=2048' 'start=2048, size=1' 'start=40960, size=8192'
    disk entries256.raw 16M 'label: gpt' 'table-length: 256' 'size=1M' 'size=1M'
    disk entries4.raw 16M 'label: gpt' 'table-length: 4' 'size=1M' 'size=1M'
    disk usable.raw 16M 'label: gpt' 'first-lba: 64' 'last-lba: 30000' 'start=64, size=100'
    disk large.raw 5T 'label: gpt' 'size=1T' 'size=3T, type=S' 'size=900G'
    disk digit7 8M 'label: gpt' 'size=1M' 'size=1M'
    local files=(*.raw digit7)
    for file in "${files[@]}"; do
        agrees_with_sfdisk "$file"
        agrees_with_sgdisk "$file"
    done
    [ "${#files[@]}" -eq 11 ]
}

@test "GPT disks that sgdisk makes: numbers with gaps, names and attributes" {
    blank numbers.raw 16M
    sgdisk -n 3:0:+1M -n 77:0:+1M -n 128:0:+1M numbers.raw >/dev/null
    blank names.raw 16M
    sgdisk -n 1:0:+1M -c '1:a"b\c/d' -n 2:0:+1M -c '2: leading' -n 3:0:+1M -A 3:set:2 -A 3:set:62 names.raw >/dev/null
    blank align1.raw 4M
    sgdisk -a 1 -n 1:34:34 -n 2:35:40 -n 3:41:0 align1.raw >/dev/null
    blank moved.raw 16M # the array of entries not behind the header
    sgdisk -j 100 -n 1:0:+1M moved.raw >/dev/null
    blank many.raw 64M
    # shellcheck disable=SC2046  # words are wanted
    sgdisk $(seq 1 128 | sed 's/.*/-n &:0:+128K/') -a 8 many.raw >/dev/null
    for file in *.raw; do
        agrees_with_sfdisk "$file"
        agrees_with_sgdisk "$file"
    done
    [ "$(partls --json many.raw | jq '.partitiontable.partitions | length')" -eq 128 ]
}

@test "--dump: names with what a shell would obey, control characters and other alphabets" {
    blank disk.raw 16M
    sgdisk -n 1:0:+1M -c '1:q"u$o`t\e!' -n 2:0:+1M -c 2:$'t\ta\x7fb' -n 3:0:+1M -c '3:Ünïcödé €' disk.raw >/dev/null
    diff <(sfdisk --dump disk.raw) <(partls --dump disk.raw) >&2
    partls --dump disk.raw | grep -F 'name="q\x22u\x24o\x60t\x5ce!"'
}

@test "--dump: sfdisk makes the same disk of it" {
    local disk
    disk gpt.raw 16M 'label: gpt' 'size=1M, name="one, of two", attrs="RequiredPartition GUID:60"' 'size=2M, type=S'
    disk mbr.raw 32M 'label: dos' 'size=1M, bootable' 'size=1M, type=c' 'type=5' 'size=1M' 'size=1M, type=82'
    for disk in gpt mbr; do
        blank again.raw "$(stat -c %s $disk.raw)"
        partls --dump $disk.raw | sfdisk --quiet again.raw
        same $disk.raw again.raw
    done
    try partls --dump --json gpt.raw
    expect_like 2 "partls: only one of '--dump' and '--json' can be asked for
.*"
    try bash -c 'partls -d - <gpt.raw | sed -n "3p;9p"'
    expect 0
    [[ $output == $'device: -\n-1 : start= '* ]]
}

@test "MBR disks that sfdisk makes: primaries, logical ones, gaps in the numbers" {
    disk empty.raw 8M 'label: dos'
    disk four.raw 16M 'label: dos' 'size=1M, bootable' 'size=1M, type=c' 'size=1M, type=82' 'size=1M, type=ef'
    disk logical.raw 64M 'label: dos' 'size=8M' 'type=5' 'size=1M' 'size=1M, type=82' 'size=1M, type=8e'
    disk lba.raw 64M 'label: dos' 'size=8M' 'type=f' 'size=1M' 'size=1M'
    disk linux_extended.raw 64M 'label: dos' 'type=85' 'size=1M' 'size=1M'
    disk empty_extended.raw 64M 'label: dos' 'size=8M' 'type=5'
    # shellcheck disable=SC2046  # words are wanted
    disk many.raw 128M 'label: dos' 'type=5' $(yes 'size=1M' | head -50)
    disk deleted.raw 16M 'label: dos' 'size=1M' 'size=1M' 'size=1M'
    sfdisk --quiet --delete deleted.raw 2
    # A partition put into the gap that another left: its boot record is linked last, and backwards.
    disk backward.raw 64M 'label: dos' 'type=5' 'size=4M' 'size=4M' 'size=4M'
    sfdisk --quiet --delete backward.raw 6
    echo 'size=3M' | sfdisk --quiet --append backward.raw
    disk large.raw 2T 'label: dos' 'size=1T' 'size=1000G'
    disk typeless.raw 16M 'label: dos' 'size=1M' 'size=1M'
    poke typeless.raw $(($(mbr_entry 1) + 4)) 00
    local files=(*.raw)
    for file in "${files[@]}"; do
        agrees_with_sfdisk "$file"
    done
    [ "${#files[@]}" -eq 11 ]
    [ "$(partls --json backward.raw | jq -c '[.partitiontable.partitions[].start]')" = '[2048,4096,24576,14336]' ]
}

@test "GPT with sectors of 4096 bytes: as sfdisk reads it from such a device" {
    need_root
    disk_4k one.raw 64M 'label: gpt' 'size=8M, type=U, name=esp' 'size=8M, type=L'
    disk_4k two.raw 32M 'label: gpt' 'first-lba: 6' 'start=6, size=1' 'name=last'
    agrees_with_sfdisk one.raw
    agrees_with_sfdisk two.raw
    [ "$(jq .partitiontable.sectorsize <<<"$output")" -eq 4096 ]
}

@test "every type that sfdisk knows by name is called the same" {
    local guids
    guids=$(sfdisk --label gpt --list-types | grep -E '^[0-9A-Fa-f]{8}-')
    cut -d' ' -f1 <<<"$guids" | head -128 >first
    cut -d' ' -f1 <<<"$guids" | tail -n +129 >second
    for part in first second; do
        { echo 'label: gpt'; sed 's/.*/size=64K, type=&/' "$part"; } | {
            blank $part.raw 256M
            sfdisk --quiet $part.raw 2>/dev/null
        }
        partls --json $part.raw | jq -r '.partitiontable.partitions[] | select(.typename) | "\(.type)  \(.typename)"'
    done | sort >ours
    awk '{ $1 = toupper($1) } 1' <<<"$guids" | sed 's/ /  /' | sort >theirs
    # A newer sfdisk may know more; what we know must be what it says.
    [ "$(comm -23 ours theirs | wc -l)" -eq 0 ]
    [ "$(wc -l <ours)" -ge 198 ]
    # Four at a time, in one MBR; 5, f and 85 would need a chain, and ee a GPT.
    disk type.raw 8M 'label: dos' 'size=1M' 'size=1M' 'size=1M' 'size=1M'
    sfdisk --label dos --list-types | sed -nE 's/^ ?([0-9a-f]{1,2})  (.*)/\1 \2/p' |
        grep -vE '^(5|f|85|ee) ' >mbr_types
    [ "$(wc -l <mbr_types)" -ge 90 ]
    while mapfile -n 4 -t types && [ "${#types[@]}" -gt 0 ]; do
        for i in "${!types[@]}"; do
            poke type.raw $(($(mbr_entry $((i + 1))) + 4)) "$(printf '%02x' $((16#${types[i]%% *})))"
        done
        try partls --json type.raw
        expect 0
        diff <(printf '%s\n' "${types[@]}") <(jq -r ".partitiontable.partitions[:${#types[@]}][] |
            \"\(.type) \(.typename)\"" <<<"$output") >&2
    done <mbr_types
}

@test "the table for people" {
    copy good.raw
    try partls disk.raw
    expect 0
    diff - <(echo "$output") >&2 <<'END'
GPT 11111111-2222-3333-4444-555555555555, sectors of 512 bytes
NUMBER  START     END  SIZE  TYPE              FSTYPE  UUID                                  FLAGS  NAME        LABEL
     1   2048   18431  8.0M  EFI System        -       AAAAAAAA-0000-0000-0000-000000000001  -      EFI system  -
     2  18432   34815  8.0M  Linux filesystem  -       AAAAAAAA-0000-0000-0000-000000000002  -      root        -
     3  34816  129023   46M  Linux swap        -       AAAAAAAA-0000-0000-0000-000000000003  -      -           -
END
    copy logical.raw
    try partls disk.raw
    expect 0
    diff - <(echo "$output") >&2 <<'END'
MBR 0x12345678, sectors of 512 bytes
NUMBER  START     END  SIZE  TYPE                  FSTYPE  UUID         FLAGS  NAME  LABEL
     1   2048   18431  8.0M  Linux                 -       12345678-01  boot   -     -
     2  18432   34815  8.0M  W95 FAT32 (LBA)       -       12345678-02  -      -     -
     3  34816  131071   47M  Extended              -       12345678-03  -      -     -
     5  36864   45055  4.0M  Linux                 -       12345678-05  -      -     -
     6  47104   55295  4.0M  Linux swap / Solaris  -       12345678-06  -      -     -
     7  57344   65535  4.0M  Linux LVM             -       12345678-07  -      -     -
END
    # A pipe is not read to see what partitions hold.
    try bash -c 'cat disk.raw | partls'
    expect 0
    [ "$(sed -n 3p <<<"$output")" = '     1   2048   18431  8.0M  Linux                 ?       12345678-01  boot   -     ?' ]
}

@test "flags for people, and a name that would drive a terminal" {
    disk disk.raw 16M 'label: gpt' 'size=1M, attrs="RequiredPartition LegacyBIOSBootable GUID:63"'
    # PartitionName: ESC [ 2 J, then a high surrogate with nothing behind it, then a pair (U+1F600).
    poke disk.raw $(($(entry 1) + 56)) 1b00 5b00 3200 4a00 00d8 3dd8 00de
    seal disk.raw
    try partls disk.raw
    [[ $output == *'  required,legacy-boot,bit63  \x1b[2J'$'\xef\xbf\xbd\xf0\x9f\x98\x80  -' ]]
    try partls --json disk.raw
    [ "$(jq -r '.partitiontable.partitions[0].name' <<<"$output")" = $'\x1b[2J\xef\xbf\xbd\xf0\x9f\x98\x80' ]
}

@test "qcow2 and standard input: the same table" {
    copy good.raw
    qemu-img convert -O qcow2 disk.raw disk.qcow2
    partls disk.raw >want
    try partls disk.qcow2
    expect 0
    diff want <(echo "$output") >&2
    try partls -f qcow2 disk.qcow2
    expect 0
    diff want <(echo "$output") >&2
    for run in 'partls <disk.raw' 'partls - <disk.raw' 'cat disk.raw | partls' 'cat disk.raw | partls -'; do
        try bash -c "$run"
        expect 0
        # What partitions hold is not known of a pipe; here it is nothing.
        [[ $run != cat* ]] || output=$(sed 's/ ?   / -   /; s/?$/-/' <<<"$output")
        diff want <(echo "$output") >&2
    done
    try bash -c 'cat disk.raw | partls --json | jq -r ".partitiontable | .device, .partitions[1].node"'
    expect 0
    [ "$output" = $'-\n-2' ]
    # Forced: a qcow2 file's own bytes are no partition table.
    try partls -f raw disk.qcow2
    expect 3 'partls: disk.qcow2: no partition table, but a qcow2 image (-f qcow2 reads it)'
    try bash -c 'cat disk.qcow2 | partls'
    expect 3 'partls: standard input: no partition table, but a qcow2 image (-f qcow2 reads it)'
}

@test "from a pipe, a GPT is read to its entries' end and not further" {
    copy good.raw
    # 16384 bytes of entries from sector 2 on; whoever reads next finds what follows.
    { partls >/dev/null && wc -c >rest; } < <(cat disk.raw)
    [ "$(cat rest)" -eq $((64 * 1024 * 1024 - 1024 - 16384)) ]
}

# ---- damaged GPTs ----

# The primary is damaged, so that: the backup is used, with status 5 and this reason; the partitions
# are the same; with the backup's first byte wrong as well, status 3 with both reasons.
falls_back() {
    local reason=$1 backup_crc
    try partls --json disk.raw
    expect 5 "partls: disk.raw: the primary GPT is damaged ($reason): using the backup at sector 131071"
    diff <(jq .partitiontable.partitions <<<"$output") \
        <(cd "$BATS_FILE_TMPDIR" && partls --json good.raw | sed s/good.raw/disk.raw/ | jq .partitiontable.partitions) >&2
    try bash -c 'cat disk.raw | partls'
    expect 5 "partls: standard input: the primary GPT is damaged ($reason): using the backup at sector 131071"
    backup_crc=$(printf '0x%08x' "$(number disk.raw $((131071 * 512 + 16)) 4)")
    poke disk.raw $((131071 * 512 + 16)) 00000000
    try partls disk.raw
    expect 3 "partls: disk.raw: both GPTs are damaged: primary: $reason; backup: GPT header at sector 131071: HeaderCRC32 is 0x00000000, the header's bytes give $backup_crc"
    [ -z "$output" ]
}

@test "gpt-header-crc-wrong" {
    copy good.raw
    local crc
    crc=$(printf '0x%08x' "$(number disk.raw $((512 + 16)) 4)")
    poke disk.raw $((512 + 16)) efbeadde
    falls_back "GPT header at sector 1: HeaderCRC32 is 0xdeadbeef, the header's bytes give $crc"
}

@test "gpt-entry-flipped: the array's checksum is wrong" {
    copy good.raw
    local stored
    stored=$(printf '0x%08x' "$(number disk.raw $((512 + 88)) 4)")
    poke disk.raw $(($(entry 2) + 32)) ff
    falls_back "GPT header at sector 1: PartitionEntryArrayCRC32 is $stored, the entries give 0x$(crc32 disk.raw 1024 16384 | sed -E 's/(..)(..)(..)(..)/\4\3\2\1/')"
}

@test "gpt-header-size-0, -91, -513 and -4294967295" {
    for size in 0 91 513 4294967295; do
        copy good.raw
        poke disk.raw $((512 + 12)) "$(le32 $size)"
        falls_back "GPT header at sector 1: HeaderSize is $size, not from 92 to the sector's 512"
    done
}

@test "gpt-my-lba-2" {
    copy good.raw
    poke disk.raw $((512 + 24)) "$(le64 2)"
    seal_header disk.raw
    falls_back "GPT header at sector 1: MyLBA is 2"
}

@test "gpt-entry-size-0, -64, -192 and -3221225472" {
    for size in 0 64 192 3221225472; do
        copy good.raw
        poke disk.raw $((512 + 84)) "$(le32 $size)"
        seal_header disk.raw
        falls_back "GPT header at sector 1: SizeOfPartitionEntry is $size, not 128 x 2^n"
    done
}

@test "gpt-entry-count-0 and such that the array's size wraps" {
    for count in 0 32769 4294967295; do
        copy good.raw
        poke disk.raw $((512 + 80)) "$(le32 $count)"
        seal_header disk.raw
        falls_back "GPT header at sector 1: $count partition entries of 128 bytes are not between 1 byte and 4194304 bytes"
    done
}

@test "gpt-entries-past-the-end and past 2^64" {
    copy good.raw
    poke disk.raw $((512 + 72)) "$(le64 131050)"
    seal_header disk.raw
    falls_back "GPT header at sector 1: the array of partition entries needs bytes 67097600 to 67113984, but the input ends at 67108864"
    copy good.raw
    poke disk.raw $((512 + 72)) ffffffffffffffff
    seal_header disk.raw
    falls_back "GPT header at sector 1: PartitionEntryLBA 18446744073709551615 is past 2^64 bytes"
}

@test "gpt-entries-inside-the-usable-range" {
    copy good.raw
    poke disk.raw $((512 + 72)) "$(le64 2020)"
    seal_header disk.raw
    falls_back "GPT header at sector 1: the partition entries (sectors 2020 to 2051) lie in the usable range (2048 to 131038)"
}

@test "gpt-usable-range-reversed and past 2^64" {
    copy good.raw
    poke disk.raw $((512 + 40)) "$(le64 131039)"
    seal_header disk.raw
    falls_back "GPT header at sector 1: FirstUsableLBA 131039 is past LastUsableLBA 131038"
    copy good.raw
    poke disk.raw $((512 + 48)) ffffffffffffffff
    seal_header disk.raw
    falls_back "GPT header at sector 1: LastUsableLBA 18446744073709551615 is past 2^64 bytes"
}

@test "gpt-primary-zeroed: found by its backup" {
    copy good.raw
    dd if=/dev/zero of=disk.raw bs=512 seek=1 count=33 conv=notrunc status=none
    falls_back "no header at byte 512 or 4096"
}

@test "gpt-revision-2: not supported, by name" {
    copy good.raw
    poke disk.raw $((512 + 8)) 00000200
    seal_header disk.raw
    try partls disk.raw
    expect 4 'partls: disk.raw: GPT header at sector 1: GPT revision 2.0 is not supported, only 1.x'
}

@test "gpt-backup-damaged: told, and the primary used" {
    copy good.raw
    poke disk.raw $((131071 * 512)) 00
    partls "$BATS_FILE_TMPDIR/good.raw" >want
    try partls disk.raw
    expect 0 "partls: disk.raw: the backup GPT is damaged (GPT header at sector 131071: no signature 'EFI PART'): using the primary"
    diff want <(echo "$output") >&2
    try partls -q disk.raw
    expect 0
}

@test "gpt-grown: the backup is not at the end" {
    copy good.raw
    truncate -s 70M disk.raw
    try partls disk.raw
    expect 0 'partls: disk.raw: the backup GPT is at sector 131071, not at the end of the disk (sector 143359)'
    # A primary whose header is good says where its backup is.
    poke disk.raw "$(entry 1)" 00
    try partls disk.raw
    expect_like 5 'partls: disk.raw: the primary GPT is damaged .*: using the backup at sector 131071'
    # So does one whose header is bad: the backup proves itself.
    poke disk.raw $((512 + 16)) 00000000
    try partls disk.raw
    expect_like 5 'partls: disk.raw: the primary GPT is damaged .*: using the backup at sector 131071'
    # One that lies does not hide the backup from what the protective MBR says.
    local zero_crc='GPT header at sector 1: HeaderCRC32 is 0x00000000, .*'
    poke disk.raw $((512 + 32)) "$(le64 1000)"
    try partls disk.raw
    expect_like 5 "partls: disk.raw: the primary GPT is damaged \\($zero_crc\\): using the backup at sector 131071"
    # Nor is it needed.
    poke disk.raw 512 0000
    try partls disk.raw
    expect 5 'partls: disk.raw: the primary GPT is damaged (no header at byte 512 or 4096): using the backup at sector 131071'
    try bash -c 'cat disk.raw | partls'
    expect 5 'partls: standard input: the primary GPT is damaged (no header at byte 512 or 4096): using the backup at sector 131071'
    # A protective MBR that covers "all, however large" says nothing.
    poke disk.raw $(($(mbr_entry 1) + 12)) ffffffff
    try partls disk.raw
    expect 3 'partls: disk.raw: no GPT behind its protective MBR: no header at byte 512 or 4096, none in the last sector of the disk (73400320 bytes)'
    # All places are named.
    poke disk.raw $(($(mbr_entry 1) + 12)) "$(le32 2000)"
    poke disk.raw 512 "$(printf 'EFI PART' | od -An -tx1 | tr -d ' ')"
    try partls disk.raw
    expect_like 3 "partls: disk.raw: both GPTs are damaged: primary: $zero_crc; backup: none at sector 1000, nor at sector 2000, nor in the last sector of the disk \(73400320 bytes\)"
}

@test "gpt-backup-alone: named, and not used" {
    copy good.raw
    dd if=/dev/zero of=disk.raw bs=512 count=34 conv=notrunc status=none
    try partls disk.raw
    expect 3 'partls: disk.raw: no partition table found: no MBR in sector 0, no GPT header at byte 512 or 4096; a backup GPT at sector 131071 is not used: neither a protective MBR nor a primary GPT announces it'
    # Not worth reading a pipe to its end; nor is one that is damaged worth a word.
    try bash -c 'cat disk.raw | partls'
    expect 3 'partls: standard input: no partition table found: no MBR in sector 0, no GPT header at byte 512 or 4096'
    poke disk.raw $((131071 * 512 + 16)) 00000000
    try partls disk.raw
    expect 3 'partls: disk.raw: no partition table found: no MBR in sector 0, no GPT header at byte 512 or 4096'
}

@test "gpt-first-backup-damaged: the next place is tried" {
    copy good.raw
    truncate -s 70M disk.raw
    # In the last sector stands what was a backup once; where the MBR's entry ends is the right one.
    poke disk.raw 512 0000
    dd if=disk.raw of=disk.raw bs=512 skip=131071 seek=143359 count=1 conv=notrunc status=none
    try partls disk.raw
    expect 5 'partls: disk.raw: the primary GPT is damaged (no header at byte 512 or 4096): using the backup at sector 131071'
    poke disk.raw $((131071 * 512)) 00
    try partls disk.raw
    expect 3 'partls: disk.raw: both GPTs are damaged: primary: no header at byte 512 or 4096; backup: GPT header at sector 143359: MyLBA is 131071'
}

@test "gpt-truncated: partitions that are whole are listed, and one past the end with its defect" {
    disk disk.raw 64M 'label: gpt' 'size=8M' 'size=8M'
    truncate -s 17M disk.raw
    try partls disk.raw
    expect 0 'partls: disk.raw: the disk ends at sector 34815, before its backup GPT at sector 131071: using the primary'
    truncate -s $((17 * 1024 * 1024 - 1)) disk.raw
    try partls -q disk.raw
    expect 5 'partls: disk.raw: partition 2 (sectors 18432 to 34815 of 512 bytes) lies past the end of the disk (17825791 bytes)'
    [ "$(defects)" = '[[1,null],[2,["past-end"]]]' ]
}

@test "gpt-partition-ends-before-it-starts" {
    copy good.raw
    poke disk.raw $(($(entry 2) + 40)) "$(le64 18430)"
    seal disk.raw
    try partls -q disk.raw # the backup is another table now
    expect 5 'partls: disk.raw: partition 2 ends at sector 18430 before it starts at sector 18432'
    [ "$(defects)" = '[[1,null],[2,["reversed"]],[3,null]]' ]
    lists_as_sfdisk
}

@test "gpt-partition-outside-the-usable-range" {
    copy good.raw
    poke disk.raw $(($(entry 1) + 32)) "$(le64 2047)"
    seal disk.raw
    try partls -q disk.raw # the backup is another table now
    expect 5 'partls: disk.raw: partition 1 (sectors 2047 to 18431) lies outside the usable range (2048 to 131038)'
    [ "$(defects)" = '[[1,["outside"]],[2,null],[3,null]]' ]
    lists_as_sfdisk
    copy good.raw
    poke disk.raw $(($(entry 3) + 40)) ffffffffffffffff
    seal disk.raw
    try partls -q disk.raw # the backup is another table now
    expect 5 'partls: disk.raw: partition 3 (sectors 34816 to 18446744073709551615) lies outside the usable range (2048 to 131038)
partls: disk.raw: partition 3 (sectors 34816 to 18446744073709551615 of 512 bytes) lies past the end of the disk (67108864 bytes)'
    [ "$(defects)" = '[[1,null],[2,null],[3,["past-end","outside"]]]' ]
    lists_as_sfdisk
    # No disk has 2^64 bytes: of a pipe that is known as well.
    try bash -c 'cat disk.raw | partls'
    expect 5 'partls: standard input: partition 3 (sectors 34816 to 18446744073709551615) lies outside the usable range (2048 to 131038)
partls: standard input: partition 3 (sectors 34816 to 18446744073709551615 of 512 bytes) lies past the end of the disk'
}

@test "gpt-partition-past-the-end-of-the-disk" {
    copy good.raw
    poke disk.raw $((512 + 48)) "$(le64 200000)"
    poke disk.raw $(($(entry 3) + 40)) "$(le64 200000)"
    seal disk.raw
    try partls -q disk.raw # the backup is another table now
    expect 5 'partls: disk.raw: partition 3 (sectors 34816 to 200000 of 512 bytes) lies past the end of the disk (67108864 bytes)'
    [ "$(defects)" = '[[1,null],[2,null],[3,["past-end"]]]' ]
}

@test "gpt-partitions-overlap" {
    copy good.raw
    poke disk.raw $(($(entry 3) + 32)) "$(le64 34815)"
    seal disk.raw
    try partls -q disk.raw # the backup is another table now
    expect 5 'partls: disk.raw: partitions 2 (sectors 18432 to 34815) and 3 (34815 to 129023) overlap'
    [ "$(defects)" = '[[1,null],[2,["overlaps"]],[3,["overlaps"]]]' ]
    lists_as_sfdisk
    # One inside another, with a third between their starts.
    copy good.raw
    poke disk.raw $(($(entry 1) + 40)) "$(le64 129023)"
    seal disk.raw
    try partls -q disk.raw # the backup is another table now
    expect 5 'partls: disk.raw: partitions 1 (sectors 2048 to 129023) and 2 (18432 to 34815) overlap
partls: disk.raw: partitions 1 (sectors 2048 to 129023) and 3 (34816 to 129023) overlap'
    [ "$(defects)" = '[[1,["overlaps"]],[2,["overlaps"]],[3,["overlaps"]]]' ]
    lists_as_sfdisk
}

@test "gpt-entries-of-256-bytes are read" {
    disk disk.raw 16M 'label: gpt' 'table-length: 64' 'size=1M' 'size=1M, name=two'
    dd if=disk.raw of=second bs=128 skip=9 count=1 status=none # entry 2, to be moved to 256 bytes
    dd if=/dev/zero of=disk.raw bs=128 seek=9 count=1 conv=notrunc status=none
    dd if=second of=disk.raw bs=128 seek=10 conv=notrunc status=none
    poke disk.raw $((512 + 80)) "$(le32 32) $(le32 256)"
    seal disk.raw
    agrees_with_sfdisk disk.raw -q # the backup still has entries of 128
}

@test "protective-mbr-without-gpt" {
    copy good.raw
    dd if=/dev/zero of=disk.raw bs=512 seek=1 count=33 conv=notrunc status=none
    dd if=/dev/zero of=disk.raw bs=512 seek=131071 conv=notrunc count=1 status=none
    try partls disk.raw
    expect 3 'partls: disk.raw: no GPT behind its protective MBR: no header at byte 512 or 4096, none in the last sector of the disk (67108864 bytes)'
    try bash -c 'cat disk.raw | partls'
    expect 3 'partls: standard input: no GPT behind its protective MBR: no header at byte 512 or 4096, none in the last sector of the disk (67108864 bytes)'
}

@test "gpt-without-a-protective-mbr: used, and told" {
    copy good.raw
    dd if=/dev/zero of=disk.raw bs=512 count=1 conv=notrunc status=none
    try partls disk.raw
    expect 5 'partls: disk.raw: no protective MBR: the GPT is used all the same'
}

@test "hybrid-mbr: the GPT is used; stale-gpt: the MBR is, as by sfdisk" {
    copy good.raw
    sgdisk --hybrid=1 disk.raw >/dev/null
    try partls disk.raw
    expect 0 'partls: disk.raw: a hybrid MBR: the GPT is used, not what else the MBR has: 2 (type ef, sectors 2048 to 18431)'
    [ "${output:0:3}" = GPT ]
    copy good.raw
    poke disk.raw $(($(mbr_entry 1) + 4)) 83
    try partls --json disk.raw
    expect 0 'partls: disk.raw: a GPT header is not used: the MBR has no entry that protects it'
    [ "$(jq -r .partitiontable.label <<<"$output")" = "$(sfdisk --json disk.raw 2>/dev/null | jq -r .partitiontable.label)" ]
}

# ---- damaged MBRs; the chain's records are at sectors 34816, 45056 and 55296 ----

@test "no partition table: zeros, a short file, an empty one, an unsigned sector" {
    blank disk.raw 1M
    try partls disk.raw
    expect 3 'partls: disk.raw: no partition table found: no MBR in sector 0, no GPT header at byte 512 or 4096'
    truncate -s 511 disk.raw
    try partls disk.raw
    expect 3 'partls: disk.raw: no partition table found: sector 0 needs bytes 0 to 512, but the input ends at 511'
    : >disk.raw
    try partls disk.raw
    expect 3 'partls: disk.raw: no partition table found: sector 0 needs bytes 0 to 512, but the input ends at 0'
    copy logical.raw
    poke disk.raw 510 0000
    try partls disk.raw
    expect 3 'partls: disk.raw: no partition table found: no MBR in sector 0, no GPT header at byte 512 or 4096'
}

@test "a boot sector is no MBR: signed, but without entries; signed, with code where entries would be" {
    blank disk.raw 1M
    poke disk.raw 510 55aa
    try partls disk.raw
    expect 3 'partls: disk.raw: no partition table found: no MBR in sector 0, no GPT header at byte 512 or 4096'
    copy logical.raw
    poke disk.raw "$(mbr_entry 2)" 6f
    try partls disk.raw
    expect 3 'partls: disk.raw: no partition table found: sector 0 is no MBR (BootIndicator of entry 2 is 0x6f, not 0x00 or 0x80)'
}

@test "mbr-partition-past-the-end-of-the-disk" {
    copy logical.raw
    poke disk.raw $(($(mbr_entry 2) + 12)) ffffffff
    try partls disk.raw
    expect 5 'partls: disk.raw: partition 2 (sectors 18432 to 4294985726 of 512 bytes) lies past the end of the disk (67108864 bytes)
partls: disk.raw: partitions 2 (sectors 18432 to 4294985726) and 5 (36864 to 45055) overlap
partls: disk.raw: partitions 2 (sectors 18432 to 4294985726) and 6 (47104 to 55295) overlap
partls: disk.raw: partitions 2 (sectors 18432 to 4294985726) and 7 (57344 to 65535) overlap
partls: disk.raw: partitions 2 (sectors 18432 to 4294985726) and 3 (34816 to 131071) overlap'
    [ "$(defects)" = '[[1,null],[2,["past-end","overlaps"]],[3,["overlaps"]],[5,["overlaps"]],[6,["overlaps"]],[7,["overlaps"]]]' ]
    lists_as_sfdisk
}

@test "mbr-partitions-overlap: no rule forbids it, so it is told" {
    copy logical.raw
    poke disk.raw $(($(mbr_entry 2) + 8)) "$(le32 2049)"
    try partls disk.raw
    expect 5 'partls: disk.raw: partitions 1 (sectors 2048 to 18431) and 2 (2049 to 18432) overlap'
}

@test "ebr-links-to-itself and ebr-chain-loops" {
    copy logical.raw
    poke disk.raw $((34816 * 512 + $(mbr_entry 2) + 8)) "$(le32 0)"
    try partls disk.raw
    expect 5 'partls: disk.raw: the chain of extended boot records loops: sector 34816 leads back to sector 34816: logical partitions from number 6 on are not known'
    [ "$(defects)" = '[[1,null],[2,null],[3,null],[5,null]]' ]
    copy logical.raw
    poke disk.raw $((55296 * 512 + $(mbr_entry 2) + 4)) 05 000000 "$(le32 10240) $(le32 1)"
    try partls disk.raw
    expect 5 'partls: disk.raw: the chain of extended boot records loops: sector 55296 leads back to sector 45056: logical partitions from number 8 on are not known'
    [ "$(defects)" = '[[1,null],[2,null],[3,null],[5,null],[6,null],[7,null]]' ]
}

@test "ebr-link-out-of-the-extended-partition" {
    copy logical.raw
    poke disk.raw $((45056 * 512 + $(mbr_entry 2) + 8)) "$(le32 96256)"
    try partls disk.raw
    expect 5 'partls: disk.raw: the extended boot record at sector 45056 leads to sector 131072, outside the extended partition (34816 to 131071): logical partitions from number 7 on are not known'
    lists_as_sfdisk
}

@test "ebr-two-links and ebr-third-entry" {
    copy logical.raw
    poke disk.raw $((34816 * 512 + $(mbr_entry 1) + 4)) 05
    try partls disk.raw
    expect 5 'partls: disk.raw: the extended boot record at sector 34816 leads to two others: logical partitions from number 5 on are not known'
    [ "$(defects)" = '[[1,null],[2,null],[3,null]]' ]
    copy logical.raw
    poke disk.raw $((34816 * 512 + $(mbr_entry 3) + 12)) 01
    try partls disk.raw
    expect 5 'partls: disk.raw: entry 3 of the extended boot record at sector 34816 is not read: only the first two have a meaning'
}

@test "ebr-signature-missing" {
    copy logical.raw
    poke disk.raw $((45056 * 512 + 510)) 0000
    try partls disk.raw
    expect 5 'partls: disk.raw: the extended boot record at sector 45056 ends with 0x0000, not 0xaa55: logical partitions from number 6 on are not known'
    [ "$(defects)" = '[[1,null],[2,null],[3,null],[5,null]]' ]
}

@test "ebr-chain-endless: longer than is read" {
    # Empty records (a link and no partition) at every second sector of a 1 MiB extended partition.
    disk disk.raw 2M 'label: dos' 'start=2048, type=5'
    perl -e 'open my $disk, "+<:raw", "disk.raw" or die;
        for (my $i = 0; $i <= 512; $i += 2) {
            seek $disk, (2048 + $i) * 512 + 446 + 16 + 4, 0;
            print $disk pack "C x3 V V x32 v", 5, $i + 2, 1, 0xaa55;
        }
        close $disk or die'
    try partls disk.raw
    expect 5 'partls: disk.raw: the chain of extended boot records is longer than 256: logical partitions from number 5 on are not known'
}

@test "ebr-logical-outside-the-extended-partition and ebr-logical-on-its-own-record" {
    copy logical.raw
    poke disk.raw $((34816 * 512 + $(mbr_entry 1) + 12)) "$(le32 94209)"
    try partls disk.raw
    expect 5 'partls: disk.raw: logical partition 5 (sectors 36864 to 131072) lies outside the extended partition (34816 to 131071)
partls: disk.raw: partition 5 (sectors 36864 to 131072 of 512 bytes) lies past the end of the disk (67108864 bytes)
partls: disk.raw: partitions 5 (sectors 36864 to 131072) and 6 (47104 to 55295) overlap
partls: disk.raw: partitions 5 (sectors 36864 to 131072) and 7 (57344 to 65535) overlap'
    [ "$(defects)" = '[[1,null],[2,null],[3,null],[5,["past-end","outside","overlaps"]],[6,["overlaps"]],[7,["overlaps"]]]' ]
    lists_as_sfdisk
    copy logical.raw
    poke disk.raw $((34816 * 512 + $(mbr_entry 1) + 8)) "$(le32 0)"
    try partls disk.raw
    expect 5 'partls: disk.raw: logical partition 5 starts on its own boot record at sector 34816'
    [ "$(defects)" = '[[1,null],[2,null],[3,null],[5,["overlaps"]],[6,null],[7,null]]' ]
    lists_as_sfdisk
}

@test "an extended partition without any boot record, only zeros, is empty" {
    disk disk.raw 64M 'label: dos' 'size=8M' 'type=5'
    dd if=/dev/zero of=disk.raw bs=512 seek=18432 count=1 conv=notrunc status=none
    try partls disk.raw
    expect 0 'partls: disk.raw: the extended partition has no boot record, only zeros at sector 18432: it holds no partitions'
    [ "$(wc -l <<<"$output")" -eq 4 ]
}

@test "truncated input, at cuts through every structure" {
    for cut in 0 1 511 512 513 603 1023 1024 1025 17407; do
        head -c $cut "$BATS_FILE_TMPDIR/good.raw" >disk.raw
        try partls disk.raw
        expect_like 3 'partls: disk.raw: .*(needs bytes|no header at byte).*'
        [ -z "$output" ]
        try bash -c 'cat disk.raw | partls'
        expect_like 3 'partls: standard input: .*(needs bytes|no header at byte).*'
    done
    local number=5
    for sector in 34816 45056 55296; do
        copy logical.raw
        truncate -s $((sector * 512 + 511)) disk.raw
        try bash -c 'cat disk.raw | partls'
        expect_like 5 "(partls: standard input: partition [3-7] \(.*\) lies past the end of the disk \($((sector * 512 + 511)) bytes\)
)+partls: standard input: an extended boot record needs bytes $((sector * 512)) to $((sector * 512 + 512)), but the input ends at $((sector * 512 + 511)): logical partitions from number $number on are not known"
        number=$((number + 1))
    done
}

# ---- the command itself ----

@test "help, version and wrong usage" {
    try partls --help
    expect 0
    [ "${output%%$'\n'*}" = 'Usage: partls [OPTION]... [IMAGE]' ]
    try partls --version
    expect 0
    [[ ${output%%$'\n'*} == 'partls (engram-tools) '* ]]
    try partls --no-such-option
    expect 2 $'partls: unknown option \'--no-such-option\'\nTry \'partls --help\'.'
    try partls -f vmdk x
    expect 2 $'partls: option \'--format\' takes raw or qcow2, not \'vmdk\'\nTry \'partls --help\'.'
    try partls one two
    expect 2 $'partls: one IMAGE at most, not 2\nTry \'partls --help\'.'
}

@test "missing file, directory, full disk, closed reader" {
    try partls missing.raw
    expect 1 'partls: missing.raw: cannot open: No such file or directory'
    try partls .
    expect_like 2 'partls: \.: .*'
    copy good.raw
    for json in '' --json; do
        try bash -c "partls $json disk.raw >/dev/full"
        expect 1 'partls: standard output: write failed: No space left on device'
        try bash -o pipefail -c "partls $json disk.raw | head -c 1"
        expect 0
    done
}
