#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2030,SC2031,SC2154  # try bash -c '...'; bats sets status, output, stderr
# partextract: every partition against dd of the range that sfdisk names; selectors; broken input.

load helper
load part

setup_file() {
    need sfdisk sgdisk jq dd qemu-img openssl script
    cd "$BATS_FILE_TMPDIR" || return 1
    # Noise in each partition and at its edges, holes between.
    disk gpt.raw 64M 'label: gpt' \
        'size=8M, type=U, name="EFI system", uuid=AAAAAAAA-0000-0000-0000-000000000001' \
        'start=18433, size=2047, type=L, name=root, uuid=AAAAAAAA-0000-0000-0000-000000000002' \
        'size=20M, type=L, name=data' 'start=100000, type=S, name=data' \
        'start=98304, size=1, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name="rôot"'
    noise gpt.raw $((2047 * 512)) $((2 * 512))
    noise gpt.raw $((18432 * 512)) $((2100 * 512))
    noise gpt.raw $((22 * 1024 * 1024)) 300000
    noise gpt.raw $((98303 * 512)) $((3 * 512))
    noise gpt.raw $((131038 * 512 - 5000)) 5000
    disk mbr.raw 64M 'label: dos' 'label-id: 0xdeadbeef' 'size=8M, bootable' 'size=8M, type=c' 'type=5' \
        'size=4M' 'size=4M, type=82' 'size=5M, type=8e'
    noise mbr.raw $((2048 * 512)) 100000
    noise mbr.raw $((34816 * 512 - 5000)) 5000
    noise mbr.raw $((36864 * 512)) $((8192 * 512))
    noise mbr.raw $((47104 * 512)) $((8192 * 512))
    noise mbr.raw $((67500 * 512)) 70000
    qemu-img convert -O qcow2 -c gpt.raw gpt.qcow2
    qemu-img convert -O qcow2 mbr.raw mbr.qcow2
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    ln -s "$BATS_FILE_TMPDIR"/{gpt,mbr}.{raw,qcow2} .
    mkdir out # for -o, so that what is left behind shows
}

# cut_out DISK NUMBER FILE: the range that sfdisk names, by dd.
cut_out() {
    local start size
    read -r start size < <(sfdisk --json "$1" | jq -r ".partitiontable.partitions[] |
        select(.node | endswith(\"raw$2\")) | \"\\(.start) \\(.size)\"")
    dd if="$1" of="$3" bs=512 skip="$start" count="$size" status=none
}

@test "every partition, from file, qcow2, redirection and pipe, is what dd cuts out" {
    local compared=0
    for disk in gpt mbr; do
        for n in $(partls --json $disk.raw | jq '.partitiontable.partitions[].number'); do
            cut_out $disk.raw "$n" want
            [ -s want ]
            for run in "partextract $n $disk.raw" "partextract $n $disk.qcow2" "partextract $n <$disk.raw" \
                "cat $disk.raw | partextract $n" "cat $disk.raw | partextract $n -"; do
                try bash -c "$run >got"
                expect 0
                same want got
                compared=$((compared + 1))
            done
            try partextract -o out/got "$n" $disk.qcow2
            expect 0
            same want out/got
        done
    done
    [ "$compared" -eq 55 ]
}

@test "sectors of 4096 bytes" {
    need_root
    disk_4k disk.raw 64M 'label: gpt' 'size=8M' 'size=4M' 'size=4M'
    noise disk.raw 1000000 30000000
    dd if=disk.raw of=want bs=1M skip=9 count=4 status=none
    try bash -c 'partextract 2 disk.raw >got'
    expect 0
    same want got
    try bash -c 'cat disk.raw | partextract 2 >got'
    expect 0
    same want got
}

@test "selectors: number, label, uuid, type, largest" {
    # selected DISK SEL NUMBER
    selected() {
        cut_out "$1" "$3" want
        try bash -c 'partextract "$1" "$2" >got' - "$2" "$1"
        expect 0
        same want got
    }
    selected gpt.raw 2 2
    selected gpt.raw label=root 2
    selected gpt.raw 'label=EFI system' 1
    selected gpt.raw label=rôot 5
    selected gpt.raw uuid=AAAAAAAA-0000-0000-0000-000000000002 2
    selected gpt.raw uuid=aaaaaaaa-0000-0000-0000-000000000001 1
    selected gpt.raw type=esp 1
    selected gpt.raw 'type=efi system' 1
    selected gpt.raw type=root 5
    selected gpt.raw type=swap 4
    selected gpt.raw type=c12a7328-f81f-11d2-ba4b-00a0c93ec93b 1
    selected gpt.raw largest 3
    selected mbr.raw 6 6
    selected mbr.raw type=0x82 6
    selected mbr.raw type=0x0C 2
    selected mbr.raw type=swap 6
    selected mbr.raw type=lvm 7
    selected mbr.raw uuid=deadbeef-07 7
    selected mbr.raw type=0x5 3
}

@test "selectors that mean none or several partitions: the candidates are listed" {
    try partextract 6 gpt.raw
    expect 2 "partextract: gpt.raw: no partition '6'; there are: 1 (EFI System, 8.0M, \"EFI system\"), 2 (Linux filesystem, 1.0M, \"root\"), 3 (Linux filesystem, 20M, \"data\"), 4 (Linux swap, 15M, \"data\"), 5 (Linux root (x86-64), 512B, \"rôot\")"
    try partextract label=data gpt.raw
    expect 2 "partextract: gpt.raw: 'label=data' means 2 partitions: 3 (Linux filesystem, 20M, \"data\"), 4 (Linux swap, 15M, \"data\")"
    try partextract type=linux gpt.raw
    expect 2 "partextract: gpt.raw: 'type=linux' means 2 partitions: 2 (Linux filesystem, 1.0M, \"root\"), 3 (Linux filesystem, 20M, \"data\")"
    try partextract label=Root gpt.raw
    expect_like 2 "partextract: gpt.raw: no partition 'label=Root'; there are: .*"
    # Both are 8 MiB; the extended one, which is larger, does not count.
    try partextract largest mbr.raw
    expect 2 "partextract: mbr.raw: 'largest' means 2 partitions: 1 (Linux, 8.0M), 2 (W95 FAT32 (LBA), 8.0M)"
    for sel in type=root type=0x83x label= uuid= label=x type=4f68bce3-e8cd-4db1-96e7-fbcaf984b709; do
        try partextract "$sel" mbr.raw
        [ "$status" -eq 2 ]
        [ -z "$output" ]
    done
    disk empty.raw 8M 'label: gpt'
    try partextract 1 empty.raw
    expect 2 "partextract: empty.raw: no partition '1': the table is empty"
    try partextract largest empty.raw
    expect 2 "partextract: empty.raw: no partition 'largest': the table is empty"
}

@test "what is no selector at all, before any input is read" {
    try partextract gpt.raw
    expect 2 "partextract: 'gpt.raw' selects no partition: give a number, label=NAME, uuid=UUID, type=TYPE or largest
Try 'partextract --help'."
    for sel in '' x 1x -1 0x1 ' 1' 99999999999999999999 LARGEST name=root; do
        try partextract -- "$sel" gpt.raw
        expect 2 "partextract: '$sel' selects no partition: give a number, label=NAME, uuid=UUID, type=TYPE or largest
Try 'partextract --help'."
    done
    for type in '' nonsense 0x100 0x c12a7328-f81f-11d2-ba4b-00a0c93ec93 c12a7328-f81f-11d2-ba4b-00a0c93ec93bb; do
        try partextract "type=$type" gpt.raw
        expect_like 2 "partextract: '$type' is no partition type: give a GUID, 0xNN, the type's name, or one of linux, root, .*"
    done
}

@test "many candidates: the message stays whole" {
    blank many.raw 64M
    # shellcheck disable=SC2046  # words are wanted
    sgdisk $(seq 1 100 | sed 's/.*/-n &:0:+128K/') -a 8 many.raw >/dev/null
    try partextract largest many.raw
    expect_like 2 "partextract: many.raw: 'largest' means 100 partitions: 1 \(Linux filesystem, 128K\), .*\.\.\."
}

@test "from a pipe: read to the partition's end and no further" {
    # Whoever reads the same pipe next finds what follows partition 1, to the byte.
    { partextract 1 >got && wc -c >rest; } < <(cat gpt.raw)
    [ "$(cat rest)" -eq $((67108864 - 18432 * 512)) ]
    cut_out gpt.raw 1 want
    same want got
    # A writer that would go on for ever is left.
    try bash -c '{ cat gpt.raw; cat /dev/zero; } | partextract 5 | wc -c'
    expect 0
    [ "$output" -eq 512 ]
}

@test "from a pipe: nothing is kept but the table" {
    # 512 KiB for files is enough for a partition of 20 MiB; -f does not count: it is standard output.
    cut_out gpt.raw 3 want
    try bash -c 'ulimit -f 512; cat gpt.raw | partextract 3 | cmp - want'
    expect 0
}

@test "-o keeps holes, and appears whole" {
    cut_out gpt.raw 3 want
    for disk in gpt.raw gpt.qcow2; do
        try partextract --output=out/got 3 $disk
        expect 0
        same want out/got
        [ "$(stat -c %b out/got)" -lt 4096 ] # 2 MiB of blocks for 20 MiB
        left_behind out got
        rm out/got
    done
}

@test "a damaged primary GPT: the backup's partitions, from file and pipe, with status 5" {
    cp gpt.raw disk.raw
    poke disk.raw $((512 + 16)) 00000000
    for n in 1 3 4; do
        cut_out gpt.raw $n want
        try bash -c "partextract $n disk.raw >got"
        expect_like 5 'partextract: disk.raw: the primary GPT is damaged .*: using the backup at sector 131071'
        same want got
        try bash -c "cat disk.raw | partextract -q $n >got"
        expect_like 5 'partextract: standard input: the primary GPT is damaged .*: using the backup at sector 131071'
        same want got
    done
}

@test "input that ends before the partition does: numbers, and no output left" {
    local cut
    for cut in 9437183 9437184 9438209 10485759; do
        # Partition 2 is bytes 9437696 to 10485760.
        head -c $cut gpt.raw >disk.raw
        try bash -c 'cat disk.raw | partextract -o out/got 2'
        expect_like 3 "partextract: standard input: partition 2 \(bytes 9437696 to 10485760\): the input ends at $cut, .*"
        try partextract -q -o out/got 2 disk.raw
        expect_like 3 "(partextract: disk.raw: partition [1-5] \(sectors .*\) lies past the end of the disk \($cut bytes\)
)+partextract: disk.raw: partition 2 \(sectors 18433 to 20479\) is not whole: the disk ends before it does"
        left_behind out
    done
    # To standard output what there was may have gone; the status tells.
    try bash -c 'head -c 10485759 gpt.raw | partextract 2 >got'
    expect 3 'partextract: standard input: partition 2 (bytes 9437696 to 10485760): the input ends at 10485759, 1 bytes before the end of the data'
    # Exactly at its end is enough.
    cut_out gpt.raw 2 want
    try bash -c 'head -c 10485760 gpt.raw | partextract 2 >got'
    expect 0
    same want got
}

@test "a whole partition beside damaged ones is written, with status 5" {
    cp gpt.raw disk.raw
    local told='partextract: disk.raw: partition 3 (sectors 20480 to 61439 of 512 bytes) lies past the end of the disk (20000000 bytes)'
    truncate -s 20000000 disk.raw # within partition 3, and before 4 and 5
    cut_out gpt.raw 2 want
    for n in 2 uuid=AAAAAAAA-0000-0000-0000-000000000002; do
        try partextract -q -o out/got "$n" disk.raw
        expect_like 5 '(partextract: disk.raw: partition [345] \(sectors .*\) lies past the end of the disk \(20000000 bytes\).?)+'
        [[ $stderr == *"$told"* ]]
        same want out/got
        rm out/got
    done
    try partextract -q -o out/got largest disk.raw
    expect_like 3 "(.*
)+partextract: disk.raw: partition 3 \(sectors 20480 to 61439\) is not whole: the disk ends before it does"
    # Overlapping ones have their bytes; one that ends before it starts has none.
    cp gpt.raw disk.raw
    poke disk.raw $(($(entry 1) + 40)) "$(le64 18434)"
    poke disk.raw $(($(entry 4) + 40)) "$(le64 99998)"
    seal disk.raw
    try bash -c 'partextract -q -o out/got 1 disk.raw && exit; cmp out/got <(dd if=disk.raw bs=512 skip=2048 count=16387 status=none) && exit 5'
    expect_like 5 'partextract: disk.raw: partition 4 ends at sector 99998 before it starts at sector 100000
partextract: disk.raw: partitions 1 \(sectors 2048 to 18434\) and 2 \(18433 to 20479\) overlap'
    rm out/got
    try partextract -q -o out/got 4 disk.raw
    expect_like 3 '(.*
)+partextract: disk.raw: partition 4 has no bytes: its last sector 99998 lies before its first 100000'
    left_behind out
}

@test "a damaged chain: what comes before the damage is written" {
    cp mbr.raw disk.raw
    poke disk.raw $((45056 * 512 + 510)) 0000
    cut_out mbr.raw 5 want
    for run in 'partextract 5 disk.raw' 'cat disk.raw | partextract 5'; do
        try bash -c "$run >got"
        expect_like 5 'partextract: .*: the extended boot record at sector 45056 ends with 0x0000, not 0xaa55: logical partitions from number 6 on are not known'
        same want got
    done
    try partextract 6 disk.raw
    expect_like 3 "(.*
)partextract: disk.raw: no partition '6'; there are: 1 .*"
}

@test "input that ends inside the table" {
    local cut
    for cut in 0 511 512 600 1024 17407; do
        try bash -c "head -c $cut gpt.raw | partextract -o out/got 1"
        expect_like 3 'partextract: standard input: .*(needs bytes|no header at byte).*'
    done
    left_behind out
}

@test "--range: what lies between the partitions, from a file, qcow2 and a pipe, which is read no further" {
    local from
    dd if=gpt.raw of=want bs=512 skip=2040 count=100 status=none
    for from in gpt.raw gpt.qcow2; do
        try partextract --range=1044480+51200 -o got $from
        expect 0
        same got want
    done
    try bash -c 'cat gpt.raw | { partextract --range=1044480+51200 | cmp - want && wc -c; }'
    expect 0
    [ "$output" -gt $((60 << 20)) ]
    try partextract --range=0+0 -o got gpt.raw
    expect 0
    [ ! -s got ]
    # No table is needed.
    blank zeros.raw 1M
    try bash -c 'partextract --range=1048575+1 zeros.raw | od -An -tx1'
    expect 0
    [ "$output" = ' 00' ]
    try partextract --range=1048575+2 zeros.raw
    expect 2 'partextract: zeros.raw: --range=1048575+2 passes the end of the disk (1048576 bytes)'
    try partextract --range=1048575 zeros.raw
    expect 2 $'partextract: option \'--range\' takes OFF+LEN, not \'1048575\'\nTry \'partextract --help\'.'
    try partextract --range=0+1 1 zeros.raw
    expect 2 $'partextract: with --range, one IMAGE at most, not 2\nTry \'partextract --help\'.'
    try bash -o pipefail -c 'head -c 1000 gpt.raw | partextract --range=500+501 -o out/none'
    expect_like 3 'partextract: standard input: .*'
    left_behind out
}

@test "a truncated qcow2 file leaves no output" {
    local size cut
    size=$(stat -c %s mbr.qcow2)
    for cut in 3 104 1000 $((size / 2)) $((size - 65536)); do
        head -c "$cut" mbr.qcow2 >cut.qcow2
        try partextract -f qcow2 -o out/got 3 cut.qcow2
        expect_like 3 'partextract: cut\.qcow2: .*'
        left_behind out
    done
}

@test "an existing output is replaced only by a whole one" {
    echo precious >got
    try bash -c 'head -c 10000000 gpt.raw | partextract -o got 2'
    expect_like 3 'partextract: .*'
    [ "$(cat got)" = precious ]
    try partextract -o got 5 gpt.raw
    expect 0
    [ "$(stat -c %s got)" -eq 512 ]
}

@test "help, version and wrong usage" {
    try partextract --help
    expect 0
    [ "${output%%$'\n'*}" = 'Usage: partextract [OPTION]... SEL [IMAGE]' ]
    try partextract -V
    expect 0
    [[ ${output%%$'\n'*} == 'partextract (engram-tools) '* ]]
    try partextract --no-such-option
    expect 2 $'partextract: unknown option \'--no-such-option\'\nTry \'partextract --help\'.'
    try partextract
    expect 2 $'partextract: which partition?\nTry \'partextract --help\'.'
    try partextract 1 2 3
    expect 2 $'partextract: SEL and one IMAGE at most, not 3\nTry \'partextract --help\'.'
    try partextract -f vdi 1 gpt.raw
    expect 2 $'partextract: option \'--format\' takes raw or qcow2, not \'vdi\'\nTry \'partextract --help\'.'
}

@test "missing file, no table, full disk, closed reader, a directory that is not there" {
    try partextract 1 missing.raw
    expect 1 'partextract: missing.raw: cannot open: No such file or directory'
    blank zeros.raw 1M
    try partextract 1 zeros.raw
    expect 3 'partextract: zeros.raw: no partition table found: no MBR in sector 0, no GPT header at byte 512 or 4096'
    try bash -c 'partextract 2 gpt.raw >/dev/full'
    expect 1 'partextract: standard output: write failed: No space left on device'
    try bash -o pipefail -c 'partextract 3 gpt.raw | head -c 1 >/dev/null'
    expect 0
    try partextract -o none/got 1 gpt.raw
    expect_like 1 'partextract: none/got: cannot create: No such file or directory'
}

@test "binary output on a terminal is refused" {
    try script -qec 'partextract 1 gpt.raw' /dev/null
    [ "$status" -eq 2 ]
    [[ $output == 'partextract: standard output: is a terminal: not writing binary data to it (use -o or a pipe)'* ]]
}

@test "progress, only when asked for" {
    try partextract -o got 3 gpt.raw
    expect 0
    try partextract --progress -o got 3 gpt.raw
    [ "$status" -eq 0 ]
    [[ $stderr == *partextract* ]]
    try partextract --quiet -P -o got 3 gpt.raw
    expect 0
}
