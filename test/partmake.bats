#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2002,SC2030,SC2031,SC2154  # cat is for a pipe; bats sets status, output, stderr
# partmake: what it writes, by sgdisk, sfdisk and the kernel; layouts that cannot be.

load helper
load part

setup_file() {
    need sfdisk sgdisk jq losetup mke2fs qemu-img openssl
    cd "$BATS_FILE_TMPDIR" || return 1
    blank root.img 4M
    mke2fs -q -F -t ext4 root.img
    blank esp.img 1M
    noise esp.img 4096 100000
    printf 'not a whole number of sectors' >odd.img
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    ln -s "$BATS_FILE_TMPDIR"/*.img .
}

# Neither sgdisk nor sfdisk has anything to say about a GPT, and both copies agree.
good_gpt() {
    sgdisk --verify "$1" | grep -q '^No problems found' || {
        sgdisk --verify "$1" >&2
        return 1
    }
    good_table "$1"
}

good_table() {
    try sfdisk --verify "$1"
    expect 0
    [[ $output == *'No errors detected'* ]]
}

# fields DISK KEY...: of every partition, as sfdisk sees them, a line each.
fields() {
    local disk=$1
    shift
    sfdisk --json "$disk" | jq -r --arg keys "$*" \
        '.partitiontable.partitions[] | [.[$keys | split(" ")[]] | tostring] | join(" ")'
}

# holds DISK NUMBER FILE: the partition starts with the file, and has zeros behind it.
holds() {
    local size
    size=$(stat -L -c %s "$3")
    partextract "$2" "$1" >part.raw
    same <(head -c "$size" part.raw) "$3"
    [ "$(tail -c +$((size + 1)) part.raw | tr -d '\0' | wc -c)" -eq 0 ]
}

@test "a GPT: every field as sgdisk and sfdisk read it, every image in its partition" {
    try partmake -o disk.raw 'esp.img:type=esp,name="EFI, system",bootable' \
        root.img:type=root-x86-64,name=Wurzel€,uuid=01234567-89ab-cdef-0123-456789abcdef,attrs=GUID:59 \
        odd.img:size=3M ':size=1M,type=swap,attrs="RequiredPartition GUID:48,63"'
    expect 0
    good_gpt disk.raw
    same <(fields disk.raw start size type name attrs) - <<'END'
2048 2048 C12A7328-F81F-11D2-BA4B-00A0C93EC93B EFI, system LegacyBIOSBootable
4096 8192 4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709 Wurzel€ GUID:59
12288 6144 0FC63DAF-8483-4772-8E79-3D69D8477DE4 null null
18432 2048 0657FD6D-A4AB-43C4-84E5-0933C84B4F4F null RequiredPartition GUID:48,63
END
    [ "$(fields disk.raw uuid | sed -n 2p)" = 01234567-89AB-CDEF-0123-456789ABCDEF ]
    holds disk.raw 1 esp.img
    holds disk.raw 2 root.img
    holds disk.raw 3 odd.img
    holds disk.raw 4 /dev/null
    # 10 MiB and the backup, rounded up; the first usable sector is the one behind the entries.
    [ "$(stat -c %s disk.raw)" -eq $((11 << 20)) ]
    [ "$(sfdisk --json disk.raw | jq -c '.partitiontable | [.firstlba, .lastlba]')" = "[34,22494]" ]
}

@test "an MBR of four: all primary" {
    try partmake -t mbr -o disk.raw esp.img:type=ef,bootable root.img :size=1M,type=swap odd.img:type=0xda
    expect 0
    good_table disk.raw
    same <(fields disk.raw start size type bootable) - <<'END'
2048 2048 ef true
4096 8192 83 null
12288 2048 82 null
14336 1 da null
END
    holds disk.raw 1 esp.img
    holds disk.raw 2 root.img
    [ "$(stat -c %s disk.raw)" -eq $((8 << 20)) ]
}

@test "an MBR of six: three primary, the others logical" {
    try partmake -t mbr --size=64M -o disk.raw esp.img root.img root.img esp.img root.img:type=lvm :type=swap
    expect 0
    good_table disk.raw
    same <(fields disk.raw start size type) - <<'END'
2048 2048 83
4096 8192 83
12288 8192 83
20480 110592 5
22528 2048 83
26624 8192 8e
36864 94208 82
END
    holds disk.raw 5 esp.img
    holds disk.raw 6 root.img
    try partmake -t mbr -o disk.raw esp.img :size=1M,type=extended,start=8192 esp.img:start=8194,size=5 \
        esp.img:size=1M
    expect 2 "partmake: partition 5: esp.img has 1048576 bytes, more than its size= of 2560 (5 sectors)"
    try partmake -t mbr -o disk.raw esp.img :size=4M,type=f,start=8192 odd.img:start=8194 odd.img:start=8197
    expect 0
    good_table disk.raw
    same <(fields disk.raw node start size type) - <<'END'
disk.raw1 2048 2048 83
disk.raw2 8192 8192 f
disk.raw5 8194 1 83
disk.raw6 8197 1 83
END
    holds disk.raw 6 odd.img
}

@test "an extended partition without logical ones" {
    try partmake -t mbr --size=8M -o disk.raw esp.img :type=extended
    expect 0
    good_table disk.raw
    [ "$(fields disk.raw start size type | tail -1)" = "4096 12288 5" ]
    try partls disk.raw
    expect 0
}

# rebuilds DISK OFFSET: with data in every partition, the same from the offset on.
rebuilds() {
    local disk=$1 number numbers files=()
    partls --dump "$disk" >script
    mapfile -t numbers < <(partls --json "$disk" |
        jq -r '.partitiontable.partitions[] | if .type == "5" or .type == "f" then "-" else .number end')
    for number in "${numbers[@]}"; do
        [ "$number" = - ] && files+=('') && continue
        partextract -o "part$number" "$number" "$disk"
        files+=("part$number")
    done
    try partmake --script=script --size="$(stat -c %s "$disk")" -o again.raw "${files[@]}"
    expect 0
    cmp --ignore-initial="$2" again.raw "$disk" >&2
    # Nothing is stored that the original has as a hole.
    [ "$(stat -c %b again.raw)" -le $(($(stat -c %b "$disk") + 64)) ]
}

@test "disks of sfdisk and sgdisk, rebuilt from partls --dump: identical" {
    local i=0 disk start
    disk gpt1.raw 16M 'label: gpt' 'size=1M, name="one, of two", attrs="RequiredPartition GUID:60"' 'size=2M, type=S'
    disk gpt2.raw 16M 'label: gpt' 'table-length: 256' 'size=1M' 'size=1M, name="q\x22u\x24\xc3\xa4"'
    disk gpt3.raw 16M 'label: gpt' 'table-length: 4' 'first-lba: 64' 'last-lba: 30000' 'start=64, size=100'
    disk gpt4.raw 32M 'label: gpt' 'start=20480, size=2048' 'start=2048, size=1' 'start=40960, size=8192'
    disk gpt5.raw 3T 'label: gpt' 'size=1T' 'size=1900G'
    disk mbr1.raw 16M 'label: dos' 'size=1M, bootable' 'size=1M, type=c' 'size=1M' 'type=ef'
    disk mbr2.raw 64M 'label: dos' 'size=1M' 'type=5' 'size=1M, bootable' 'size=1M, type=82' 'size=3M'
    disk mbr3.raw 64M 'label: dos' 'size=1M' 'type=5, start=10001, size=90000' 'start=10005, size=10' \
        'start=10016,size=100' 'start=30001, size=10'
    disk mbr4.raw 1T 'label: dos' 'size=100G' 'type=f' 'size=300G' 'size=1000' 'size=10G'
    disk mbr5.raw 8M 'label: dos' 'start=1, size=63' 'start=64, size=1'
    blank gpt6.raw 16M
    sgdisk -n 3:0:+1M -n 77:0:+1M -n 128:0:+1M -c 77:Ünïcödé gpt6.raw >/dev/null
    blank gpt7.raw 4M
    sgdisk -a 1 -n 1:34:34 -n 2:35:40 -n 3:41:0 gpt7.raw >/dev/null
    for disk in ???[1-9].raw; do
        for start in $(sfdisk --json "$disk" |
            jq '.partitiontable.partitions[] | select(.type != "5" and .type != "f").start'); do
            i=$((i + 1))
            poke "$disk" $((start * 512)) "$(printf '%04d' $i)"
        done
        # The disks of terabytes are compared by their tables: cmp would read them all.
        case $disk in
        gpt5.raw | mbr4.raw)
            partls --dump "$disk" >script
            try partmake --script=script --size="$(stat -c %s "$disk")" -o again.raw
            expect 0
            diff <(sfdisk --dump "$disk") <(sfdisk --dump again.raw | sed "s/again.raw/$disk/") >&2
            ;;
        # The protective MBRs of sgdisk have other C/H/S.
        gpt[67].raw) rebuilds "$disk" 512 ;;
        *) rebuilds "$disk" 0 ;;
        esac
    done
    [ $i -eq 34 ]
}

@test "a GPT script that says last-lba says how large the disk is" {
    disk disk.raw 16M 'label: gpt' 'size=1M' 'size=2M'
    partls --dump disk.raw >script
    try partmake --script=script -o again.raw
    expect 0
    same again.raw disk.raw
    # On a larger disk it says where it ends, too.
    try partmake --script=script --size=64M -o again.raw
    expect 0 "partmake: script: its last-lba, sector 32734, leaves the last 98337 of the disk's 131072 sectors unused"
}

@test "scripts as people write them: without names, with units, comments and letters" {
    printf '%s\n' '# a comment' '' 'label-id: 0xCAFE0001' 'label: dos' 'unit: sectors' 'device: /dev/sda' \
        ',1MiB,L,*' '4096 2048 S' '  size=1M , type=V ' ', , E' ',1M' ',,,*' >script
    try partmake --script=script --size=32M -o disk.raw '' '' esp.img '' esp.img
    expect 0
    good_table disk.raw
    [ "$(sfdisk --json disk.raw | jq -r .partitiontable.id)" = 0xcafe0001 ]
    same <(fields disk.raw start size type bootable) - <<'END'
2048 2048 83 true
4096 2048 82 null
6144 2048 8e null
8192 57344 5 null
10240 2048 83 null
14336 51200 83 true
END
    holds disk.raw 3 esp.img
    holds disk.raw 5 esp.img
    blank judge.raw 32M
    sfdisk --quiet judge.raw <script
    diff <(sfdisk --dump judge.raw | sed s/judge/disk/) <(sfdisk --dump disk.raw) >&2
}

# attach DISK [OPTION...]: as $loop, with devices for its partitions.  The kernel reads the table
# itself or, where it was built without that, is told by libblkid what is in it.
attach() {
    loop=$(losetup --find --show --partscan --read-only "${@:2}" "$1")
    [ -e "/sys/class/block/${loop##*/}p1" ] && return
    # The first KiB of an extended partition is no device with large sectors.
    partx --add --nr :3 "$loop"
    partx --add --nr 5: "$loop"
}

detach() {
    partx --delete "$loop"
    losetup --detach "$loop"
}

# "NUMBER START SIZE" of each partition that the kernel has, in sectors of 512 bytes.
kernels_partitions() {
    local name
    for name in "/sys/class/block/${loop##*/}p"*; do
        echo "${name##*p} $(cat "$name/start") $(cat "$name/size")"
    done | sort -n
}

@test "what the kernel makes of it, with sectors of 512 and of 4096 bytes" {
    need_root
    local kind sector seen failed=0
    for kind in gpt mbr; do
        for sector in 512 4096; do
            # Number 4 of the MBR is the extended partition.
            if [ $kind = mbr ]; then
                partmake -t mbr --sector-size=$sector -o disk.raw esp.img root.img odd.img root.img root.img
            else
                partmake --sector-size=$sector --script=<(printf '%s\n' 'x1 : ' x2: x3: x5: x6:) -o disk.raw \
                    esp.img root.img odd.img root.img root.img
            fi
            attach disk.raw --sector-size=$sector
            seen=$(kernels_partitions)
            cmp -n $((1 << 20)) "${loop}p1" esp.img || failed=1
            cmp -n $((4 << 20)) "${loop}p6" root.img || failed=1
            # Of large sectors the kernel's device is where sfdisk looks.
            sfdisk --json "$loop" >judge
            detach
            [ $failed -eq 0 ]
            jq -e ".partitiontable.sectorsize == $sector" judge
            same <(grep -v '^4 ' <<<"$seen") <(jq -r '.partitiontable |
                .partitions[] | select(.type != "5") | "\(.node | capture("p(?<n>[0-9]+)$").n) \(
                .start * '$((sector / 512))') \(.size * '$((sector / 512))')"' judge)
        done
    done
}

@test "from a pipe, to a pipe, from a qcow2 image: the same disk" {
    partmake -o disk.raw esp.img:name=a root.img:name=b,size=5M
    partmake esp.img:name=a root.img:name=b,size=5M | same - disk.raw
    cat root.img | partmake esp.img:name=a -:name=b,size=5M | same - disk.raw
    cat esp.img | partmake -o disk2.raw -:name=a root.img:name=b,size=5M
    same disk2.raw disk.raw
    mkfifo fifo
    cat root.img >fifo &
    partmake -o disk2.raw esp.img:name=a fifo:name=b,size=5M
    wait $!
    same disk2.raw disk.raw
    qemu-img convert -c -O qcow2 root.img root.qcow2
    qemu-img create -q -f qcow2 -b root.qcow2 -F qcow2 over.qcow2
    partmake -o disk2.raw esp.img:name=a over.qcow2:name=b,size=5M
    same disk2.raw disk.raw
    # As it is, an image that nobody is to look into.
    partmake -f raw -o disk2.raw over.qcow2
    holds disk2.raw 1 over.qcow2
}

@test "a reader that has seen enough" {
    try bash -c 'set -o pipefail; partmake :size=1G | head -c 1000 >head'
    expect 0
}

@test "holes stay holes, and a disk of 100 GiB takes no space" {
    blank large.img 1G
    poke large.img $((1 << 29)) 01
    partmake --size=100G -o disk.raw large.img
    [ "$(stat -c %s disk.raw)" -eq $((100 << 30)) ]
    [ "$(stat -c %b disk.raw)" -le 400 ]
    good_gpt disk.raw
    # What comes through a pipe has its holes found again.
    head -c 64M large.img | partmake -o disk.raw -
    [ "$(stat -c %b disk.raw)" -le 400 ]
}

@test "the same layout gives the same UUIDs, a seed keeps them when the layout changes" {
    local one two
    partmake -o a.raw esp.img root.img
    partmake -o b.raw esp.img root.img
    same a.raw b.raw
    partmake -o b.raw esp.img root.img:name=other
    [ "$(fields a.raw uuid | sort -u | wc -l)" -eq 2 ]
    [ "$(cat <(fields a.raw uuid) <(fields b.raw uuid) | sort -u | wc -l)" -eq 4 ]
    # Version 8, variant 10 (RFC 9562).
    fields a.raw uuid | grep -cxE '.{8}-.{4}-8.{3}-[89AB].{3}-.{12}' | grep -qx 2
    one=$(partmake --seed=s esp.img root.img | partls --json | jq -c '[.partitiontable | .id, .partitions[].uuid]')
    two=$(partmake --seed=s root.img:size=8M :size=1M | partls --json | jq -c '[.partitiontable | .id, .partitions[].uuid]')
    [ "$one" = "$two" ]
    one=$(partmake -t mbr --seed=s esp.img | partls --json | jq .partitiontable.id)
    two=$(partmake -t mbr --seed=t esp.img | partls --json | jq .partitiontable.id)
    [ "$one" != "$two" ]
}

@test "boot code stands before both kinds of table" {
    local kind
    openssl rand 440 >code
    for kind in gpt mbr; do
        partmake -t $kind --boot-code=code -o disk.raw esp.img
        same <(head -c 440 disk.raw) code
        good_table disk.raw
    done
    head -c 441 /dev/zero >code
    try partmake --boot-code=code -o disk2.raw esp.img
    expect 2 "partmake: code: has more than 440 bytes"
    try partmake --boot-code=none -o disk2.raw esp.img
    expect 1 "partmake: none: cannot open: No such file or directory"
    [ ! -e disk2.raw ]
}

@test "the table grows beyond 128 entries, and an alignment other than 1 MiB" {
    local operands=()
    for _ in {1..150}; do operands+=(odd.img); done
    partmake --align=4K -o disk.raw "${operands[@]}"
    good_gpt disk.raw
    [ "$(fields disk.raw start | tail -1)" -eq $((40 + 149 * 8)) ]
    [ "$(sfdisk --json disk.raw | jq -r '.partitiontable["table-length"]')" = 150 ]
    try partmake -t mbr --align=4K -o disk.raw "${operands[@]:0:50}"
    expect 0
    good_table disk.raw
    [ "$(fields disk.raw start | wc -l)" -eq 51 ]
}

# ---- what cannot be ----

# refused_as STATUS MESSAGE ARGUMENT...: and no file is left.
refused_as() {
    local wanted=$1 message=$2
    shift 2
    try partmake -o new.raw "$@"
    expect "$wanted" "partmake: $message"
    [ ! -e new.raw ]
}

refused() {
    refused_as 2 "$@"
}

@test "partitions that overlap, or lie where there is no room" {
    refused "partition 1 (sectors 2048 to 4095) and partition 2 (4000 to 12191) overlap" \
        esp.img root.img:start=4000
    refused "partition 1 starts at sector 33, before the first usable one, 34" esp.img:start=33
    refused "FirstUsableLBA 33 is before the end of the entries, sector 34" --script=<(printf '%s\n' 'first-lba: 33' 'size=1')
    refused "LastUsableLBA 2015 is not before the backup's entries at sector 2015" --size=1M \
        --script=<(printf '%s\n' 'last-lba: 2015' 'size=1')
    refused "logical partition 5 (sectors 100 to 2147) lies outside the extended partition (4096 to 131071)" \
        -t mbr --size=64M esp.img :type=extended esp.img:start=100
    refused "the boot record of partition 5 (sectors 4096 to 4096) and partition 5 (4096 to 6143) overlap" \
        -t mbr --size=64M esp.img :type=extended esp.img:start=4096
    refused "partition 1 (sectors 2048 to 4095) and partition 2 (3000 to 131071) overlap" \
        -t mbr --size=64M esp.img :type=extended,start=3000
    refused "no space is left for partition 3: sector 6144 is not before 4063" --size=2M :size=1K :size=1K :type=swap
}

@test "no place for a file in an extended partition" {
    refused "partition 1 is extended, it holds partitions: there is no place for root.img" \
        -t mbr --size=64M root.img:type=extended,size=10M esp.img
    try bash -c 'partmake -t mbr --size=64M -o new.raw -:type=extended,size=10M <root.img'
    expect 2 "partmake: partition 1 is extended, it holds partitions: there is no place for standard input"
}

@test "numbers of a script that would wrap" {
    local n
    for n in 1152921504606846976 18446744073709551614; do
        refused "FirstUsableLBA $n is past sector 1125899906842623" --script=<(echo "first-lba: $n")
        refused "LastUsableLBA $n is past sector 1125899906842623" --script=<(echo "last-lba: $n")
        refused "partition 1 starts at sector $n with 1 sectors: a disk has no numbers past 1125899906842623" odd.img:start=$n
        refused "partition 1 starts at sector 2048 with $n sectors: a disk has no numbers past 1125899906842623" odd.img:size=$n
    done
    refused "FirstUsableLBA 10000 is past LastUsableLBA, sector 100" --size=64M --script=<(
        printf '%s\n' 'first-lba: 10000' 'last-lba: 100')
}

@test "partitions that do not fit: the message says what would do" {
    refused "the partitions end at sector 12287, but the last usable one is 8158: a disk for them has at least 6308352 bytes (6.1M), not 4194304" \
        --size=4M esp.img root.img
    # And so it does.
    try partmake --size=6308352 -o disk.raw esp.img root.img
    expect 0
    good_gpt disk.raw
    refused "the partitions end at sector 12287, but the last usable one is 12286: a disk for them has at least 6291456 bytes (6.0M), not 6290944" \
        -t mbr --size=6290944 esp.img root.img
    try partmake -t mbr --size=6291456 -o disk.raw esp.img root.img
    expect 0
    refused "a disk of 34304 bytes is too small for a GPT, which needs 34816" --size=34304 odd.img:start=34
    try partmake --size=34816 -o disk.raw odd.img:start=34
    expect 0
    good_gpt disk.raw
    refused "partition 1 starts at sector 2048 with 4294967296 sectors: an MBR has no numbers past 4294967295 (a GPT has)" \
        -t mbr :size=2T
    refused "partition 2 starts at sector 4294967296 with 2 sectors: an MBR has no numbers past 4294967295 (a GPT has)" \
        -t mbr :size=2097151M :size=1K
    refused "partition 1 starts at sector 4294967290 with 10 sectors: an MBR has no numbers past 4294967295 (a GPT has)" \
        -t mbr --size=3T :start=4294967290,size=10
    refused "partition 1 has neither a size nor a file, and the size of the disk is not given" :type=swap
}

@test "an image that is larger than its partition, or empty" {
    refused "partition 1: root.img has 4194304 bytes, more than its size= of 4193792 (8191 sectors)" root.img:size=8191
    : >empty
    refused "partition 1: empty is empty" empty
    refused "partition 1: empty is empty" empty:size=1M
    try bash -c 'true | partmake -o new.raw -:size=1M'
    expect 2 "partmake: standard input: is empty"
    [ ! -e new.raw ]
    try bash -c 'cat root.img | partmake -o new.raw -:size=8191'
    expect 2 "partmake: standard input: has more than the 4193792 bytes of partition 1"
    [ ! -e new.raw ]
}

@test "UUIDs and numbers that stand twice" {
    local uuid=01234567-89AB-CDEF-0123-456789ABCDEF
    refused "partitions 1 and 3 have the same UUID $uuid" esp.img:uuid=$uuid esp.img esp.img:uuid=${uuid,,}
    refused "two partitions have the number 2" --script=<(printf '%s\n' 'a2 : size=1' 'b2 : size=1')
    refused "partition 200: the table has room for 100" --script=<(printf '%s\n' 'table-length: 100' 'x200 : size=1')
    refused "3 partitions, but the table has room for 2" --script=<(printf '%s\n' 'table-length: 2' 'size=1' 'size=1' 'size=1')
    refused "logical partition 7 without 6: their numbers have no gaps" --script=<(
        printf '%s\n' 'label: dos' 'x1 : size=9M, type=5' 'x5 : size=1' 'x7 : size=1')
    refused "partition 5 is logical, but none is extended" --script=<(printf '%s\n' 'label: dos' 'x5 : size=1')
    refused "partition 5 is extended: it needs a number up to 4" --script=<(printf '%s\n' 'label: dos' 'x5 : size=1,type=5')
    refused "2 extended partitions, but an MBR has one" -t mbr :size=1M,type=5 :size=1M,type=f
    refused "5 partitions need an extended one among them: type=extended" --script=<(
        printf '%s\n' 'label: dos' 'x1 : size=1' size=1 size=1 size=1 size=1)
    refused "no space is left for partition 3 behind the extended one" --script=<(
        printf '%s\n' 'label: dos' 'x1 : size=1' 'x2 : type=5' 'x3 : size=1')
}

@test "types that nobody knows: close ones are suggested" {
    refused "odd.img:type=linx: no partition type of GPT is called 'linx'; close: 'linux'" odd.img:type=linx
    refused "odd.img:type=rot-x86-64: no partition type of GPT is called 'rot-x86-64'; close: 'root-x86-64', 'usr-x86-64'" \
        odd.img:type=rot-x86-64
    refused "odd.img:type=swp: no partition type of MBR is called 'swp'; close: 'swap'" -t mbr odd.img:type=swp
    refused "odd.img:type=ntfs: no partition type of MBR is called 'ntfs'; close: 'HPFS/NTFS/exFAT', 'Hidden HPFS/NTFS', 'Hidden NTFS WinRE'" \
        -t mbr odd.img:type=ntfs
    try partmake -o new.raw odd.img:type=quux
    [[ $stderr == "partmake: odd.img:type=quux: no partition type of GPT is called 'quux': give a GUID, the type's name, or one of linux, "* ]]
    [ "$status" -eq 2 ]
    try partmake -o new.raw odd.img:type=usr
    [[ $stderr == "partmake: odd.img:type=usr: type 'usr' is that of several architectures: give one of usr-x86, usr-x86-64, "* ]]
    [ "$status" -eq 2 ]
    refused "odd.img:type=0: type 0 marks an entry that is not used" -t mbr odd.img:type=0
    refused "odd.img:type=00000000-0000-0000-0000-000000000000: a type of zeros marks an entry that is not used" \
        odd.img:type=00000000-0000-0000-0000-000000000000
}

@test "fields that are none, or have no such value" {
    local takes='takes sectors, or a size such as 512M or 10GiB, not'
    refused "odd.img:sise=1: no field 'sise': there are start=, size=, type=, uuid=, name=, attrs= and bootable" odd.img:sise=1
    refused "odd.img:bootabel: no field 'bootabel': there are start=, size=, type=, uuid=, name=, attrs= and bootable" odd.img:bootabel
    refused "odd.img:size=1X: size= $takes '1X'" odd.img:size=1X
    refused "odd.img:size=-1: size= $takes '-1'" odd.img:size=-1
    refused "odd.img:size=99999999999999999999: size= $takes '99999999999999999999'" odd.img:size=99999999999999999999
    refused "odd.img:size=16E: size= $takes '16E'" odd.img:size=16E
    refused "odd.img:start=0: start= takes more than 0, not '0'" odd.img:start=0
    refused "odd.img:uuid=1: uuid= takes a UUID, not '1'" odd.img:uuid=1
    refused "odd.img:name=1234567890123456789012345678901234567: name= takes UTF-8 of at most 36 UTF-16 units, not '1234567890123456789012345678901234567'" \
        odd.img:name=1234567890123456789012345678901234567
    refused 'odd.img:name="\\xff": name= takes UTF-8 of at most 36 UTF-16 units, not '"'\\xff'" 'odd.img:name="\xff"'
    refused 'odd.img:name="x: quotes do not end' 'odd.img:name="x'
    refused 'odd.img:name="\\n": '"'\\' in quotes is for \\xHH, not '\\n'" 'odd.img:name="\n"'
    refused "odd.img:attrs=GUID:47: attrs= takes RequiredPartition, NoBlockIOProtocol, LegacyBIOSBootable and GUID:48 to GUID:63, not 'GUID:47'" \
        odd.img:attrs=GUID:47
    refused "odd.img:name=x: name= is not for MBR" -t mbr odd.img:name=x
    refused "odd.img:uuid=x: uuid= is not for MBR" -t mbr odd.img:uuid=x
    refused "odd.img:attrs=x: attrs= is not for MBR" -t mbr odd.img:attrs=x
    refused "odd.img:size: no field 'size': there are start=, size=, type=, uuid=, name=, attrs= and bootable" odd.img:size
    refused "odd.img:size=: size= $takes ''" odd.img:size=
    refused "odd.img:type=: type= is empty" odd.img:type=
    refused "odd.img:bootable=yes: bootable takes no value" odd.img:bootable=yes
}

@test "scripts that are malformed: status 3, and the line" {
    local line message
    while IFS='|' read -r line message; do
        printf '%s\n' 'label: gpt' "$line" >script
        try partmake --script=script -o new.raw
        expect 3 "partmake: script: line 2: $message"
    done <<'END'
label: bsd|label: takes gpt or dos, not 'bsd'
label-id: 12|label-id: takes a GUID, not '12'
sector-size: 520|sector-size: takes 512 or 4096, not '520'
grain: 100|grain: takes a power of two of bytes from the sector size on, not '100'
first-lba: x|first-lba: takes a number, not 'x'
table-length: 0|table-length: takes a number, not '0'
table-length: 32769|table-length: takes a number, not '32769'
unit: cylinders|unit: takes sectors, not 'cylinders'
colour: red|no header 'colour:' is known
start=x|start= takes sectors, or a size such as 512M or 10GiB, not 'x'
x : size=1|no partition's number stands before ':'
1,2,L,*,5|fields without names are start, size, type, and * if it is bootable
1,2,L,?|fields without names are start, size, type, and * if it is bootable
size=1, name="|quotes do not end
END
    printf '%s\n' 'label: dos' 'label-id: 0x123456789' >script
    try partmake --script=script -o new.raw
    expect 3 "partmake: script: line 2: label-id: takes 0x and 8 digits, not '0x123456789'"
    printf '%s\n' 'size=1' 'label: gpt' >script
    try partmake --script=script -o new.raw
    expect 3 "partmake: script: line 2: the header 'label:' stands after a partition"
    printf 'label: gpt\n\0' >script
    try partmake --script=script -o new.raw
    expect 3 "partmake: script: is no script of sfdisk: it has a NUL byte"
    printf '# nothing\n\n' >script
    try partmake --script=script -o new.raw
    expect 3 "partmake: script: is no script of sfdisk: it is empty"
    [ ! -e new.raw ]
    printf 'size=1M\n' >script
    refused "2 files, but the script has 1 partitions" --script=script esp.img esp.img
    refused "esp.img:size=1: has fields: with --script, operands are files only" --script=script esp.img:size=1
    refused "-t mbr, but the script's label is gpt" -t mbr --script=<(echo 'label: gpt')
    refused "partitions are aligned to a power of two from the sector's 4096 bytes to 1 TiB, not to 512" --script=<(
        printf '%s\n' 'grain: 512' 'sector-size: 4096' 'size=1')
    refused "--sector-size=4096, but the script's sector-size is 512" --sector-size=4096 --script=<(
        printf '%s\n' 'sector-size: 512' 'size=1')
    refused "--align is 2097152 bytes, but the script's grain is 4096" --align=2M --script=<(
        printf '%s\n' 'grain: 4096' 'size=1')
    refused "first-lba, last-lba and table-length are not for MBR" --script=<(
        printf '%s\n' 'label: dos' 'first-lba: 100' 'size=1')
}

@test "options that make no sense" {
    local help=$'\nTry \'partmake --help\'.'
    refused "which partitions?$help"
    refused "option '--type' takes gpt or mbr, not 'bsd'$help" -t bsd odd.img
    refused "option '--size' takes a size such as 512M or 10GiB, not '0'$help" --size=0 odd.img
    refused "option '--sector-size' takes 512 or 4096, not '1024'$help" --sector-size=1024 odd.img
    refused "option '--align' takes a size such as 512M or 10GiB, not '1X'$help" --align=1X odd.img
    local aligned="partitions are aligned to a power of two from the sector's 512 bytes to 1 TiB, not to"
    refused "$aligned 3145728" --align=3M odd.img
    refused "$aligned 256" --align=256 odd.img
    refused "$aligned 4611686018427387904" --align=4E odd.img:start=34
    refused "--size is 1000 bytes, no multiple of the sector's 512" --size=1000 odd.img
    refused "standard input can be only one partition" -- -:size=1M -:size=1M </dev/null
    try partmake -o new.raw none.img:size=1M
    expect 1 "partmake: none.img: cannot open: No such file or directory"
}

@test "the output is none of the inputs" {
    echo size=1M >script
    try partmake -o script --script=script
    expect 2 "partmake: script: is the input itself: write to another file"
    try partmake -o script --boot-code=script esp.img
    expect 2 "partmake: script: is the input itself: write to another file"
    # What is not read is no input.
    try bash -c 'partmake -o out.raw :size=1M <odd.img'
    expect 0
    cp odd.img in.img
    try partmake -o in.img odd.img in.img
    expect 2 "partmake: in.img: is the input itself: write to another file"
    same in.img odd.img
}

@test "an image whose backing file is missing, or that is another program's" {
    qemu-img create -q -f qcow2 over.qcow2 1M
    qemu-img create -q -f qcow2 -b over.qcow2 -F qcow2 top.qcow2
    rm over.qcow2
    try partmake -o new.raw top.qcow2
    expect_like 1 "partmake: .*over.qcow2.*No such file or directory"
    qemu-img create -q -f vmdk disk.vmdk 1M
    try partmake -o new.raw disk.vmdk
    expect 4 "partmake: disk.vmdk: is a VMDK image, which is not supported (-f raw reads it as it is)"
    [ ! -e new.raw ]
}

@test "a colon and a backslash in a file's name, and arguments that start with -:" {
    cp odd.img a:b\\
    try partmake -o disk.raw 'a\:b\\:size=1M'
    expect 0
    holds disk.raw 1 odd.img
    try bash -c 'partmake --seed -:x -o -:y -:size=1M <odd.img'
    expect 0
    holds ./-:y 1 odd.img
    partmake --seed=-:x odd.img:size=1M | same - ./-:y
    try bash -c 'partmake -:sise=1M <odd.img'
    expect 2 "partmake: -:sise=1M: no field 'sise': there are start=, size=, type=, uuid=, name=, attrs= and bootable"
}

@test "a block device, a directory, and a pipe that ends before its partition" {
    mkdir dir
    refused "dir: is a directory, not a file" dir
    head -c 1000 root.img >head.img
    cat head.img | partmake -o disk.raw -:size=1M
    holds disk.raw 1 head.img
    need_root
    loop=$(losetup --find --show --read-only root.img)
    try partmake -o disk.raw "$loop"
    losetup --detach "$loop"
    expect 0
    holds disk.raw 1 root.img
}

@test "logical partitions in another order than their numbers, and with one that takes the space between" {
    printf '%s\n' 'label: dos' 'x1 : start=4096,size=100000,type=5' 'x5 : start=10240,size=2048' \
        'x6 : start=6144,size=2048' >script
    try partmake --size=64M --script=script -o disk.raw '' esp.img root.img:
    expect 2 "partmake: partition 6: root.img has 4194304 bytes, more than its size= of 1048576 (2048 sectors)"
    try partmake --size=64M --script=script -o disk.raw '' esp.img esp.img
    expect 0
    good_table disk.raw
    same <(fields disk.raw node start size) - <<'END'
disk.raw1 4096 100000
disk.raw5 10240 2048
disk.raw6 6144 2048
END
    holds disk.raw 6 esp.img
    try partmake -t mbr --size=64M -o disk.raw :type=extended,size=20M : esp.img:start=20480
    expect 0
    good_table disk.raw
    same <(fields disk.raw start size) - <<'END'
2048 40960
4096 14336
20480 2048
END
}
