# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2154  # each test is a subshell of its own; helpers set variables
# ext4walk on damage in what not every file system has: bigalloc, meta_bg, inline_data, ea_inode,
# encrypt; and on link counts and deep extent trees.  With --keep-going the rest of the tree is whole.

load helper
load ext4
load ext4_damage

setup_file() {
    good_images
    local tree=$BATS_FILE_TMPDIR/tree options='-t ext4 -b 1024 -O ^metadata_csum,^has_journal'
    # shellcheck disable=SC2086  # several options
    mkfs "$GOOD.cluster" 8M ${options/1024/4096},bigalloc -C 16384 -d "$tree"
    # shellcheck disable=SC2086
    mkfs "$GOOD.encrypt" 4M $options,encrypt -d "$tree"
    # shellcheck disable=SC2086
    mkfs "$GOOD.values" 4M $options,ea_inode -d "$tree"
    printf 'v%.0s' {1..1000} >"$BATS_FILE_TMPDIR/value"
    debugfs -w -R "ea_set -f $BATS_FILE_TMPDIR/value numbers user.long" "$GOOD.values" >/dev/null 2>&1
    inline_image "$tree" "$options"
}

setup() {
    own_directory
}

# Small files in their inodes: /two in i_block, /rest also in an attribute; and a directory, /few.
# mke2fs makes one that lies in i_block only.  The kernel puts more names into the attribute; here
# that gets the name `cc` of /two, in a record of 12 bytes, and an empty one of 24, at byte 56.
inline_image() {
    local tree=$BATS_FILE_TMPDIR/inline two
    cp -a "$1" "$tree"
    mkdir "$tree/few"
    echo 2 >"$tree/two"
    ln "$tree/two" "$tree/few/aa"
    touch "$tree/few/bb"
    seq 40 >"$tree/rest"
    find "$tree" -exec touch -h -d @1600000000 {} +
    # shellcheck disable=SC2086
    mkfs "$GOOD.inline" 4M $2,inline_data -d "$tree"
    cd "$BATS_FILE_TMPDIR"
    bad "$GOOD.inline"
    place /two && two=$ino
    damage_inode /two 0x1a 03
    damage_inode /few 4 "$(le32 96)"
    damage_inode /few 0xa4+2 "$(le16 56)"
    damage_inode /few 0xa4+8 "$(le32 36)"
    damage_inode /few 0xa4+56 "$(le32 "$two")" 0c00 02 01 63630000 00000000 1800 0000
    mv bad "$GOOD.inline"
    e2fsck -fn "$GOOD.inline" >/dev/null 2>&1
    debugfs -R 'ls -p /few' "$GOOD.inline" 2>/dev/null | grep -qF "/cc/2/"
}

# ---- bigalloc ----

@test "bad-ext4-cluster-geometry" {
    bad "$GOOD.cluster"
    poke bad 1024+0x1c 01 00 00 00 # s_log_cluster_size
    refused 3 "superblock: cluster size 1024 << 1, must be 1024 << 2 to 20"
    poke bad 1024+0x1c 15 00 00 00
    refused 3 "superblock: cluster size 1024 << 21, must be 1024 << 2 to 20"
    poke bad 1024+0x1c 05 00 00 00
    refused 3 "superblock: 131072 blocks per group, but 32768 clusters of 8 blocks"
    bad "$GOOD.cluster"
    poke bad 1024+0x24 00 00 00 00 # s_clusters_per_group
    refused 3 "superblock: 131072 blocks per group, but 0 clusters of 4 blocks"
    poke bad 1024+0x20 04 00 02 00 # s_blocks_per_group: one cluster more than a bitmap can tell of
    poke bad 1024+0x24 01 80 00 00
    refused 3 "superblock: 131076 blocks per group, must be 1 to 131072"
    bad "$GOOD.cluster"
    poke bad 1024+0x14 01 00 00 00 # s_first_data_block
    refused 3 "superblock: first data block 1, must be 0 with blocks of 4096 bytes"
}

# ---- meta_bg ----

# 16 descriptors are in a block.  That of a 17th group would lie in it, after the copy of the
# superblock that each group has here; but the group has one block only.
@test "bad-ext4-meta-bg-descriptors-past-the-end" {
    mkfs "$BATS_TEST_TMPDIR/good" 4097K -t ext4 -b 1024 -g 256 -N 512 -d "$BATS_FILE_TMPDIR/tree" \
        -O meta_bg,^resize_inode,^sparse_super,^flex_bg,^metadata_csum,^has_journal
    bad "$BATS_TEST_TMPDIR/good"
    truncate -s 4098K bad
    poke bad 1024+0x04 02 10 00 00         # s_blocks_count
    poke bad 1024 "$(le32 $((17 * 32)))"   # s_inodes_count
    record file 0 "$(le32 $((16 * 32 + 1)))"
    refused 3 "/dir/file: inode 513: group descriptor 16: its block 4098 lies outside the file system (4098 blocks)"
    # Neither has the copy a place.
    try ext4walk --keep-going -o out bad
    expect 5 "ext4walk: bad: /dir/file: inode 513: group descriptor 16: its block 4098 lies outside the file system (4098 blocks): left out"
    # What had two names has one of them left, and is the file.
    ext4walk -x /dir/file -o want "$from"
    same want out
}

# ---- flags ----

@test "bad-ext4-flags-without-feature" {
    local flag feature image
    while read -r flag feature image; do
        bad "$GOOD$image"
        damage_inode /numbers 0x20 "$(le32 $((flag | 0x80000)))"
        lost -x /numbers "/numbers: inode $ino: flag $flag is set, but the file system lacks the feature $feature"
    done <<-FLAGS
	0x800 encrypt .values
	0x200000 ea_inode .encrypt
	0x10000000 inline_data .values
	FLAGS
}

# ---- inline_data: files ----

@test "inline data that is shorter than its file goes on with a hole, as the kernel has it" {
    bad "$GOOD.inline"
    damage_inode /rest 6 01 # i_size: 64 KiB more
    try ext4walk -o out bad
    expect 0
    tr '\0' '\n' <out | grep -A7 -a '^path=/rest$' >record
    grep -x 'size=65647' record
    grep -x 'extent=0+111' record
}

# The entry of system.data is the first: bytes 2 to 3 have where its value is, 4 to 7 the inode that
# has it, 8 to 11 its size.
@test "bad-ext4-inline-data-attribute" {
    local entry=0xa4
    bad "$GOOD.inline"
    damage_inode /rest $entry+4 "$(le32 12)"
    lost -x /rest "/rest: inode $ino: attributes in the inode: system.data is in inode 12"
    bad "$GOOD.inline"
    damage_inode /rest $entry+8 "$(le32 93)"
    lost -x /rest "/rest: inode $ino: attributes in the inode: a value of 93 bytes at byte 40 does not lie between bytes 24 and 92"
    bad "$GOOD.inline"
    damage_inode /rest $entry+2 "$(le16 20)"
    lost -x /rest "/rest: inode $ino: attributes in the inode: a value of 51 bytes at byte 20 does not lie between bytes 24 and 92"
    bad "$GOOD.inline"
    damage_inode /rest $entry ff
    lost -x /rest "/rest: inode $ino: attributes in the inode: the table does not end within its 92 bytes"
}

@test "bad-ext4-inline-symlink" {
    ln -s "$(printf 'long/%.0s' {1..20})" link
    mkdir tree && mv link tree
    mkfs "$BATS_TEST_TMPDIR/good" 4M -t ext4 -b 1024 -O inline_data,^metadata_csum,^has_journal -d tree
    rm -r tree
    bad "$BATS_TEST_TMPDIR/good"
    damage_inode /link 4 "$(le32 101)" # i_size
    lost -x /link "/link: inode $ino: a symbolic link of 101 bytes without its block"
    bad "$BATS_TEST_TMPDIR/good"
    damage_inode /link 4 "$(le32 1024)"
    lost -x /link "/link: inode $ino: a symbolic link of 1024 bytes, must be 1 to 1023"
    bad "$BATS_TEST_TMPDIR/good"
    damage_inode /link 4 00
    lost -x /link "/link: inode $ino: a symbolic link of 0 bytes, must be 1 to 1023"
    bad "$BATS_TEST_TMPDIR/good"
    damage_inode /link 0x28 00
    lost -x /link "/link: inode $ino: a symbolic link with a NUL in its 100 bytes"
}

# ---- inline_data: directories ----

# few TEXT [LOSS...]: the directory /few is refused with this text; with --keep-going its names from
# there on are left out, and these losses are told beside.  The options of `kept` come first.
few() {
    local options=() text consequence='what the directory holds beyond that is left out'
    while [ "$1" = -x ]; do
        options+=(-x "$2")
        shift 2
    done
    text="/few: inode $ino: $1"
    shift
    refused 3 "$text"
    kept "${options[@]}" "$text: $consequence" "$@"
}

# In i_block the parent comes first, then the records: `aa` at byte 0 of 56, and `bb` at 12.
@test "bad-ext4-inline-directory-parent" {
    bad "$GOOD.inline"
    damage_inode /few 0x28 0b
    lost -x /few "/few: inode $ino: '..' is inode 11, not 2"
    bad "$GOOD.inline"
    damage_inode /few 0x28 00
    lost -x /few "/few: inode $ino: '..' is inode 0, not 2"
}

@test "bad-ext4-inline-dirent-reclen" {
    local first=0x2c second=0x38
    bad "$GOOD.inline"
    damage_inode /few $first+4 00 00
    few -x '/few/*' "inline record at byte 0 of 56: a record length of 0 is not a multiple of 4 from 12 up"
    bad "$GOOD.inline"
    damage_inode /few $first+4 0e 00
    few -x '/few/*' "inline record at byte 0 of 56: a record length of 14 is not a multiple of 4 from 12 up"
    bad "$GOOD.inline"
    damage_inode /few $second+4 30 00
    few -x bb -x cc "inline record at byte 12 of 56: a record length of 48, but the block ends after 44"
    bad "$GOOD.inline"
    damage_inode /few $second+4 24 00
    few -x bb -x cc "inline record at byte 12 of 56: a record length of 36 leaves 8 bytes in the block"
    # In the attribute, after the inode's fields and the table.
    bad "$GOOD.inline"
    damage_inode /few 0xa4+56+4 "$(le16 40)"
    few -x cc "inline record at byte 0 of 36: a record length of 40, but the block ends after 36"
    bad "$GOOD.inline"
    damage_inode /few 0xa4+56+12+4 "$(le16 0)"
    few "inline record at byte 12 of 36: a record length of 0 is not a multiple of 4 from 12 up"
}

@test "bad-ext4-inline-dirent-name" {
    local first=0x2c second=0x38
    bad "$GOOD.inline"
    damage_inode /few $first+6 05
    few -x '/few/*' "inline record at byte 0 of 56: a name of 5 bytes in a record of 12"
    bad "$GOOD.inline"
    place /two && local two=$ino
    damage_inode /few $first+6 00
    few -x '/few/*' "inline record at byte 0 of 56: an empty name for inode $two"
    bad "$GOOD.inline"
    damage_inode /few $second+8 2f
    few -x bb -x cc "inline record at byte 12 of 56: the name '/b' contains a slash or a NUL"
    bad "$GOOD.inline"
    damage_inode /few $second+9 00
    few -x bb -x cc "inline record at byte 12 of 56: the name 'b\\x00' contains a slash or a NUL"
    bad "$GOOD.inline"
    damage_inode /few $second+8 2e2e
    few -x bb -x cc "inline record at byte 12 of 56: one more '..'"
    bad "$GOOD.inline"
    damage_inode /few $second+8 6161
    refused 3 "/few: inode $ino: the directory has the name 'aa' twice"
    kept -x bb "/few: the directory has the name 'aa' twice: the second is left out"
}

@test "bad-ext4-inline-dirent-inode" {
    local second=0x38
    bad "$GOOD.inline"
    damage_inode /few $second 01 04 00 00
    few -x bb -x cc "inline record at byte 12 of 56: inode 1025 does not exist (there are 1024)"
    bad "$GOOD.inline"
    damage_inode /few $second 07
    few -x bb -x cc "inline record at byte 12 of 56: 'bb' is inode 7, which is reserved"
    bad "$GOOD.inline"
    place /few && local few=$ino
    place /two
    damage_inode /few $second+7 05
    refused 3 "/few/bb: inode $((few + 2)): file type 1, but the directory says 5"
    # A directory in itself.
    bad "$GOOD.inline"
    damage_inode /few $second "$(le32 "$few")"
    poke bad "$at+$second+7" 02
    lost -x bb "/few/bb: inode $few: a directory with a second name"
}

@test "bad-ext4-inline-directory-attribute" {
    bad "$GOOD.inline"
    damage_inode /few 0xa4+4 "$(le32 12)"
    few -x cc "attributes in the inode: system.data is in inode 12"
    bad "$GOOD.inline"
    damage_inode /few 0xa4+8 "$(le32 37)"
    few -x cc "attributes in the inode: a value of 37 bytes at byte 56 does not lie between bytes 24 and 92"
    bad "$GOOD.inline"
    damage_inode /few 0xa4+8 "$(le32 6)" # too short for a record
    few -x cc "inline record at byte 0 of 6: 6 bytes are too few for a record"
}

# ---- ea_inode ----

# value OFFSET HEX...: change the inode of the value of /numbers's attribute user.long; $value is its
# number.
value() {
    local offset=$1 at
    shift
    bad "$GOOD.values"
    value_place
    poke bad "$at+$offset" "$@"
}

# Its number is in the entry, and its inode in the same table as all others.
value_place() {
    local number
    place /numbers
    value=$(number bad "$at+0xa4+4" 4)
    number=$ino
    at=$((at + (value - number) * 256))
}

# The attribute is lost, the file is not: lost_value TEXT.
lost_value() {
    local text="/numbers: inode $ino: attributes in the inode: attribute 0: $1"
    refused 3 "$text"
    kept -a user.long "$text: attributes are left out"
}

@test "bad-ext4-value-inode-number" {
    local entry=0xa4
    bad "$GOOD.values"
    damage_inode /numbers $entry+4 "$(le32 1025)"
    lost_value "value inode 1025: inode 1025 does not exist (there are 1024)"
    bad "$GOOD.values"
    damage_inode /numbers $entry+4 "$(le32 1024)"
    lost_value "value inode 1024: inode 1024: mode 00 has no known file type"
    # The file that has the attribute, and a directory.
    bad "$GOOD.values"
    damage_inode /numbers $entry+4 "$(le32 "$ino")"
    lost_value "value inode $ino: holds no attribute's value"
    bad "$GOOD.values"
    damage_inode /numbers $entry+4 "$(le32 2)"
    lost_value "value inode 2: holds no attribute's value"
}

@test "bad-ext4-value-inode" {
    value 0x22 08 # i_flags, without 0x200000
    lost_value "value inode $value: holds no attribute's value"
    value 0x1a 00 00 # i_links_count
    lost_value "value inode $value: holds no attribute's value"
    value 0 80 41 # i_mode: a directory
    lost_value "value inode $value: holds no attribute's value"
    value 4 "$(le32 999)" # i_size
    lost_value "value inode $value: a value of 999 bytes, but the attribute has 1000"
    value 0x28+2 00 00 # no extents
    lost_value "value inode $value: a value with a hole at byte 0"
    value 0x28 00
    lost_value "value inode $value: inode $value: extent root: magic number 0xf300, not 0xf30a"
    value 0x28+20 00 10 00 00
    lost_value "value inode $value: inode $value: extent root: entry 0 points at block 4096 (1 blocks), outside the file system (4096 blocks)"
}

@test "bad-ext4-value-inode-in-itself: an attribute of a value is not looked at" {
    bad "$GOOD.values"
    local value at number
    value_place
    number=$(le32 "$value")
    # The table of the file's attributes, as it is; it names the value.
    place /numbers
    local table
    table=$(peek bad "$at+0xa0" 0x60)
    value_place
    poke bad "$at+0xa0" "$table"
    [ "$(peek bad "$at+0xa0+8" 4)" = "$number" ]
    try ext4walk -o out bad
    expect 0
    ext4walk -o want "$GOOD.values"
    same want out
}

@test "bad-ext4-value-hash" {
    local hash
    bad "$GOOD.values"
    value_place
    hash=$(peek bad "$at+8" 4) # in the place of i_atime
    poke bad "$at+8" 00 00 00 00
    lost_value "value inode $value: a value with hash 0x00000000, computed 0x${hash:6:2}${hash:4:2}${hash:2:2}${hash:0:2}"
    # Of the name and the value's hash, in the attribute's entry.
    bad "$GOOD.values"
    value_place
    damage_inode /numbers 0xa4+12 00 00 00 00
    lost_value "value inode $value: not the value that the attribute's hash 0x00000000 is for"
    # A byte of the value.
    bad "$GOOD.values"
    value_place
    local block
    block=$(number bad "$at+0x28+20" 4)
    poke bad $((block * 1024 + 999)) 00
    place /numbers
    refused_like 3 "/numbers: inode $ino: attributes in the inode: attribute 0: value inode $value: a value with hash 0x[0-9a-f]{8}, computed 0x[0-9a-f]{8}"
    # Without a look at hashes it is taken as it is.
    try ext4walk --no-verify -n -o out bad
    expect 0
    tr '\0' '\n' <out | grep -x "xattr=user.long=$(printf '76%.0s' {1..999})00"
}

@test "bad-ext4-value-size" {
    local entry=0xa4 attribute
    bad "$GOOD.values"
    place /numbers
    attribute="/numbers: inode $ino: attributes in the inode: attribute 0"
    value_place
    damage_inode /numbers $entry+8 "$(le32 999)"
    lost_value "value inode $value: a value of 1000 bytes, but the attribute has 999"
    damage_inode /numbers $entry+8 "$(le32 0)"
    lost_value "a value of 0 bytes in inode $value, must be 1 to 65536"
    # More than Linux can show.
    damage_inode /numbers $entry+8 "$(le32 65537)"
    refused 4 "$attribute: a value of 65537 bytes in inode $value, must be 1 to 65536"
    kept -a user.long "$attribute: a value of 65537 bytes in inode $value, must be 1 to 65536: attributes are left out"
    damage_inode /numbers $entry+8 ff ff ff ff
    refused 4 "$attribute: a value of 4294967295 bytes in inode $value, must be 1 to 65536"
}

@test "bad-ext4-value-inode-with-a-name" {
    bad "$GOOD.values"
    local value at number block
    value_place
    place /fifo && number=$ino
    place /
    poke bad "$(name_at bad "$block" fifo 1024)" "$(le32 "$value")"
    poke bad "$(name_at bad "$block" fifo 1024)+7" 01
    lost -x /fifo "/fifo: inode $value: the value of an attribute has a name"
}

# ---- attributes ----

@test "attributes of kinds that Linux does not show are left out with a note, in the inode and in a block" {
    local kind acl
    for kind in 0 5 8 12 255; do
        bad
        damage_inode /dir/file 0xa4+1 "$(printf %02x $kind)"
        try ext4walk -o out bad
        expect 0 "ext4walk: bad: /dir/file: an attribute of kind $kind, which Linux does not show, is left out"
        ext4walk "$GOOD" | tr '\0' '\n' | grep -av '^xattr=user.k=' | diff -a - <(tr '\0' '\n' <out) >&2
    done
    bad
    place /numbers
    acl=$(number bad "$at+0x68" 4)
    poke bad $((acl * 1024 + 32 + 1)) 05
    try ext4walk -o out bad
    expect 0 "ext4walk: bad: /numbers: an attribute of kind 5, which Linux does not show, is left out"
    try ext4walk -q -o out bad
    expect 0
}

@test "bad-ext4-xattr-name: a NUL in it, none where one must be, the same one twice" {
    bad
    damage_inode /dir/file 0xa4+16 00
    local attribute="/dir/file: inode $ino: attributes in the inode: attribute 0"
    refused 3 "$attribute: a name of kind 1 ('user.') and 1 bytes makes no sense"
    kept -a user.k "$attribute: a name of kind 1 ('user.') and 1 bytes makes no sense: attributes are left out"
    bad
    damage_inode /dir/file 0xa4 00
    poke bad "$at+0xa4+16" 00000000
    refused 3 "$attribute: a name of kind 1 ('user.') and 0 bytes makes no sense"
    # Once more after the first, with the same value.
    bad
    place /dir/file
    poke bad "$at+0xa4+20" "$(peek bad "$at+0xa4" 20)" 00000000
    refused 3 "/dir/file: two attributes are called user.k"
    kept -a user.k "/dir/file: two attributes are called user.k: attributes are left out"
}

# ---- encrypt ----

@test "an encrypted file with two names is told of twice, and is no damage" {
    bad "$GOOD.encrypt"
    damage_inode /dir/file 0x21 08
    local left='it is encrypted: left out'
    try ext4walk -o out bad
    expect 5 "ext4walk: bad: /dir/file: inode $ino: $left
ext4walk: bad: /dir/sub/again: inode $ino: $left"
    rm out
    kept -x /dir/file -x again "/dir/file: inode $ino: $left" "/dir/sub/again: inode $ino: $left"
}

@test "what is encrypted is left out whatever it is, a directory but for what it holds" {
    local path left='it is encrypted: left out'
    for path in /numbers /short /long /fifo; do
        bad "$GOOD.encrypt"
        damage_inode $path 0x21 08
        kept -x $path "$path: inode $ino: $left"
    done
    bad "$GOOD.encrypt"
    damage_inode /dir 0x21 08
    kept -x '/dir/*' "/dir: inode $ino: an encrypted directory: the 2 names in it are left out"
    damage_inode /dir/sub 0x21 08
    place /dir
    kept -x '/dir/*' "/dir: inode $ino: an encrypted directory: the 2 names in it are left out"
    bad "$GOOD.encrypt"
    damage_inode /dir/sub 0x21 08
    kept -x '/dir/sub/*' "/dir/sub: inode $ino: an encrypted directory: the 1 name in it is left out"
    # The root, with all there is.
    bad "$GOOD.encrypt"
    damage_inode / 0x21 08
    kept -x '/*' "/: inode 2: an encrypted directory: the 7 names in it are left out"
}

@test "bad-ext4-encrypted-directory: its records are looked at, its names are not" {
    bad "$GOOD.encrypt"
    damage_inode /dir 0x21 08
    local ino=$ino block
    block=$(block_of bad /dir)
    record file 9 2f
    kept -x '/dir/*' "/dir: inode $ino: an encrypted directory: the 2 names in it are left out"
    poke bad "$((block * 1024 + at + 4))" 00 00
    refused 3 "/dir: inode $ino: directory block 0, byte $at: a record length of 0 is not a multiple of 4 from 12 up"
}

# ---- link counts ----

@test "bad-ext4-link-count" {
    local wrong
    bad
    damage_inode /dir/file 0x1a 03 00
    wrong="/dir/file: a link count of 3, but 2 names"
    refused 3 "$wrong"
    kept "$wrong: going by the names"
    bad
    damage_inode /numbers 0x1a ff ff
    wrong="/numbers: a link count of 65535, but 1 name"
    refused 3 "$wrong"
    kept "$wrong: going by the names"
    # Three names with a count of two: the third is /numbers.
    bad
    place /dir/file && local file=$ino
    record /numbers 0 "$(le32 "$file")"
    refused 3 "/numbers: inode $file: name number 3, but a link count of 2"
    try ext4walk --keep-going -n -o out bad
    expect 5 "ext4walk: bad: /numbers: inode $file: name number 3, but a link count of 2: going by the names"
    tr '\0' '\n' <out | grep -A2 -x path=/numbers | diff - <(printf '%s\n' path=/numbers type=h link=/dir/file) >&2
}

@test "bad-ext4-link-count-of-a-directory" {
    local count
    for count in 2 4 65000; do
        bad
        damage_inode /dir 0x1a "$(le16 $count)"
        refused 3 "/dir: inode $ino: a link count of $count, but 1 directories are in it"
        kept "/dir: inode $ino: a link count of $count, but 1 directories are in it: going by the names"
    done
    # 1 stands for more than can be counted.
    damage_inode /dir 0x1a 01 00
    try ext4walk -o out bad
    expect 0
    rm out
    bad
    damage_inode / 0x1a 05 00
    refused 3 "/: inode 2: a link count of 5, but 2 directories are in it"
}

@test "link counts are for whole trees: parts of one are not held against them" {
    bad
    damage_inode /dir/file 0x1a 03 00
    damage_inode /dir 0x1a 05 00
    try ext4walk -n -o out bad /dir
    expect 0
    try ext4walk -n -o out -x /fifo bad
    expect 0
    rm out
    # Nor is a tree of which something is lost.
    record sub 4 00 00
    refused_like 3 "/dir: inode [0-9]+: directory block 0, byte $at: a record length of 0 .*"
    kept -x /dir/sub "/dir: directory block 0, byte $at: a record length of 0 is not a multiple of 4 from 12 up: the names from there on in this block are left out"
}

# ---- extent trees ----

# unused N: the N-th of a row of blocks in $GOOD that nothing uses.
unused() {
    echo $((4000 + $1))
}

# node AT DEPTH ENTRY...: a node of an extent tree, in the block AT.
node() {
    local at=$1 depth=$2
    shift 2
    poke bad $((at * 1024)) "0af3 $(le16 $#) 5400 $(le16 "$depth") 00000000" "$@"
}

# index FILE-BLOCK BLOCK: an entry that names the node below.
index() {
    echo "$(le32 "$1") $(le32 "$2") 00000000"
}

# The tree of /numbers with two extents becomes one of DEPTH levels, each with one node but the last,
# which has two.
deep_tree() {
    local depth=$1 level extents
    bad
    for level in 0 1 2 3 4 5; do
        debugfs -R "testb $(unused $level)" bad 2>/dev/null | grep -q 'not in use'
    done
    place /numbers
    [ "$(peek bad "$at+0x28" 8)" = 0af3020004000000 ]
    extents=$(peek bad "$at+0x28+12" 24)
    poke bad "$at+0x28" "0af3 0100 0400 $(le16 "$depth") 00000000 $(index 0 "$(unused 1)")"
    for ((level = 1; level < depth - 1; level++)); do
        node "$(unused "$level")" $((depth - level)) "$(index 0 "$(unused $((level + 1)))")"
    done
    # The second extent starts with file block 12.
    [ "${extents:24:8}" = "$(le32 12)" ]
    node "$(unused "$level")" 1 "$(index 0 "$(unused $((level + 1)))")" "$(index 12 "$(unused 0)")"
    node "$(unused $((level + 1)))" 0 "${extents:0:24}"
    node "$(unused 0)" 0 "${extents:24}"
}

@test "an extent tree of five levels is read" {
    deep_tree 5
    debugfs -R 'cat /numbers' bad 2>/dev/null | cmp - "$BATS_FILE_TMPDIR/tree/numbers" >&2
    try ext4walk -o out bad
    expect 0
    ext4walk -o want "$from"
    same want out
}

@test "bad-ext4-extent-depth-6" {
    deep_tree 5
    poke bad "$at+0x28+6" 06
    lost -x /numbers "/numbers: inode $ino: extent root: depth 6 is more than 5"
    poke bad "$at+0x28+6" 05
    poke bad $(($(unused 4) * 1024 + 6)) 02
    lost -x /numbers "/numbers: inode $ino: extent block $(unused 4): depth 2 under a node of depth 2"
}

@test "bad-ext4-extent-deep: unsorted, overlapping, in a circle, outside" {
    local last text
    deep_tree 5
    last=$(unused 4)
    node "$last" 1 "$(index 12 "$(unused 0)")" "$(index 0 "$(unused 5)")"
    lost -x /numbers "/numbers: inode $ino: extent block $last: entry 1 starts at file block 0, before 13 where it may"
    # The first leaf's extent has 12 blocks.
    node "$last" 1 "$(index 0 "$(unused 5)")" "$(index 11 "$(unused 0)")"
    lost -x /numbers "/numbers: inode $ino: extent block $(unused 5): entry 0 ends at file block 12, after 11 where it may"
    node "$last" 1 "$(index 0 "$(unused 5)")" "$(index 13 "$(unused 0)")"
    lost -x /numbers "/numbers: inode $ino: extent block $(unused 0): entry 0 starts at file block 12, before 13 where it may"
    node "$last" 1 "$(index 0 "$(unused 2)")"
    lost -x /numbers "/numbers: inode $ino: extent block $(unused 2): depth 3 under a node of depth 1"
    node "$last" 1 "$(index 0 "$(unused 5)")" "$(index 12 "$(unused 5)")"
    lost -x /numbers "/numbers: inode $ino: extent block $(unused 5): entry 0 starts at file block 0, before 12 where it may"
    node "$last" 1 "$(index 0 4096)"
    lost -x /numbers "/numbers: inode $ino: extent block $last: entry 0 points at block 4096 (1 blocks), outside the file system (4096 blocks)"
    node "$last" 1 "$(index 0 1)"
    lost -x /numbers "/numbers: inode $ino: extent block $last: entry 0 points at block 1 (1 blocks), outside the file system (4096 blocks)"
}
