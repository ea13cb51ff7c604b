# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2016  # each test is a subshell of its own
# ext4walk: what the kernel, debugfs and e2fsck say of the same file systems.

load helper
load ext4

setup_file() {
    good_images
}

setup() {
    own_directory
}

teardown() {
    unmounted
}

# ---- what is right ----

# More of these are in the matrix.
full_tree_in() {
    like_the_kernel full_tree 120M "$@"
    [ "$(wc -l <walked)" -gt 4000 ]
    # From a compressed qcow2 and from a redirected file, the very same bytes.
    qemu-img convert -c -O qcow2 image image.qcow2
    ext4walk --times=all image.qcow2 >qcow2.manifest
    same tree.manifest qcow2.manifest
    ext4walk --times=all <image >redirected.manifest
    same tree.manifest redirected.manifest
}

@test "ext2 is walked as the kernel shows it" {
    full_tree_in -t ext2 -b 1024
}

@test "ext3 is walked as the kernel shows it" {
    full_tree_in -t ext3 -b 2048
}

@test "ext4 is walked as the kernel shows it" {
    full_tree_in -t ext4 -b 4096
}

@test "attributes as debugfs set them, in the inode and in a block" {
    local image
    for image in "$GOOD" "$GOOD.sum"; do
        ext4walk -n "$image" | tr '\0' '\n' >records
        sed -n '/^path=.dir.file$/,/^$/p' records | grep -x "xattr=user.k=$(printf value | od -An -tx1 | tr -d ' ')"
        sed -n '/^path=.numbers$/,/^$/p' records | grep -x "xattr=user.big=$(printf '76%.0s' {1..500})"
    done
}

@test "what mke2fs puts in is what comes out, without root" {
    local image
    mkdir data
    # Blocks larger than this kernel's pages are for no mount.
    mkfs large 64M -t ext4 -b 65536 -O ^has_journal -d "$BATS_FILE_TMPDIR/tree" 2>/dev/null
    # The record with a directory block's checksum has 0xde where names then have a second byte of
    # their length.
    mkfs untyped 4M -t ext4 -b 1024 -O ^filetype,^has_journal -d "$BATS_FILE_TMPDIR/tree"
    # Inodes with room for the long target, which then is in two places of its inode.
    mkfs inline 4M -t ext4 -b 1024 -I 512 -O inline_data,^has_journal -d "$BATS_FILE_TMPDIR/tree"
    debugfs -R 'stat /long' inline 2>/dev/null | grep -qxF '  system.data (146)'
    for image in "$GOOD" "$GOOD.sum" "$GOOD.ext2" large untyped inline; do
        ext4walk "$image" | "$BATS_TEST_DIRNAME/tree-listing" manifest data >walked
        "$BATS_TEST_DIRNAME/tree-listing" directory "$BATS_FILE_TMPDIR/tree" data >listed
        # The host's extents are not the image's, nor its root's time; attributes came later.
        diff <(grep -v '^/ ' listed | sed 's/ [0-9]*+[0-9].*//') \
            <(grep -v -e '^/ ' -e '^/lost+found ' walked | sed 's/ [0-9]*+[0-9].*//') >&2
    done
}

# i_blocks then counts the value's block.  (e2fsck 1.47.0 takes the target for block numbers.)
@test "a short symbolic link whose attribute has an inode of its own" {
    need_root
    mkfs image 4M -t ext4 -b 1024 -O ea_inode,^has_journal
    mkdir mnt
    mount -o loop image mnt
    ln -s target mnt/link
    setfattr -h -n trusted.k -v "$(printf 'v%.0s' {1..3000})" mnt/link
    umount mnt
    mount -o loop,ro image mnt
    [ "$(readlink mnt/link)" = target ]
    umount mnt
    ext4walk -n image | tr '\0' '\n' | sed -n '/^path=.link$/,/^$/p' >record
    grep -x 'target=target' record
    grep -x "xattr=trusted.k=$(printf '76%.0s' {1..3000})" record
}

@test "all times as debugfs set them, before 1970 and after 2038" {
    cp "$GOOD" image
    debugfs -w -f /dev/stdin image >/dev/null 2>&1 <<-COMMANDS
	set_inode_field dir/file mtime @0xffffffff
	set_inode_field dir/file mtime_extra 5
	set_inode_field dir/file atime @0x80000000
	set_inode_field dir/file atime_extra 0
	set_inode_field dir/file ctime @0x80000000
	set_inode_field dir/file ctime_extra 0xee6b27fd
	set_inode_field dir/file crtime @0x7fffffff
	set_inode_field dir/file crtime_extra 3
	COMMANDS
    ext4walk -n --times=all image | tr '\0' '\n' | sed -n '/^path=.dir.file$/,/^$/p' >record
    grep -x 'mtime=4294967295.000000001' record
    grep -x 'atime=-2147483648.000000000' record
    grep -x 'ctime=2147483648.999999999' record
    grep -x 'crtime=15032385535.000000000' record
}

@test "-n writes the same records without the data" {
    try ext4walk -n -o none "$GOOD"
    expect 0
    try ext4walk -o all "$GOOD"
    expect 0
    "$BATS_TEST_DIRNAME/tree-listing" manifest <none >none.list
    mkdir data
    "$BATS_TEST_DIRNAME/tree-listing" manifest data <all >all.list
    same none.list all.list
    [ "$(stat -c %s none)" -lt 5000 ]
}

@test "a qcow2 image gives the same bytes as the file system in it" {
    qemu-img convert -c -O qcow2 "$GOOD" image.qcow2
    try ext4walk -o raw.manifest "$GOOD"
    expect 0
    try ext4walk -o qcow2.manifest image.qcow2
    expect 0
    same raw.manifest qcow2.manifest
    try ext4walk -f raw image.qcow2
    expect 3 "ext4walk: image.qcow2: no ext2, ext3 or ext4 file system, but a qcow2 image (-f qcow2 reads it)"
}

@test "--help, --version and usage" {
    try ext4walk --help
    expect 0
    [[ $output == *--partition*--no-data*--times*--output* ]]
    try ext4walk --version
    expect 0
    [[ $output == *ext4walk* ]]
    try ext4walk --frobnicate
    [ "$status" -eq 2 ]
    try ext4walk --times=never "$GOOD"
    expect_like 2 "ext4walk: --times: 'never' is neither mtime nor all.*"
    try ext4walk -0 --json "$GOOD"
    expect_like 2 "ext4walk: only one of '--null' and '--json' can be asked for.*"
    try ext4walk --journal=maybe "$GOOD"
    expect_like 2 "ext4walk: option '--journal' takes replay, ignore or strict, not 'maybe'.*"
}

@test "a missing image is status 1" {
    try ext4walk missing
    expect 1 "ext4walk: missing: cannot open: No such file or directory"
}

@test "a full disk is status 1" {
    try bash -c 'ext4walk "$1" >/dev/full' - "$GOOD"
    expect_like 1 'ext4walk: .*No space left on device'
}

@test "a reader that leaves early is no error" {
    try bash -c 'set -o pipefail; ext4walk "$1" | head -c 1 >/dev/null' - "$GOOD"
    expect 0
}

@test "a terminal gets no manifest" {
    need script
    run script -qec "ext4walk '$GOOD'; echo status \$?" /dev/null
    [[ $output == *terminal*'status 2'* ]]
}

# ---- what is refused by name ----

# feature OFFSET BIT: set a bit of one of the superblock's feature words.
feature() {
    bad
    local at=$((1024 + $1)) word
    word=$(number bad "$at" 4)
    poke bad "$at" "$(le32 $((word | $2)))"
}

@test "each feature that cannot be read is named" {
    local bit name
    while read -r bit name; do
        feature 0x60 "$bit"
        refused 4 "the feature $name is not supported"
    done <<-INCOMPATIBLE
	0x1 compression
	0x1000 dirdata
	INCOMPATIBLE
    while read -r bit name; do
        feature 0x64 "$bit"
        refused 4 "the feature $name is not supported"
    done <<-READ_ONLY
	0x80 snapshot
	0x4000 shared_blocks
	READ_ONLY
}

@test "an unknown incompatible bit is refused, an unknown read-only bit is not" {
    feature 0x60 0x80000000
    refused 4 "the incompatible feature bit 0x80000000 is unknown and not supported"
    feature 0x64 0x80000000
    try ext4walk -o out bad
    expect 0
}

@test "the journal of another file system is refused" {
    mkfs bad 8M -O journal_dev -b 1024
    refused 4 "this is the journal of another file system (feature journal_dev)"
}

@test "a revision of the format and a checksum type that are not known are refused" {
    bad
    poke bad 1024+0x4c 02 00 00 00
    refused 4 "revision 2 of the format is not supported"
    bad "$GOOD.sum"
    poke bad 1024+0x175 07
    refused 4 "metadata checksums of type 7 are not supported"
}

# way COMMAND LAST: for debugfs, COMMAND a directory in 261 directories of 250 bytes each, whose own
# path is then LAST bytes longer than 65511.
way() {
    local name last
    name=$(printf 'd%.0s' {1..250})
    for _ in {1..261}; do
        [ "$1" = cd ] || echo "mkdir $name"
        echo "cd $name"
    done
    printf -v last "%$(($2 - 1))s" ''
    echo "mkdir ${last// /e}"
}

@test "a path of 65,535 bytes is walked, one of 65,536 is refused" {
    mkfs bad 16M -t ext4 -b 1024 -O ^has_journal -N 600
    way mkdir 24 | debugfs -w -f /dev/stdin bad >/dev/null 2>&1
    try ext4walk -n -o out bad
    expect 0
    [ "$(tr '\0' '\n' <out | sed -n 's/^path=//p' | wc -L)" -eq 65535 ]
    rm out
    way cd 25 | debugfs -w -f /dev/stdin bad >/dev/null 2>&1
    e2fsck -fn bad >/dev/null 2>&1
    refused_like 4 '(/d+)+\.\.\.: inode [0-9]+: its path of 65536 bytes is longer than the 65535 supported'
}

@test "whoever forgets -p is told of the partitions" {
    need sfdisk
    truncate -s 8M disk
    printf '%s\n' 'label: gpt' 'start=2048, size=8192' 'start=10240, size=2048' | sfdisk -q disk
    dd if="$GOOD" of=disk bs=1M seek=1 conv=notrunc status=none
    local no='no ext2, ext3 or ext4 file system'
    local table="$no, but a partition table: name one of its partitions with -p"
    try ext4walk -o out disk
    expect 3 "ext4walk: disk: $table: 1 (Linux filesystem, 4.0M), 2 (Linux filesystem, 1.0M)"
    # shellcheck disable=SC2002  # a pipe is the point
    try bash -c 'cat disk | ext4walk -o out'
    expect 3 "ext4walk: standard input: $table: 1 (Linux filesystem, 4.0M), 2 (Linux filesystem, 1.0M)"
    local magic='the magic number at offset 1080 is 0x0000, not 0xef53'
    try ext4walk -p 2 -o out disk
    expect 3 "ext4walk: disk: partition 2: $no: $magic"
    try ext4walk -p 1 -o out disk
    expect 0
    # A table without partitions is no help.
    truncate -s 8M empty
    echo 'label: dos' | sfdisk -q empty
    try ext4walk empty
    expect 3 "ext4walk: empty: $no: $magic"
    echo 'start=2048' | sfdisk -q empty
    try ext4walk empty
    expect 3 "ext4walk: empty: $table: 1 (Linux, 7.0M)"
}

@test "a file system that was not cleanly unmounted is told of, and -q is quiet" {
    cp "$GOOD" image
    poke image 1024+0x3a 00 00
    try ext4walk -n -o out image
    expect 0 "ext4walk: image: the file system was not cleanly unmounted and has no journal to replay"
    poke image 1024+0x3a 03 00
    try ext4walk -n -o out image
    expect 0 "ext4walk: image: the file system is marked as having errors"
    try ext4walk -q -n -o out image
    expect 0
}
