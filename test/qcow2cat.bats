#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154,SC2016,SC2002,SC2094  # load qcow2 sets $made; bash -c gets its $1 later; cat makes a pipe, on purpose
# qcow2cat: its options and streams, and what it says of the files that images name.

load helper
load qcow2

setup_file() {
    need qemu-img qemu-io
    cd "$BATS_FILE_TMPDIR" || return
    make_images
}

setup() {
    enter_work
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
    local range
    for range in 5 +5 5+ a+5 5+b -1+5 5+-1; do
        try qcow2cat --range=$range "$made/good.qcow2"
        [ "$status" -eq 2 ]
        [[ $stderr == "qcow2cat: option '--range' takes "* ]]
    done
    try qcow2cat --range=18446744073709551614+2 "$made/good.qcow2"
    expect 2 "qcow2cat: option '--range' ends past 2^64: '18446744073709551614+2'
Try 'qcow2cat --help'."
    try qcow2cat --backing-dir
    expect 2 "qcow2cat: option '--backing-dir' needs an argument
Try 'qcow2cat --help'."
}

@test "a missing file, a directory" {
    try qcow2cat nowhere.qcow2
    expect 1 "qcow2cat: nowhere.qcow2: cannot open: No such file or directory"
    try qcow2cat .
    expect 2 "qcow2cat: .: is a directory, not a file"
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

@test "images of other programs are refused by name: VMDK, VDI, VHDX, VHD, QED, Parallels" {
    local format options name
    while read -r format options name; do
        rm -f m.img
        qemu-img create -q -f "$format" -o "$options" m.img 1M
        try qcow2cat -o out.raw m.img
        expect 4 "qcow2cat: m.img: is a $name image, which is not supported (-f raw reads it as it is)"
        [ ! -e out.raw ]
        try qcow2cat -f raw -o out.raw m.img
        expect 0
        same out.raw m.img
        rm out.raw
        # What comes through a pipe may be a guest's disk, whatever that says of itself.
        cat m.img | qcow2cat | cmp - m.img >&2
    done <<'END'
vmdk subformat=monolithicSparse VMDK
vmdk subformat=monolithicFlat VMDK
vdi static=off VDI
vhdx subformat=dynamic VHDX
vpc subformat=dynamic VHD
vpc subformat=fixed VHD
qed cluster_size=64k QED
parallels cluster_size=64k Parallels
END
}

@test "raw files of the length of a foreign mark, or shorter, are raw" {
    local text
    for text in K KDM 'QED ' conecti; do
        printf '%s' "$text" >m.raw
        try qcow2cat -o out.raw m.raw
        expect 0
        same out.raw m.raw
    done
}

@test "-f qcow2 refuses what is not qcow2" {
    printf 'not an image, but longer than a header is, to be told by its first four bytes' >bad.qcow2
    try qcow2cat -f qcow2 bad.qcow2
    expect 3 "qcow2cat: bad.qcow2: not a qcow2 image: it starts with 0x6e6f7420, not with 0x514649fb"
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

# ---- ranges ----

@test "--range: those bytes of the disk, from a file, a pipe, and into a file" {
    local offset length
    convert -c -f raw -O qcow2 -o cluster_size=4k "$made/content.raw" m.qcow2
    for offset in 0 1 4095 699999 1802751 1802752; do
        for length in 0 1 5000 1000000; do
            [ $((offset + length)) -le 1802752 ] || continue
            tail -c +$((offset + 1)) "$made/content.raw" | head -c $length >want.raw
            qcow2cat --range=$offset+$length m.qcow2 | cmp - want.raw >&2
            qcow2cat --range=$offset+$length "$made/content.raw" | cmp - want.raw >&2
            cat "$made/content.raw" | qcow2cat --range=$offset+$length | cmp - want.raw >&2
            cat m.qcow2 | qcow2cat --range=$offset+$length -o got.raw
            same got.raw want.raw
        done
    done
}

@test "--range past the end of the disk is refused, and of a pipe is told of when it ends" {
    try qcow2cat --range=1048575+2 -o out.raw "$made/good.qcow2"
    expect 2 "qcow2cat: $made/good.qcow2: --range=1048575+2 passes the end of the disk (1048576 bytes)"
    try bash -o pipefail -c 'seq 10 | qcow2cat --range=0+100 -o out.raw'
    expect 3 "qcow2cat: standard input: the input ends at 21, 79 bytes before the end of the data"
    try bash -o pipefail -c 'seq 10 | qcow2cat --range=30+1 -o out.raw'
    expect 3 "qcow2cat: standard input: the input ends at 21, before offset 30 where the data starts"
    [ ! -e out.raw ]
}

@test "--range reads no more than it needs" {
    # Damage elsewhere does not matter.
    bad
    poke bad.qcow2 $((0x40078)) 80ffffffffff0000 # the L2 entry of the disk's last cluster
    try bash -o pipefail -c 'qcow2cat --range=0+65536 bad.qcow2 | cmp -n 65536 - <(qcow2cat "$1")' _ "$made/good.qcow2"
    expect 0
}

# ---- snapshots ----

@test "-s: a snapshot by its name or ID; none, several and raw images are refused" {
    cp "$made/good.qcow2" m.qcow2
    qemu-img snapshot -c before m.qcow2
    io -c 'write -P 9 0 64k' m.qcow2
    qemu-img snapshot -c 1 m.qcow2 # its ID is 2
    qemu-img snapshot -c twice m.qcow2
    qemu-img snapshot -c twice m.qcow2
    qcow2cat -s before m.qcow2 | cmp - <(qcow2cat "$made/good.qcow2") >&2
    qcow2cat --snapshot=2 m.qcow2 | cmp - <(qcow2cat m.qcow2) >&2
    cat m.qcow2 | qcow2cat -s before | cmp - <(qcow2cat "$made/good.qcow2") >&2
    try qcow2cat -s after -o out.raw m.qcow2
    expect 2 'qcow2cat: m.qcow2: has no snapshot "after" (of 4)'
    try qcow2cat -s '' -o out.raw m.qcow2
    expect 2 'qcow2cat: m.qcow2: has no snapshot "" (of 4)'
    try qcow2cat -s 1 -o out.raw m.qcow2
    expect 2 'qcow2cat: m.qcow2: "1" is the name or ID of 2 snapshots'
    try qcow2cat -s twice -o out.raw m.qcow2
    expect 2 'qcow2cat: m.qcow2: "twice" is the name or ID of 2 snapshots'
    try qcow2cat -s before -f raw -o out.raw m.qcow2
    expect 2 'qcow2cat: m.qcow2: a raw image has no snapshots'
    try qcow2cat -s before -o out.raw "$made/content.raw"
    expect 2 "qcow2cat: $made/content.raw: a raw image has no snapshots"
    try bash -o pipefail -c 'cat "$1" | qcow2cat -s before >out' _ "$made/content.raw"
    expect 2 "qcow2cat: standard input: a raw image has no snapshots"
    try qcow2cat -s before -f qcow2 -o out.raw "$made/content.raw"
    expect 3 "qcow2cat: $made/content.raw: not a qcow2 image: it starts with 0x310a320a, not with 0x514649fb"
    [ ! -e out.raw ]
}

# ---- data files ----

# data_image: m.qcow2 with its data in m.data.
data_image() {
    qemu-img create -q -f qcow2 -o data_file="${1-m.data}" m.qcow2 1M
    io -c 'write -P 7 0 64k' -c 'write -P 8 960k 64k' m.qcow2
    mv m.qcow2 top.qcow2
}

@test "data file missing, outside, a link that leads outside: --backing-dir allows it" {
    local dir
    mkdir inside outside
    dir=$(realpath outside)
    cd inside
    data_image
    mv m.data ../outside
    refuses 'top.qcow2: data file "m.data": No such file or directory' 1
    ln -s ../outside/m.data m.data
    refuses "top.qcow2: data file \"m.data\" lies outside the image's directory (--backing-dir=$dir allows it)"
    convert -O raw top.qcow2 want.raw
    try qcow2cat --backing-dir=../outside -o out.raw top.qcow2
    expect 0
    same out.raw want.raw
    rm out.raw m.data
    data_image "$dir/m.data"
    refuses "top.qcow2: data file \"$dir/m.data\" lies outside the image's directory (--backing-dir=$dir allows it)"
    try qcow2cat --backing-dir="$dir" -o out.raw top.qcow2
    expect 0
    same out.raw want.raw
}

@test "data file of a backing file: its name counts from that file's directory" {
    mkdir sub
    (cd sub && data_image && mv top.qcow2 base.qcow2)
    overlay top.qcow2 sub/base.qcow2 qcow2
    try qcow2cat -o out.raw top.qcow2
    expect 0
    io -c 'write -P 5 64k 64k' -f raw sub/m.data # as own.qcow2 has it
    same out.raw sub/m.data
    rm sub/m.data
    rm out.raw
    refuses 'sub/base.qcow2: data file "m.data": No such file or directory' 1
}

@test "data file is a directory, a pipe; named with a protocol; --no-backing; standard input" {
    data_image
    rm m.data
    mkdir m.data
    refuses 'top.qcow2: data file "m.data" is not a regular file'
    rmdir m.data
    mkfifo m.data
    refuses 'top.qcow2: data file "m.data" is not a regular file'
    refuses 'top.qcow2: needs data file "m.data", which --no-backing refuses' 4 --no-backing
    try bash -o pipefail -c 'cat top.qcow2 | qcow2cat >out'
    expect 4 "qcow2cat: standard input: needs data file \"m.data\", which can be found only if the image is given as a file's name"
    poke top.qcow2 120 6e 62 64 3a 61 62 # the name's six bytes: "nbd:ab"
    refuses 'top.qcow2: data file "nbd:ab" is named with a protocol: only plain files are opened'
    poke top.qcow2 112 11111111 # the type of the extension with the name: unknown, so ignored
    refuses 'top.qcow2: has an external data file, but does not name it'
}

@test "data-file-is-the-image, -is-a-link-to-it, -is-the-overlay" {
    data_image
    mv top.qcow2 m.data
    ln m.data top.qcow2
    refuses 'top.qcow2: data file "m.data" is an image of the chain itself' 3
    rm m.data
    ln -s top.qcow2 m.data
    refuses 'top.qcow2: data file "m.data" is an image of the chain itself' 3
    mv top.qcow2 base.qcow2
    overlay top.qcow2 base.qcow2 qcow2
    refuses 'base.qcow2: data file "m.data" is an image of the chain itself' 3
}

@test "data-file-shorter-than-its-map" {
    data_image
    truncate -s $((0xf0000)) m.data
    refuses 'top.qcow2: the cluster of guest offset 0xf0000 lies at 0xf0000, past the end of the data file (983040 bytes)' 3
    truncate -s $((0xf0001)) m.data
    refuses 'top.qcow2: the cluster of guest offset 0xf0000 lies at 0xf0000, and the data file ends within it (983041 bytes)' 3
    truncate -s 0 m.data
    refuses 'top.qcow2: the cluster of guest offset 0x0 lies at 0x0, past the end of the data file (0 bytes)' 3
}

@test "data-file-with-a-compressed-cluster, -raw-but-elsewhere, -name-too-long, -name-with-nul" {
    local l2
    data_image
    l2=$((16#$(peek top.qcow2 $((16#$(peek top.qcow2 40 8))) 8) & 0xfffffffffe00))
    poke top.qcow2 $l2 4000000000010000
    refuses 'top.qcow2: the cluster of guest offset 0x0 is compressed, which it cannot be in a data file' 3
    poke top.qcow2 $l2 8000000000010000
    qcow2cat --range=0+65536 top.qcow2 | cmp - <(tail -c +65537 m.data | head -c 65536) >&2
    poke top.qcow2 88 "$(be64 2)" # autoclear: raw external data
    refuses 'top.qcow2: the cluster of guest offset 0x0 lies at 0x10000 of a data file that is raw' 3
    poke top.qcow2 116 "$(be32 1024)"
    refuses 'top.qcow2: the data file name has 1024 bytes, more than 1023' 3
    poke top.qcow2 116 "$(be32 6)"
    poke top.qcow2 121 00
    refuses 'top.qcow2: the data file name has a NUL at byte 1 of 6' 3
}

# ---- backing chains ----

@test "chains: 200 images are read, 201 refused" {
    overlay 200.qcow2 201.qcow2 qcow2
    cp "$made/good.qcow2" 000.qcow2
    # The others are like the last, but for the name of the one below.
    perl -0777 -ne 'my ($at, $length) = unpack "x8 Q> N";
        for my $i (1 .. 199) {
            substr($_, $at, $length) = sprintf "%03d.qcow2", $i - 1;
            open my $image, ">:raw", sprintf("%03d.qcow2", $i) or die;
            print $image $_ and close $image or die;
        }' 200.qcow2
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
    # What a guest wrote may have decided: that is a warning, which -q does not hide.
    try qcow2cat -q -o got.raw top.qcow2
    expect 0 "qcow2cat: top.qcow2: declares no format for backing file \"base.img\": taken for raw by its content"
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

@test "backing-format-with-nul" {
    cp "$made/content.raw" base.img
    overlay top.qcow2 base.img raw
    poke top.qcow2 122 00 # of "raw", at 120, the last byte
    refuses "top.qcow2: the backing format's name has a NUL at byte 2 of 3" 3
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
    try qcow2cat -q -o out.raw bad.qcow2
    expect 0 "qcow2cat: bad.qcow2: is marked as corrupt (corrupt bit); it is read as it stands"
    cmp out.raw <(qcow2cat "$made/good.qcow2")
}

@test "a version 3 header of 104 bytes, as older programs wrote it" {
    bad
    poke bad.qcow2 100 "$(be32 104)" # what follows are 8 zero bytes: the end of the extensions
    agrees bad.qcow2
}
