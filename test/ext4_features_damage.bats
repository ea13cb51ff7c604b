# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2154  # each test is a subshell of its own; `place` sets variables
# ext4walk on damage in what not every file system has: bigalloc, meta_bg, inline_data, ea_inode,
# encrypt; and on link counts and deep extent trees.  With --keep-going the rest of the tree is whole.

load helper
load ext4
load ext4_damage

setup_file() {
    good_images
}

setup() {
    own_directory
}

# ---- encrypt ----

@test "an encrypted file with two names is told of twice, and is no damage" {
    mkfs "$BATS_TEST_TMPDIR/good" 4M -t ext4 -b 1024 -O encrypt,^metadata_csum,^has_journal -d "$BATS_FILE_TMPDIR/tree"
    bad "$BATS_TEST_TMPDIR/good"
    damage_inode /dir/file 0x21 08
    local left='it is encrypted: left out'
    try ext4walk -o out bad
    expect 5 "ext4walk: bad: /dir/file: inode $ino: $left
ext4walk: bad: /dir/sub/again: inode $ino: $left"
    ext4walk -x /dir/file -x again -o want "$from"
    same want out
}
