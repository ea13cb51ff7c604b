#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2086  # $maker is a command with its words
# What every command shares: where output may go, what an operand may be, how a run begins and ends.

load helper

setup_file() {
    need qemu-img cmp
    cd "$BATS_FILE_TMPDIR"
    cp "$BATS_TEST_DIRNAME/data/vm.qcow2" vm.qcow2
    qemu-img convert -O raw vm.qcow2 vm.raw
    dd if=vm.raw of=root.ext4 bs=1M skip=2 count=12 status=none
    ext4walk root.ext4 >root.manifest
    engram-pack root.manifest >root.engram
}

setup() {
    cp "$BATS_FILE_TMPDIR"/* "$BATS_TEST_TMPDIR" # the tests write here
    cd "$BATS_TEST_TMPDIR"
}

# Every command that makes something, with an input of its kind.
makers=('qcow2cat vm.qcow2' 'partextract 2 vm.raw' 'ext4walk root.ext4' 'engram-pack root.manifest' 'engram-walk root.engram'
    'engram-cat root.engram /etc/hostname')

# What such a command's input is called.
input_of() {
    case $1 in
    partextract*) echo vm.raw ;;
    engram-cat*) echo root.engram ;;
    *) echo "${1##* }" ;;
    esac
}

@test "an output that is the input is refused, and the input stays" {
    for maker in "${makers[@]}"; do
        input=$(input_of "$maker")
        try $maker -o "$input"
        expect 2 "${maker%% *}: $input: is the input itself: write to another file"
        same "$input" "$BATS_FILE_TMPDIR/$input"
        ln -s "$input" link
        try $maker -o link
        expect 2 "${maker%% *}: link: is the input itself: write to another file"
        rm link
    done
}

@test "standard input as the output is refused, too" {
    try bash -c 'ext4walk -o root.ext4 <root.ext4'
    expect 2 "ext4walk: root.ext4: is the input itself: write to another file"
    same root.ext4 "$BATS_FILE_TMPDIR/root.ext4"
}

@test "a file that is called standard input is still a file" {
    cp vm.raw 'standard input'
    try qcow2cat -o 'standard input' 'standard input'
    expect 2 "qcow2cat: standard input: is the input itself: write to another file"
    same 'standard input' vm.raw
}

@test "an empty name of an input is shown" {
    try engram-ls ''
    expect 1 "engram-ls: '': cannot open: No such file or directory"
}

@test "an empty name, a directory, a device are no outputs" {
    mkdir dir
    for maker in "${makers[@]}"; do
        name=${maker%% *}
        try $maker -o ''
        expect 2 "$name: option '--output' needs the name of a file
Try '$name --help'."
        try $maker -o dir
        expect 2 "$name: dir: is a directory"
        try $maker -o /dev/null
        expect 2 "$name: /dev/null: is not a regular file: write to it with '>'"
    done
}

@test "an output through a symbolic link leaves the link" {
    echo old >target
    ln -s target link
    for maker in "${makers[@]}"; do
        $maker >want
        $maker -o link
        [ -L link ]
        same target want
    done
}

@test "-o - is standard output" {
    for maker in "${makers[@]}"; do
        $maker >want
        $maker -o - >got
        same want got
    done
}

@test "a long name leaves room for the temporary one" {
    name=$(printf 'n%.0s' {1..255})
    qcow2cat -o "$name" vm.qcow2
    same "$name" vm.raw
}

@test "a fifo is read as the pipe that it is" {
    # Of a pipe it is not known what the partitions hold.
    same <(partls --json vm.raw | jq 'del(.. | .node?, .device?, .fstype?, .fslabel?, .fsuuid?)') \
        <(partls --json <(cat vm.raw) | jq 'del(.. | .node?, .device?)')
    same <(qcow2cat <(cat vm.qcow2)) vm.raw
    same <(ext4walk <(cat root.ext4)) root.manifest
    same <(engram-pack <(cat root.manifest)) root.engram
    same <(engram-walk <(cat root.engram)) root.manifest
}

@test "closed standard descriptors do not become the output's" {
    qcow2cat vm.qcow2 -P -o out.raw 0<&- 2>&-
    same out.raw vm.raw
    rm out.raw
    try bash -c 'qcow2cat vm.qcow2 1>&-'
    expect 1 "qcow2cat: standard output: write failed: Bad file descriptor"
    try bash -c 'ext4walk 0<&-'
    expect 1 "ext4walk: standard input: cannot read at offset 0: Bad file descriptor"
}

@test "redirected input is read from where it stands" {
    { head -c 2097152 >/dev/null; ext4walk; } < <(cat vm.raw) >from-pipe
    # dd leaves the descriptor where the file system starts
    { dd bs=1M count=2 status=none >/dev/null; ext4walk; } <vm.raw >from-file
    same from-pipe root.manifest
    same from-file root.manifest
}

@test "zeros that come through a pipe become holes in a file" {
    truncate -s 64M zeros.raw
    qcow2cat -o out.raw < <(cat zeros.raw)
    [ "$(stat -c %s out.raw)" -eq $((64 << 20)) ]
    [ "$(stat -c %b out.raw)" -le 2048 ] # the first part is kept on the way
    partextract -o out.ext4 2 < <(cat vm.raw)
    same out.ext4 root.ext4
    [ "$(stat -c %b out.ext4)" -le $(($(stat -c %b root.ext4) / 2)) ]
}
