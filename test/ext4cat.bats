# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2002,SC2016,SC2030,SC2031  # pipes are the point; each test is a subshell of its own
# ext4cat: the bytes of files against what was put into the file system, and against debugfs.

load helper
load ext4

setup_file() {
    good_images
    # A whole file system in a partition, in a compressed qcow2.
    need sfdisk
    truncate -s 8M "$BATS_FILE_TMPDIR/disk"
    printf '%s\n' 'label: gpt' 'start=2048, size=8192' | sfdisk -q "$BATS_FILE_TMPDIR/disk"
    dd if="$GOOD" of="$BATS_FILE_TMPDIR/disk" bs=1M seek=1 conv=notrunc status=none
    qemu-img convert -c -O qcow2 "$BATS_FILE_TMPDIR/disk" "$BATS_FILE_TMPDIR/disk.qcow2"
}

setup() {
    own_directory
    tree=$BATS_FILE_TMPDIR/tree
}

@test "files of every kind of block map are as they were put in" {
    local image
    for image in "$GOOD" "$GOOD.sum" "$GOOD.ext2"; do
        ext4cat "$image" /numbers >out
        same out "$tree/numbers"
        ext4cat "$image" hole >out
        same out "$tree/hole"
        debugfs -R 'cat /dir/file' "$image" 2>/dev/null >judge
        ext4cat "$image" dir/sub/again >out
        same out judge
    done
}

@test "several files come one after the other, from a partition and from a pipe" {
    cat "$tree/dir/file" "$tree/numbers" "$tree/dir/file" >judge
    ext4cat -p 1 "$BATS_FILE_TMPDIR/disk.qcow2" /dir/file /numbers //dir/./sub/../file >out
    same out judge
    cat "$GOOD" | ext4cat - /dir/file /numbers /dir/file >out
    same out judge
    cat "$BATS_FILE_TMPDIR/disk" | ext4cat -p largest - /dir/file /numbers /dir/file >out
    same out judge
}

@test "-o keeps holes" {
    try ext4cat -o out "$GOOD" /hole
    expect 0
    same out "$tree/hole"
    [ "$(stat -c %b out)" -le 32 ]
}

@test "symbolic links are followed inside the image only" {
    mkdir t t/a t/a/b
    echo inside >t/passwd
    mkdir t/etc && echo mine >t/etc/passwd
    ln -s /etc/passwd t/a/absolute
    ln -s ../../../../../etc/passwd t/a/b/up
    ln -s a/b t/way
    ln -s way/up t/twice
    ln -s loop2 t/loop1
    ln -s loop1 t/loop2
    ln -s nowhere t/dangling
    ln -s "/$(printf './%.0s' {1..40})etc/passwd" t/long
    mkfs image 2M -t ext4 -b 1024 -O ^has_journal -d t
    local path
    for path in a/absolute a/b/up way/up twice long /etc/../etc/passwd; do
        try ext4cat image "$path"
        expect 0
        [ "$output" = mine ]
    done
    try ext4cat image loop1
    expect 1 "ext4cat: image: loop1: too many symbolic links on the way"
    try ext4cat image dangling
    expect 1 "ext4cat: image: there is no dangling"
    try ext4cat --no-follow image /etc/passwd
    expect 0
    [ "$output" = mine ]
    try ext4cat --no-follow image a/absolute
    expect 1 "ext4cat: image: a/absolute is a symbolic link, not a file"
    try ext4cat --no-follow image way/up
    expect 1 "ext4cat: image: way/up: a symbolic link is on the way"
    try ext4cat image a
    expect 1 "ext4cat: image: a is a directory, not a file"
    try ext4cat image passwd/x
    expect 1 "ext4cat: image: passwd/x: what is on the way is not a directory"
}

@test "what is no file is told, the others are written; with -o nothing is" {
    try ext4cat "$GOOD" /none /dir/file /fifo
    expect 1 "ext4cat: $GOOD: there is no /none
ext4cat: $GOOD: /fifo is a named pipe, not a file"
    [ "$output" = hello ]
    try ext4cat -o out "$GOOD" /none /dir/file
    expect 1 "ext4cat: $GOOD: there is no /none"
    left_behind .
}

@test "damage on the way is status 3, and names the place" {
    bad "$GOOD.sum"
    local ino
    ino=$(inode_of bad /numbers)
    poke bad "$(inode_at bad "$ino")+2" 01
    try ext4cat -o out bad /numbers
    expect_like 3 "ext4cat: bad: /numbers: inode $ino: checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+"
    left_behind . bad
    try ext4cat --no-verify -o out bad /numbers
    expect 0
    same out "$tree/numbers"
    rm out
    bad
    poke bad "$(inode_at bad "$ino")+0x28" 0b f3
    try ext4cat -o out bad /numbers
    expect 3 "ext4cat: bad: /numbers: inode $ino: extent root: magic number 0xf30b, not 0xf30a"
    left_behind . bad
}

@test "usage, a missing image, a full disk, a reader that leaves" {
    try ext4cat --help
    expect 0
    [[ $output == *--no-follow*--output* ]]
    try ext4cat "$GOOD"
    expect_like 2 "ext4cat: an IMAGE and at least one PATH are needed.*"
    try ext4cat missing /x
    expect 1 "ext4cat: missing: cannot open: No such file or directory"
    try bash -c 'ext4cat "$1" /numbers >/dev/full' - "$GOOD"
    expect 1 "ext4cat: standard output: write failed: No space left on device"
    try bash -c 'set -o pipefail; ext4cat "$1" /numbers | head -c 1 >/dev/null' - "$GOOD"
    expect 0
    # What was told before is not undone by that.
    try bash -c 'set -o pipefail; ext4cat "$1" /none /numbers | head -c 1 >/dev/null' - "$GOOD"
    expect 1 "ext4cat: $GOOD: there is no /none"
}

@test "no progress is drawn into what a terminal gets" {
    need script
    run script -qec "ext4cat '$GOOD' /dir/file" /dev/null
    [ "$output" = $'hello\r' ]
}
