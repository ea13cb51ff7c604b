# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2016  # each test is a subshell of its own
# ext4walk on damaged file systems: each ends with its status, one message, and no output.

load helper
load ext4
load ext4_damage

setup_file() {
    good_images
}

setup() {
    own_directory
}

# ---- damage: the superblock and the groups ----

@test "bad-ext4-super-magic" {
    bad
    poke bad 1080 53 ee
    refused 3 "no ext2, ext3 or ext4 file system: the magic number at offset 1080 is 0xee53, not 0xef53"
}

@test "bad-ext4-super-checksum" {
    bad "$GOOD.sum"
    poke bad 1024+0x78 58 # the first letter of the label
    refused_like 3 'superblock: checksum 0x[0-9a-f]{8}, computed 0x[0-9a-f]{8}'
    super_sum bad
    try ext4walk -o out bad
    expect 0
}

@test "bad-ext4-super-block-size" {
    bad
    poke bad 1024+0x18 07 00 00 00
    refused 3 "superblock: block size 1024 << 7 is more than 1024 << 6"
    poke bad 1024+0x18 ff ff ff ff
    refused 3 "superblock: block size 1024 << 4294967295 is more than 1024 << 6"
}

@test "bad-ext4-super-inode-size" {
    bad
    poke bad 1024+0x58 00 00
    refused 3 "superblock: inode size 0 is not a power of two from 128 to 1024"
    poke bad 1024+0x58 c0 00
    refused 3 "superblock: inode size 192 is not a power of two from 128 to 1024"
    poke bad 1024+0x58 00 08
    refused 3 "superblock: inode size 2048 is not a power of two from 128 to 1024"
}

@test "bad-ext4-super-geometry" {
    bad
    poke bad 1024+0x20 00 00 00 00 # s_blocks_per_group
    refused 3 "superblock: 0 blocks per group, must be 1 to 8192"
    poke bad 1024+0x20 01 20 00 00
    refused 3 "superblock: 8193 blocks per group, must be 1 to 8192"
    bad
    poke bad 1024+0x28 00 00 00 00 # s_inodes_per_group
    refused 3 "superblock: 0 inodes per group, must be 1 to 8192"
    bad
    poke bad 1024 01 00 00 00 # s_inodes_count
    refused 3 "superblock: 1 inodes, but 1 groups of 1024 inodes each"
    bad
    poke bad 1024+0x14 00 00 00 00 # s_first_data_block
    refused 3 "superblock: first data block 0, must be 1 with blocks of 1024 bytes"
    bad
    poke bad 1024+0x04 00 00 00 00 # s_blocks_count
    refused 3 "superblock: a block count of 0 makes no sense"
    poke bad 1024+0x150 ff ff ff ff # s_blocks_count_hi: the size in bytes would wrap
    refused 3 "superblock: a block count of 18446744069414584320 makes no sense"
    bad
    poke bad 1024+0xfe 20 00 # s_desc_size
    refused 3 "superblock: group descriptor size 32 is not a power of two from 64 to 1024"
    bad
    poke bad 1024+0x54 05 00 00 00 # s_first_ino
    refused 3 "superblock: first free inode 5, must be 11 to 1024"
}

@test "bad-ext4-group-inode-table-outside" {
    bad
    poke bad 2048+0x08 00 10 00 00 # bg_inode_table of the only group
    refused 3 "/: inode 2: group descriptor 0: the inode table at block 4096 (256 blocks) lies outside the file system (4096 blocks)"
    poke bad 2048+0x28 ff ff ff ff # its upper half
    refused 3 "/: inode 2: group descriptor 0: the inode table at block 18446744069414588416 (256 blocks) lies outside the file system (4096 blocks)"
    bad
    poke bad 2048+0x08 01 00 00 00 # over the superblock
    refused 3 "/: inode 2: group descriptor 0: the inode table at block 1 (256 blocks) lies outside the file system (4096 blocks)"
}

@test "bad-ext4-group-checksum, of both kinds" {
    bad "$GOOD.sum"
    poke bad 2048+0x10 77
    refused_like 3 '/: inode 2: group descriptor 0: checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+'
    mkfs bad 4M -t ext4 -b 1024 -O ^metadata_csum,uninit_bg,^has_journal
    poke bad 2048+0x10 77
    refused_like 3 '/: inode 2: group descriptor 0: checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+'
}

@test "bad-ext4-truncated at several cuts, from a file and from a pipe" {
    local cut
    for cut in 0 1023 1500; do
        bad
        truncate -s "$cut" bad
        refused 3 "the superblock needs bytes 1024 to 2048, but the input ends at $cut"
    done
    local root numbers block where
    root=$(inode_at "$GOOD" 2)
    numbers=$(inode_of "$GOOD" /numbers)
    block=$(debugfs -R 'stat /numbers' "$GOOD" 2>/dev/null | sed -n 's/^File ACL: \([0-9]*\).*/\1/p')
    # Of a pipe it is known only when it ends, so what is missed is what is needed next: the group's
    # descriptor, an inode, an attribute block.
    while read -r cut where; do
        bad
        truncate -s "$cut" bad
        refused 3 "the file system needs bytes 0 to 4194304, but the input ends at $cut"
        # shellcheck disable=SC2002  # a pipe is the point
        try bash -c 'cat bad | ext4walk -o out'
        expect 3 "ext4walk: standard input: $where, but the input ends at $cut"
        left_behind . bad
    done <<-CUTS
	2048 /: inode 2: group descriptor 0: a read needs bytes 2048 to 2112
	3000 /: inode 2: a read needs bytes $root to $((root + 256))
	200000 /numbers: inode $numbers: attribute block $block: a read needs bytes $((block * 1024)) to $((block * 1024 + 1024))
	CUTS
}

@test "a fault while a file's data is read names the file, one of the output does not" {
    mkfs whole 4M -t ext4 -b 1024 -O ^has_journal,^metadata_csum -d "$BATS_FILE_TMPDIR/tree"
    local cut
    cut=$(($(block_of whole /numbers 100) * 1024 + 100))
    try bash -c 'head -c "$1" whole | ext4walk -o out' - "$cut"
    expect_like 3 "ext4walk: standard input: /numbers: a read needs bytes [0-9]+ to [0-9]+, but the input ends at $cut"
    left_behind . whole
    # The manifest ends within the data, with nothing in its place.
    try bash -c 'head -c "$1" whole | ext4walk >out' - "$cut"
    [ "$status" -eq 3 ]
    ext4walk whole >all
    cmp -n "$(stat -c %s out)" out all >&2
    [ "$(stat -c %s out)" -lt "$(stat -c %s all)" ]
    try bash -c 'ext4walk whole >/dev/full'
    expect 1 "ext4walk: standard output: write failed: No space left on device"
}

@test "a walk that fails midway ends its manifest with an error" {
    bad
    poke bad "$(inode_at bad "$(inode_of bad /numbers)")" 00 00
    try bash -c 'ext4walk bad >out'
    [ "$status" -eq 3 ]
    tail -z -n 2 out | tr '\0' '|' >last
    [[ $(<last) == 'error=/numbers: inode '*'mode 00 has no known file type||' ]]
}

# ---- damage: inodes ----

@test "bad-ext4-inode-fields" {
    bad
    damage_inode /numbers 0 00 70 # i_mode
    refused 3 "/numbers: inode $ino: mode 070000 has no known file type"
    bad
    damage_inode /numbers 0x1a 00 00 # i_links_count
    refused 3 "/numbers: inode $ino is deleted"
    bad
    damage_inode /numbers 0x6f 80 # i_size_high
    refused 3 "/numbers: inode $ino: a size of 9223372036854884702 bytes makes no sense"
    bad
    damage_inode /numbers 0x80 1e 00 # i_extra_isize
    refused 3 "/numbers: inode $ino: extra size 30 is not a multiple of 4 up to 128"
    bad
    damage_inode /numbers 0x80 84 00
    refused 3 "/numbers: inode $ino: extra size 132 is not a multiple of 4 up to 128"
    bad
    damage_inode /numbers 0x88 fc ff ff ff # i_mtime_extra
    refused 3 "/numbers: inode $ino: mtime has 1073741823 nanoseconds"
    bad
    damage_inode /numbers 0x23 10 # i_flags
    refused 3 "/numbers: inode $ino: flag 0x10000000 is set, but the file system lacks the feature inline_data"
}

@test "bad-ext4-inode-checksum" {
    bad "$GOOD.sum"
    damage_inode /numbers 2 01 # i_uid
    refused_like 3 "/numbers: inode $ino: checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+"
}

@test "bad-ext4-root-not-a-directory" {
    bad
    poke bad "$(inode_at bad 2)" a4 81
    refused 3 "/: inode 2: the root is not a directory"
}

@test "bad-ext4-symlink" {
    bad
    damage_inode /short 4 3c 00 00 00 # i_size
    refused 3 "/short: inode $ino: a symbolic link of 60 bytes, must be 1 to 59"
    bad
    damage_inode /short 4 00 00 00 00
    refused 3 "/short: inode $ino: a symbolic link of 0 bytes, must be 1 to 59"
    bad
    damage_inode /short 0x28+2 00
    refused 3 "/short: inode $ino: a symbolic link with a NUL in its 8 bytes"
    bad
    damage_inode /long 4 00 04 00 00
    refused 3 "/long: inode $ino: a symbolic link of 1024 bytes, must be 1 to 1023"
    bad
    damage_inode /long 0x28+2 00 00 # no extents
    refused 3 "/long: inode $ino: a symbolic link of 206 bytes without its block"
    bad
    damage_inode /long 0x28 0b
    refused 3 "/long: inode $ino: extent root: magic number 0xf30b, not 0xf30a"
}

# ---- damage: extent trees ----

@test "bad-ext4-extent-root" {
    extents /numbers 0b f3
    refused 3 "/numbers: inode $ino: extent root: magic number 0xf30b, not 0xf30a"
    extents /numbers 0a f3 05 00
    refused 3 "/numbers: inode $ino: extent root: 5 entries with room for 4"
    extents /numbers 0a f3 01 00 05 00
    refused 3 "/numbers: inode $ino: extent root: room for 5 entries in 60 bytes"
    extents /numbers 0a f3 01 00 04 00 06 00
    refused 3 "/numbers: inode $ino: extent root: depth 6 is more than 5"
    extents /numbers 0a f3 00 00 04 00 01 00
    refused 3 "/numbers: inode $ino: extent root: depth 1, but no entries"
}

@test "bad-ext4-extent-entries" {
    local head='0af3 0200 0400 0000 00000000'
    #                           file block, length, upper half and lower half of the block
    extents /numbers "$head" 00000000 0000 0000 64000000
    refused 3 "/numbers: inode $ino: extent root: entry 0 has no blocks"
    extents /numbers "$head" 05000000 0100 0000 80020000 04000000 0100 0000 90020000
    refused 3 "/numbers: inode $ino: extent root: entry 1 starts at file block 4, before 6 where it may"
    extents /numbers "$head" 05000000 0400 0000 80020000 08000000 0100 0000 90020000
    refused 3 "/numbers: inode $ino: extent root: entry 1 starts at file block 8, before 9 where it may"
    extents /numbers "$head" 00000000 0100 0000 80020000 ffffffff 0200 0000 90020000
    refused 3 "/numbers: inode $ino: extent root: entry 1 ends at file block 4294967297, after 4294967296 where it may"
    extents /numbers "$head" 00000000 0100 0000 ff0f0000 05000000 0200 0000 ff0f0000
    refused 3 "/numbers: inode $ino: extent root: entry 1 points at block 4095 (2 blocks), outside the file system (4096 blocks)"
    extents /numbers "$head" 00000000 0100 ffff 80020000
    refused 3 "/numbers: inode $ino: extent root: entry 0 points at block 281470681744000 (1 blocks), outside the file system (4096 blocks)"
    extents /numbers "$head" 00000000 0100 0000 00000000
    refused 3 "/numbers: inode $ino: extent root: entry 0 points at block 0 (1 blocks), outside the file system (4096 blocks)"
    # An extent that was never written is checked as well: its length is 0x8001.
    extents /numbers "$head" 00000000 0180 0000 00000100
    refused 3 "/numbers: inode $ino: extent root: entry 0 points at block 65536 (1 blocks), outside the file system (4096 blocks)"
}

@test "bad-ext4-extent-block: wrong block, wrong depth, a loop, empty, outside its parent, twice" {
    tree '3132' 1 0
    refused 3 "/numbers: inode $ino: extent block $block: magic number 0x3231, not 0xf30a"
    tree '0af3 0100 5500 0000 00000000' 1 0
    refused 3 "/numbers: inode $ino: extent block $block: room for 85 entries in 1024 bytes"
    tree '0af3 0000 5400 0000 00000000' 1 0
    refused 3 "/numbers: inode $ino: extent block $block: no entries"
    tree '0af3 0100 5400 0100 00000000 00000000 BLOCK 00000000' 2 0
    refused 3 "/numbers: inode $ino: extent block $block: depth 1 under a node of depth 1"
    tree '0af3 0100 5400 0000 00000000 00000000 6500 0000 80020000' 1 0 100
    refused 3 "/numbers: inode $ino: extent block $block: entry 0 ends at file block 101, after 100 where it may"
    tree '0af3 0100 5400 0000 00000000 00000000 0100 0000 80020000' 1 0 100
    refused 3 "/numbers: inode $ino: extent block $block: entry 0 starts at file block 0, before 100 where it may"
}

@test "bad-ext4-extent-block-checksum" {
    # A file of so many runs that its tree needs blocks.
    mkdir tree
    perl -e 'open my $o, ">", "tree/runs"; for (0..99) { seek $o, $_ * 8192, 0; print $o $_ }'
    mkfs bad 4M -t ext4 -b 1024 -O ^has_journal -d tree
    rm -r tree
    local ino block
    ino=$(inode_of bad /runs)
    block=$(debugfs -R 'dump_extents -n /runs' bad 2>/dev/null | awk '$1 == "0/" { print $8; exit }')
    poke bad "$((block * 1024 + 15))" 00 # nothing changed yet
    try ext4walk -n -o out bad
    expect 0
    rm out
    poke bad "$((block * 1024 + 1020))" 11 22 33 44
    refused_like 3 "/runs: inode $ino: extent block $block: checksum 0x44332211, computed 0x[0-9a-f]+"
}

@test "bad-ext4-files-share-blocks" {
    local head='0af3 0300 0400 0000 00000000'
    extents /numbers "$head" 00000000 fe0f 0000 02000000 00100000 fe0f 0000 02000000 00200000 fe0f 0000 02000000
    refused_like 3 "/numbers: inode $ino: more blocks are claimed than the 40[0-9]+ that can belong to it"
    extents /numbers "0af3 0100 0400 0000 00000000" 00000000 000c 0000 02000000
    damage_inode /hole 0x28 "0af3 0100 0400 0000 00000000" 00000000 000c 0000 02000000
    refused_like 3 "/numbers: inode [0-9]+: more blocks are claimed than the 10[0-9]+ that can belong to it"
}

# ---- damage: indirect blocks ----

@test "bad-ext2-block-outside, direct and indirect" {
    bad "$GOOD.ext2"
    damage_inode /numbers 0x28+8 00 10 00 00
    refused 3 "/numbers: inode $ino: file block 2 is at block 4096, outside the file system (4096 blocks)"
    bad "$GOOD.ext2"
    damage_inode /numbers 0x28+48 ff ff ff ff
    refused 3 "/numbers: inode $ino: file block 12 is at block 4294967295, outside the file system (4096 blocks)"
}

@test "bad-ext2-indirect-loop" {
    bad "$GOOD.ext2"
    local block
    block=$(block_of bad /numbers)
    poke bad "$((block * 1024))" "$(le32 "$block")"
    damage_inode /numbers 0x28+52 "$(le32 "$block")" # double indirect
    damage_inode /numbers 4 00 00 00 40              # i_size: 1 GiB
    refused 3 "/numbers: inode $ino: indirect block $block is met twice, at file block 268"
}

# ---- damage: directories ----

@test "bad-ext4-dirent-reclen" {
    bad
    record file 4 00 00
    refused 3 "/dir: inode $dir: directory block 0, byte $at: a record length of 0 is not a multiple of 4 from 12 up"
    bad
    record file 4 12 00
    refused 3 "/dir: inode $dir: directory block 0, byte $at: a record length of 18 is not a multiple of 4 from 12 up"
    bad
    record file 4 f8 ff
    refused 3 "/dir: inode $dir: directory block 0, byte $at: a record length of 65528, but the block ends after $((1024 - at))"
    bad
    record file 4 "$(le16 $((1024 - at - 8)))"
    refused 3 "/dir: inode $dir: directory block 0, byte $at: a record length of $((1024 - at - 8)) leaves 8 bytes in the block"
}

@test "bad-ext4-dirent-name" {
    bad
    record file 6 ff
    refused 3 "/dir: inode $dir: directory block 0, byte $at: a name of 255 bytes in a record of 12"
    bad
    record file 6 00
    refused_like 3 "/dir: inode $dir: directory block 0, byte $at: an empty name for inode [0-9]+"
    bad
    record file 9 2f
    refused 3 "/dir: inode $dir: directory block 0, byte $at: the name 'f/le' contains a slash or a NUL"
    bad
    record file 9 00
    refused 3 "/dir: inode $dir: directory block 0, byte $at: the name 'f\x00le' contains a slash or a NUL"
    bad
    record file 6 01 01 2e
    refused 3 "/dir: inode $dir: directory block 0, byte $at: one more '.'"
    bad
    record /fifo 8 68 6f 6c 65
    refused 3 "/: inode 2: the directory has the name 'hole' twice"
}

@test "bad-ext4-dirent-inode" {
    bad
    record file 0 01 04 00 00
    refused 3 "/dir: inode $dir: directory block 0, byte $at: inode 1025 does not exist (there are 1024)"
    bad
    record file 0 08 00 00 00
    refused 3 "/dir: inode $dir: directory block 0, byte $at: 'file' is inode 8, which is reserved"
    bad
    record file 0 00 04 00 00
    refused 3 "/dir/file: inode 1024: mode 00 has no known file type"
    bad
    record file 7 02
    refused_like 3 "/dir/file: inode [0-9]+: file type 1, but the directory says 2"
}

@test "bad-ext4-directory-dots" {
    bad
    local block
    block=$(block_of bad /dir)
    poke bad "$((block * 1024))" 0b 00 00 00
    dir=$(inode_of bad /dir)
    refused 3 "/dir: inode $dir: directory block 0, byte 0: '.' is inode 11, not $dir"
    bad
    poke bad "$((block * 1024 + 12))" 0b 00 00 00
    refused 3 "/dir: inode $dir: directory block 0, byte 12: '..' is inode 11, not 2"
    bad
    poke bad "$((block * 1024 + 12 + 6))" 01
    refused 3 "/dir: inode $dir: directory block 0, byte 12: the directory has no '..' here"
    bad
    poke bad "$((block * 1024 + 4))" 00 04
    refused 3 "/dir: inode $dir: directory block 0: the directory has no '..'"
}

@test "bad-ext4-directory-hard-linked, and in a loop" {
    bad
    local sub
    sub=$(inode_of bad /dir)
    record /fifo 0 "$(le32 "$sub")"
    record /fifo 7 02
    refused 3 "/fifo: inode $sub: a directory with a second name"
    bad
    local block
    block=$(block_of bad /dir/sub)
    poke bad "$((block * 1024 + 24))" "$(le32 "$sub")"
    poke bad "$((block * 1024 + 24 + 7))" 02
    refused 3 "/dir/sub/again: inode $sub: a directory with a second name"
}

@test "bad-ext4-file-second-name" {
    bad
    local ino
    ino=$(inode_of bad /fifo)
    record file 0 "$(le32 "$ino")"
    record file 7 05
    refused 3 "/fifo: inode $ino: a second name, but a link count of 1"
    # The type of a second name is that of the first.
    bad
    poke bad "$(name_at bad "$(block_of bad /dir/sub)" again 1024)+7" 05
    ino=$(inode_of bad /dir/file)
    refused 3 "/dir/sub/again: inode $ino: file type 1, but the directory says 5"
}

@test "bad-ext4-directory-size" {
    bad
    damage_inode /dir 4 ff 03 00 00
    refused 3 "/dir: inode $ino: a directory of 1023 bytes, not whole blocks of 1024"
    bad
    damage_inode /dir 4 00 08 00 00
    refused 3 "/dir: inode $ino: directory block 1 is a hole"
}

@test "bad-ext4-directory-checksum" {
    bad "$GOOD.sum"
    record file 8 46
    refused_like 3 "/dir: inode $dir: directory block 0: checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+"
    bad "$GOOD.sum"
    poke bad "$(($(block_of bad /dir) * 1024 + 1024 - 12 + 7))" 00
    refused 3 "/dir: inode $dir: directory block 0: no record with a checksum at the end"
}

# With metadata_csum the blocks of a hash tree are verified as well.  e2fsck -D makes one of a large
# directory: its block 0 has the room for entries and their number at bytes 32 and 34, and then the
# entries, 8 bytes each, the first of which these 4 bytes are part of.
@test "bad-ext4-hash-tree: its room, its count, an entry, its checksum" {
    local at dir
    mkdir -p tree/many
    (cd tree/many && touch name-{001..300})
    mkfs hashed 4M -t ext4 -b 1024 -O ^has_journal -d tree
    rm -r tree
    e2fsck -fyD hashed >/dev/null
    debugfs -R 'htree_dump /many' hashed 2>/dev/null | grep -x 'Number of entries (count): 6'
    mv hashed "$BATS_TEST_TMPDIR/hashed"
    dir=$(inode_of "$BATS_TEST_TMPDIR/hashed" /many)
    at=$(($(block_of "$BATS_TEST_TMPDIR/hashed" /many) * 1024))
    bad "$BATS_TEST_TMPDIR/hashed"
    try ext4walk -n -o out bad
    expect 0
    rm out
    poke bad $((at + 34)) "$(le16 124)"
    refused 3 "/many: inode $dir: directory block 0: hash tree: 124 entries with room for 123 of 123"
    poke bad $((at + 32)) "$(le16 124)"
    refused 3 "/many: inode $dir: directory block 0: hash tree: 124 entries with room for 124 of 123"
    bad "$BATS_TEST_TMPDIR/hashed"
    poke bad $((at + 32 + 5 * 8 + 4)) 01 # the block of the last entry in use
    refused_like 3 "/many: inode $dir: directory block 0: checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+"
    bad "$BATS_TEST_TMPDIR/hashed"
    poke bad $((at + 32 + 123 * 8 + 4)) 11 22 33 44
    refused_like 3 "/many: inode $dir: directory block 0: checksum 0x44332211, computed 0x[0-9a-f]+"
    # Entries that are not in use are not part of it.
    bad "$BATS_TEST_TMPDIR/hashed"
    poke bad $((at + 32 + 6 * 8)) ff ff ff ff
    try ext4walk -n -o out bad
    expect 0
}

# ---- damage: attributes ----

# In the inode they start after 128 bytes and i_extra_isize (32) with a magic number.
@test "bad-ext4-xattr-in-inode" {
    local entry=0xa4
    bad
    damage_inode /dir/file $entry+1 05
    try ext4walk -n -o out bad
    expect 0 "ext4walk: bad: /dir/file: an attribute of kind 5, which Linux does not show, is left out"
    rm out
    bad
    damage_inode /dir/file $entry+1 02
    refused 3 "/dir/file: inode $ino: attributes in the inode: attribute 0: a name of kind 2 ('system.posix_acl_access') and 1 bytes makes no sense"
    bad
    damage_inode /dir/file $entry ff
    refused 3 "/dir/file: inode $ino: attributes in the inode: the table does not end within its 92 bytes"
    bad
    damage_inode /dir/file $entry+2 f0 ff
    refused 3 "/dir/file: inode $ino: attributes in the inode: attribute 0: a value of 5 bytes at byte 65520 does not lie between bytes 24 and 92"
    bad
    damage_inode /dir/file $entry+2 04 00
    refused 3 "/dir/file: inode $ino: attributes in the inode: attribute 0: a value of 5 bytes at byte 4 does not lie between bytes 24 and 92"
    bad
    damage_inode /dir/file $entry+8 ff ff ff ff
    refused_like 3 "/dir/file: inode $ino: attributes in the inode: attribute 0: a value of 4294967295 bytes at byte [0-9]+ does not lie between bytes 24 and 92"
    bad
    damage_inode /dir/file $entry+4 0c 00 00 00
    refused 3 "/dir/file: inode $ino: attributes in the inode: attribute 0: the value is in inode 12, but the file system lacks the feature ea_inode"
}

@test "bad-ext4-xattr-acl" {
    bad
    damage_inode /dir/file 0xa4 00 02 # now an ACL without a name, so the entry ends here
    damage_inode /dir/file 0xb4 00 00 00 00
    refused 3 "/dir/file: inode $ino: attributes in the inode: attribute 0: ACL of 5 bytes is not of version 1"
    local value
    value=$((0xa4 + $(printf '%d' "0x$(peek bad "$(inode_at bad "$ino")+0xa6" 1)")))
    damage_inode /dir/file "$value" 01 00 00 00
    refused 3 "/dir/file: inode $ino: attributes in the inode: attribute 0: ACL entry with tag 0x0, 1 bytes before its end"
}

@test "bad-ext4-xattr-block" {
    local block
    block=$(debugfs -R 'stat /numbers' "$GOOD" 2>/dev/null | sed -n 's/^File ACL: \([0-9]*\).*/\1/p')
    bad
    poke bad "$((block * 1024))" 01
    ino=$(inode_of bad /numbers)
    refused 3 "/numbers: inode $ino: attribute block $block: magic number 0xea020001, not 0xea020000"
    bad
    poke bad "$((block * 1024 + 8))" 02
    refused 3 "/numbers: inode $ino: attribute block $block: 2 blocks, must be 1"
    bad
    poke bad "$((block * 1024 + 32 + 2))" 10 00
    refused 3 "/numbers: inode $ino: attribute block $block: attribute 0: a value of 500 bytes at byte 16 does not lie between bytes 56 and 1024"
    bad
    damage_inode /numbers 0x68 00 10 00 00 # i_file_acl
    refused 3 "/numbers: inode $ino: attribute block 4096: outside the file system (4096 blocks)"
    bad "$GOOD.sum"
    block=$(debugfs -R 'stat /numbers' "$GOOD.sum" 2>/dev/null | sed -n 's/^File ACL: \([0-9]*\).*/\1/p')
    poke bad "$((block * 1024 + 1023))" 00
    refused_like 3 "/numbers: inode $ino: attribute block $block: checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+"
}
