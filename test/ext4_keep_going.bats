# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2002,SC2016,SC2030,SC2031,SC2154  # pipes are the point; each test is a subshell of its own; helpers set variables
# ext4walk --keep-going: each damage is told, exactly, and the rest of the tree is as it was.

load helper
load ext4
load ext4_damage

setup_file() {
    good_images
    local tree=$BATS_FILE_TMPDIR/tree
    # Two groups, and the copies that the second has: blocks of 1 KiB, 8192 of them in a group.
    mkfs "$GOOD.groups" 12M -t ext4 -b 1024 -O ^has_journal -d "$tree"
    # A file whose names are in two directories, and a directory of several blocks.
    cp -a "$tree" "$tree.names"
    ln "$tree.names/dir/file" "$tree.names/zzz"
    mkdir "$tree.names/many"
    (cd "$tree.names/many" && touch name-{001..300})
    mkfs "$GOOD.names" 4M -t ext4 -b 1024 -O ^metadata_csum,^has_journal -d "$tree.names"
    mkfs "$GOOD.names.sum" 4M -t ext4 -b 1024 -O ^has_journal -d "$tree.names"
}

setup() {
    own_directory
}

# ---- the superblock and the groups ----

@test "a damaged superblock: the copy in group 1 is used, from a file and from a pipe" {
    local magic="no ext2, ext3 or ext4 file system: the magic number at offset 1080 is 0xee53, not 0xef53"
    bad "$GOOD.groups"
    poke bad 1080 53 ee
    refused 3 "$magic"
    kept "$magic: using the backup at block 8193"
    try bash -c 'cat bad | ext4walk --keep-going -o out'
    expect 5 "ext4walk: standard input: $magic: using the backup at block 8193"
    ext4walk -o want "$from"
    same want out
    rm out want
    # Any field that is checked.
    while read -r field bytes text; do
        bad "$GOOD.groups"
        poke bad "1024+$field" "$bytes"
        super_sum bad
        refused 3 "superblock: $text"
        kept "superblock: $text: using the backup at block 8193"
    done <<-FIELDS
	0x18 07000000 block size 1024 << 7 is more than 1024 << 6
	0x58 c000 inode size 192 is not a power of two from 128 to 1024
	0x20 00000000 0 blocks per group, must be 1 to 8192
	0x04 00000000 a block count of 0 makes no sense
	FIELDS
    bad "$GOOD.groups"
    poke bad 1024+0x78 58
    refused_like 3 'superblock: checksum 0x[0-9a-f]{8}, computed 0x[0-9a-f]{8}'
    walk --keep-going -o out bad
    expect_like 5 'ext4walk: bad: superblock: checksum 0x[0-9a-f]{8}, computed 0x[0-9a-f]{8}: using the backup at block 8193'
    same want out || { ext4walk -o want "$from" && same want out; }
}

@test "a damaged superblock of a file system with blocks of 4 KiB" {
    mkfs "$BATS_TEST_TMPDIR/good" 140M -t ext4 -b 4096 -O ^has_journal -d "$BATS_FILE_TMPDIR/tree"
    bad "$BATS_TEST_TMPDIR/good"
    poke bad 1080 00 00
    kept "no ext2, ext3 or ext4 file system: the magic number at offset 1080 is 0x0000, not 0xef53: using the backup at block 32768"
}

@test "a damaged superblock of a file system with clusters" {
    mkfs "$BATS_TEST_TMPDIR/good" 90M -t ext4 -b 1024 -O bigalloc,^has_journal -C 4096 -d "$BATS_FILE_TMPDIR/tree"
    bad "$BATS_TEST_TMPDIR/good"
    poke bad 1080 00 00
    kept "no ext2, ext3 or ext4 file system: the magic number at offset 1080 is 0x0000, not 0xef53: using the backup at block 32768"
}

@test "a damaged superblock without a copy that can be believed is still an error" {
    local magic="no ext2, ext3 or ext4 file system: the magic number at offset 1080 is 0xee53, not 0xef53"
    local copy=$((8193 * 1024))
    keeps_nothing() {
        walk --keep-going -o out bad
        expect 3 "ext4walk: bad: $1"
        left_behind . bad
    }
    bad # of one group
    poke bad 1080 53 ee
    keeps_nothing "$magic"
    bad "$GOOD.groups"
    poke bad 1080 53 ee
    poke bad $((copy + 0x38)) 00
    keeps_nothing "$magic"
    bad "$GOOD.groups"
    poke bad 1080 53 ee
    poke bad $((copy + 0x78)) 58 # its checksum is wrong
    keeps_nothing "$magic"
    mkfs "$BATS_TEST_TMPDIR/good" 12M -t ext4 -b 1024 -O ^metadata_csum,^has_journal
    bad "$BATS_TEST_TMPDIR/good"
    poke bad 1080 53 ee
    poke bad $((copy + 0x5a)) 02 # it says that it is group 2's
    keeps_nothing "$magic"
    bad "$BATS_TEST_TMPDIR/good"
    poke bad 1080 53 ee
    poke bad $((copy + 0x20)) 00 10 # and that group 1 starts at another block
    keeps_nothing "$magic"
    # What is not supported is not damage.
    bad "$GOOD.groups"
    poke bad 1024+0x60 01
    super_sum bad
    walk --keep-going -o out bad
    expect 4 "ext4walk: bad: the feature compression is not supported"
}

@test "a copy of the superblock does not say how the file system was left: journals are looked into" {
    local block
    from=$BATS_TEST_TMPDIR/good
    mkfs "$from" 12M -t ext4 -b 1024 -O ^metadata_csum -d "$BATS_FILE_TMPDIR/tree"
    bad "$from"
    poke bad 1080 53 ee
    kept 'no ext2, ext3 or ext4 file system: the magic number at offset 1080 is 0xee53, not 0xef53: using the backup at block 8193'
    local backup='no ext2, ext3 or ext4 file system: the magic number at offset 1080 is 0xee53, not 0xef53: using the backup at block 8193'
    try ext4walk --keep-going --journal=strict -o out bad
    expect 4 "ext4walk: bad: $backup
ext4walk: bad: the journal may have to be replayed first (feature needs_recovery), which --journal=strict refuses"
    try ext4walk --keep-going --journal=ignore -o out bad
    expect 5 "ext4walk: bad: $backup
ext4walk: bad: the journal may have to be replayed, and is not replayed: the tree may be an old one, or none"
    rm out
    # A transaction that gives a file another owner.
    place /numbers
    block=$((at / 1024))
    dd if="$from" of=block bs=1024 skip=$block count=1 status=none
    poke block $((at % 1024 + 2)) 39 30
    debugfs -w -f /dev/stdin "$from" >/dev/null 2>&1 <<-COMMANDS
	journal_open
	journal_write -b $block block
	journal_close
	COMMANDS
    bad "$from"
    poke bad 1080 53 ee
    kept 'no ext2, ext3 or ext4 file system: the magic number at offset 1080 is 0xee53, not 0xef53: using the backup at block 8193' \
        'the journal was replayed in memory: 1 transaction, 1 block'
    ext4walk -q -n "$from" | tr '\0' '\n' | grep -qx uid=12345
}

@test "a damaged group descriptor: its copy is used" {
    local sums='checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+' image
    from=$GOOD.groups
    ext4walk -o "$BATS_TEST_TMPDIR/want" "$from"
    bad "$from"
    poke bad 2048+0x10 77
    refused_like 3 "/: inode 2: group descriptor 0: $sums"
    walk --keep-going -o out bad
    expect_like 5 "ext4walk: bad: group descriptor 0: $sums: using the backup in block 8194"
    same "$BATS_TEST_TMPDIR/want" out
    poke bad 1080 53 ee
    walk --keep-going -o out bad
    expect_like 5 "ext4walk: bad: no ext2, .*: using the backup at block 8193
ext4walk: bad: group descriptor 0: $sums: using the backup in block 8194"
    same "$BATS_TEST_TMPDIR/want" out
    # One without a checksum, whose table cannot be there.
    mkfs "$BATS_TEST_TMPDIR/good" 12M -t ext4 -b 1024 -O ^metadata_csum,^has_journal -d "$BATS_FILE_TMPDIR/tree"
    bad "$BATS_TEST_TMPDIR/good"
    poke bad 2048+0x08 00 30 00 00
    kept "group descriptor 0: the inode table at block 12288 (384 blocks) lies outside the file system (12288 blocks): using the backup in block 8194"
    bad "$BATS_TEST_TMPDIR/good"
    poke bad 2048 00 30 00 00
    kept "group descriptor 0: the block bitmap at block 12288 lies outside the file system (12288 blocks): using the backup in block 8194"
}

@test "a damaged group descriptor with meta_bg: the copy is in the next group" {
    # 16 descriptors are in a block: those of groups 16 to 19 in group 16, and a copy in group 17.
    mkfs "$BATS_TEST_TMPDIR/good" 5M -t ext4 -b 1024 -g 256 -N 640 -d "$BATS_FILE_TMPDIR/tree" \
        -O meta_bg,^resize_inode,^flex_bg,^metadata_csum,^has_journal
    bad "$BATS_TEST_TMPDIR/good"
    poke bad 2048+8 00 14 00 00
    kept "group descriptor 0: the inode table at block 5120 (8 blocks) lies outside the file system (5120 blocks): using the backup in block 258"
    # Groups 16 and 17 are not of those that have a copy of the superblock.
    debugfs -w -R 'write /dev/null far' "$BATS_TEST_TMPDIR/good" >/dev/null 2>&1
    local descriptors=$((16 * 256 + 1))
    from=$BATS_TEST_TMPDIR/far
    cp "$BATS_TEST_TMPDIR/good" "$from"
    far_away "$from" $((16 * 32 + 1))
    bad "$from"
    poke bad $((descriptors * 1024 + 8)) 00 14 00 00
    kept "group descriptor 16: the inode table at block 5120 (8 blocks) lies outside the file system (5120 blocks): using the backup in block $((descriptors + 256))"
    # Both: what has its inode there is lost.
    poke bad $(((descriptors + 256) * 1024 + 8)) 00 14 00 00
    lost -x /far "/far: inode 513: group descriptor 16: the inode table at block 5120 (8 blocks) lies outside the file system (5120 blocks)"
}

# far_away IMAGE INODE: the file /far gets another inode.
far_away() {
    local image=$1 number=$2 old new inode
    old=$(inode_at "$image" "$(inode_of "$image" /far)")
    new=$(inode_at "$image" "$number")
    inode=$(peek "$image" "$old" 256)
    poke "$image" "$new" "$inode"
    poke "$image" "$(name_at "$image" "$(block_of "$image" /)" far 1024)" "$(le32 "$number")"
}

@test "descriptor and copy damaged: without the root's inode there is no tree" {
    local sums='checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+'
    bad "$GOOD.groups"
    poke bad 2048+0x10 77
    poke bad $((8194 * 1024 + 0x10)) 77
    walk --keep-going -o out bad
    expect_like 3 "ext4walk: bad: /: inode 2: group descriptor 0: $sums"
    left_behind . bad
}

@test "the root lost is status 3" {
    local mode
    bad
    place /
    for mode in 0000 a481; do
        poke bad "$at" $mode
        walk --keep-going -o out bad
        expect_like 3 'ext4walk: bad: /: inode 2: (mode 00 has no known file type|the root is not a directory)'
        left_behind . bad
    done
    bad "$GOOD.sum"
    damage_inode / 2 01
    walk --keep-going -o out bad
    expect_like 3 'ext4walk: bad: /: inode 2: checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+'
    left_behind . bad
    # What the root holds is another matter.
    bad
    damage_inode / 0x28 00
    refused 3 "/: inode 2: extent root: magic number 0xf300, not 0xf30a"
    kept -x '/*' "/: inode 2: extent root: magic number 0xf300, not 0xf30a: what the directory holds is left out"
}

# ---- images that end early ----

@test "a truncated image keeps what does not lie beyond its end" {
    local cut run size=108894 whole data
    from=$GOOD
    # Its second extent starts with file block 12.  No more but its attribute block lies beyond it.
    run=$(($(block_of "$from" /numbers 12) * 1024))
    whole='the file system needs bytes 0 to 4194304, but the input ends at'
    bad
    cut=$((run + 200 * 1024))
    truncate -s $cut bad
    refused 3 "$whole $cut"
    kept "$whole $cut: what lies beyond is left out"
    bad
    cut=$((run + size - 12288 - 1))
    truncate -s $cut bad
    data="/numbers: its data needs bytes $run to $((cut + 1)), but the input ends at $cut: left out"
    refused 3 "$whole $cut"
    kept -x /numbers "$whole $cut: what lies beyond is left out" "$data"
    # Of a pipe that is known only in the end; and the blocks that are in use are what is missed.
    try bash -c 'cat bad | ext4walk --keep-going -o out'
    expect_like 5 "ext4walk: standard input: $data
ext4walk: standard input: the file system needs bytes 0 to [0-9]+, but the input ends at $cut: what lies beyond is left out"
    ext4walk -x /numbers -o want "$from"
    same want out
}

@test "a truncated image whose inodes are lost" {
    local cut whole read='a read needs bytes'
    bad
    place /numbers # the last but one
    cut=$at
    truncate -s "$cut" bad
    whole="the file system needs bytes 0 to 4194304, but the input ends at $cut: what lies beyond is left out"
    kept -x /numbers -x /short "$whole" \
        "/numbers: inode $ino: $read $cut to $((cut + 256)), but the input ends at $cut: left out" \
        "/short: inode $((ino + 1)): $read $((cut + 256)) to $((cut + 512)), but the input ends at $cut: left out"
}

# ---- inodes ----

@test "a file whose inode is damaged: its other names are links to nothing" {
    local again='one more name of what was left out: left out'
    bad "$GOOD.names"
    damage_inode /dir/file 0 0070
    lost -x /dir/file -x again -x zzz "/dir/file: inode $ino: mode 070000 has no known file type" \
        "/dir/sub/again: inode $ino: $again" "/zzz: inode $ino: $again"
    bad "$GOOD.names"
    damage_inode /dir/file 0x28 00
    lost -x /dir/file -x again -x zzz "/dir/file: inode $ino: extent root: magic number 0xf300, not 0xf30a" \
        "/dir/sub/again: inode $ino: $again" "/zzz: inode $ino: $again"
    bad "$GOOD.names"
    damage_inode /dir/file 0x1a 00 00
    lost -x /dir/file -x again -x zzz "/dir/file: inode $ino is deleted" \
        "/dir/sub/again: inode $ino: $again" "/zzz: inode $ino: $again"
}

@test "a directory whose inode is damaged: what has a name elsewhere is kept" {
    bad "$GOOD.names"
    damage_inode /dir 0 ed71
    lost -x /dir "/dir: inode $ino: mode 070755 has no known file type"
    bad "$GOOD.names"
    damage_inode /dir 0x88 ffffffff # i_mtime_extra
    lost -x /dir "/dir: inode $ino: mtime has 1073741823 nanoseconds"
    bad "$GOOD.names"
    damage_inode /dir 0x1a 00 00
    lost -x /dir "/dir: inode $ino is deleted"
    bad "$GOOD.names"
    damage_inode /dir 4 ff 03 00 00
    refused 3 "/dir: inode $ino: a directory of 1023 bytes, not whole blocks of 1024"
    kept -x '/dir/*' "/dir: inode $ino: a directory of 1023 bytes, not whole blocks of 1024: what the directory holds beyond that is left out"
    bad "$GOOD.names"
    damage_inode /dir 4 00 08 00 00
    refused 3 "/dir: inode $ino: directory block 1 is a hole"
    kept "/dir: directory block 1 is a hole: what should be there is left out"
    bad "$GOOD.names"
    damage_inode /dir 0x28 00
    refused 3 "/dir: inode $ino: extent root: magic number 0xf300, not 0xf30a"
    kept -x '/dir/*' "/dir: inode $ino: extent root: magic number 0xf300, not 0xf30a: what the directory holds is left out"
}

@test "inodes whose fields make no sense" {
    local sums='checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+'
    bad
    damage_inode /numbers 0x6f 80 # i_size_high
    lost -x /numbers "/numbers: inode $ino: a size of 9223372036854884702 bytes makes no sense"
    bad
    damage_inode /hole 0x80 1e 00 # i_extra_isize
    lost -x /hole "/hole: inode $ino: extra size 30 is not a multiple of 4 up to 128"
    bad "$GOOD.sum"
    damage_inode /numbers 2 01
    refused_like 3 "/numbers: inode $ino: $sums"
    walk --keep-going -o out bad
    expect_like 5 "ext4walk: bad: /numbers: inode $ino: $sums: left out"
    ext4walk -x /numbers -o want "$from"
    same want out
    # Without a look at checksums nothing is wrong but the owner.
    walk --keep-going --no-verify -n -o out bad
    expect 0
    tr '\0' '\n' <out | sed -n '/^path=.numbers$/,/^$/p' | grep -qx uid=1
    rm out want
    bad
    damage_inode /short 4 3c 00 00 00
    lost -x /short "/short: inode $ino: a symbolic link of 60 bytes, must be 1 to 59"
    bad
    damage_inode /long 4 00 06 00 00 # longer than its block
    lost -x /long "/long: inode $ino: a symbolic link of 1536 bytes, must be 1 to 1023"
    bad
    damage_inode /long 0x28+2 00 00
    lost -x /long "/long: inode $ino: a symbolic link of 206 bytes without its block"
}

# ---- block maps ----

@test "files whose block maps cannot be trusted" {
    local head='0af3 0200 0400 0000 00000000'
    extents /numbers 0a f3 01 00 04 00 06 00
    lost -x /numbers "/numbers: inode $ino: extent root: depth 6 is more than 5"
    extents /numbers "$head" 05000000 0400 0000 80020000 08000000 0100 0000 90020000
    lost -x /numbers "/numbers: inode $ino: extent root: entry 1 starts at file block 8, before 9 where it may"
    extents /numbers "$head" 00000000 0100 0000 ff0f0000 05000000 0200 0000 ff0f0000
    lost -x /numbers "/numbers: inode $ino: extent root: entry 1 points at block 4095 (2 blocks), outside the file system (4096 blocks)"
    tree '3132' 1 0
    lost -x /numbers "/numbers: inode $ino: extent block $block: magic number 0x3231, not 0xf30a"
    tree '0af3 0100 5400 0100 00000000 00000000 BLOCK 00000000' 2 0
    lost -x /numbers "/numbers: inode $ino: extent block $block: depth 1 under a node of depth 1"
    bad "$GOOD.ext2"
    damage_inode /numbers 0x28+8 00 10 00 00
    lost -x /numbers "/numbers: inode $ino: file block 2 is at block 4096, outside the file system (4096 blocks)"
    bad "$GOOD.ext2"
    local block
    block=$(block_of bad /numbers)
    poke bad "$((block * 1024))" "$(le32 "$block")"
    damage_inode /numbers 0x28+52 "$(le32 "$block")" # double indirect
    damage_inode /numbers 4 00 00 00 40              # i_size: 1 GiB
    lost -x /numbers "/numbers: inode $ino: indirect block $block is met twice, at file block 268"
}

@test "files that share blocks: those that claim more than there is left" {
    local root="0af3 0100 0400 0000 00000000 00000000 000c 0000 02000000"
    bad
    damage_inode /numbers 0x28 "$root"
    damage_inode /hole 0x28 "$root"
    refused_like 3 "/numbers: inode $(inode_of bad /numbers): more blocks are claimed than the 10[0-9]+ that can belong to it"
    place /numbers
    walk --keep-going -n -o out bad
    expect_like 5 "ext4walk: bad: /numbers: inode $ino: more blocks are claimed than the 10[0-9]+ that can belong to it: left out"
}

# ---- directories ----

@test "a name that breaks a rule is left out, what comes after it is not" {
    local left='this name is left out'
    while read -r offset bytes text; do
        bad "$GOOD.names"
        record file "$offset" "$bytes"
        refused 3 "/dir: inode $dir: directory block 0, byte $at: $text"
        kept -x /dir/file "/dir: directory block 0, byte $at: $text: $left"
    done <<-RULES
	9 2f the name 'f/le' contains a slash or a NUL
	9 00 the name 'f\\x00le' contains a slash or a NUL
	6 01012e one more '.'
	0 08000000 'file' is inode 8, which is reserved
	RULES
    # The first two.
    bad
    local block
    block=$(block_of bad /dir)
    dir=$(inode_of bad /dir)
    poke bad "$((block * 1024))" 0b
    kept "/dir: directory block 0, byte 0: '.' is inode 11, not $dir: $left"
    bad
    poke bad "$((block * 1024 + 12))" 0b
    # A directory of elsewhere, or one whose way up is damaged.
    kept -x /dir "/dir: inode $dir: directory block 0, byte 12: '..' is inode 11, not 2: left out"
    bad
    poke bad "$((block * 1024 + 12 + 6))" 01
    kept "/dir: directory block 0, byte 12: the directory has no '..' here: $left"
    # What a name leads to.
    bad "$GOOD.names"
    record file 0 00 04 00 00
    lost -x /dir/file "/dir/file: inode 1024: mode 00 has no known file type"
    bad
    record /fifo 7 02
    ino=$(inode_of bad /fifo)
    lost -x /fifo "/fifo: inode $ino: file type 5, but the directory says 2"
}

@test "records that cannot be told apart: the names from there on are left out" {
    local rest='the names from there on in this block are left out'
    while read -r bytes text; do
        bad "$GOOD.names"
        record file 4 "$bytes"
        refused 3 "/dir: inode $dir: directory block 0, byte $at: $text"
        kept -x '/dir/*' "/dir: directory block 0, byte $at: $text: $rest"
        bad "$GOOD.names"
        record sub 4 "$bytes"
        kept -x '/dir/sub' "/dir: directory block 0, byte $at: $text: $rest"
    done <<-LENGTHS
	0000 a record length of 0 is not a multiple of 4 from 12 up
	1200 a record length of 18 is not a multiple of 4 from 12 up
	LENGTHS
    bad "$GOOD.names"
    record file 6 ff
    kept -x '/dir/*' "/dir: directory block 0, byte $at: a name of 255 bytes in a record of 12: $rest"
    bad "$GOOD.names"
    record file 0 01 04 00 00
    kept -x '/dir/*' "/dir: directory block 0, byte $at: inode 1025 does not exist (there are 1024): $rest"
    bad "$GOOD.names"
    record file 4 f8 ff
    kept -x '/dir/*' "/dir: directory block 0, byte $at: a record length of 65528, but the block ends after $((1024 - at)): $rest"
    bad "$GOOD.names"
    poke bad "$(($(block_of bad /dir) * 1024 + 4))" 00 04
    kept -x '/dir/*' "/dir: directory block 0: the directory has no '..': $rest"
}

# names_in BLOCK [AFTER]: options that leave out the names of /many in a block of the image, from the
# one that comes after AFTER on.
names_in() {
    perl -e 'my ($image, $block, $after) = @ARGV; open my $f, "<:raw", $image or die;
        seek $f, $block * 1024, 0; read $f, my $b, 1024;
        my $on = !defined $after;
        for (my $at = 0; $at < 1012;) {
            my ($ino, $rec, $len) = unpack "VvC", substr $b, $at, 7;
            my $name = substr $b, $at + 8, $len;
            print "-x\n/many/$name\n" if $on && $ino && $name =~ /^name/;
            $on = 1 if defined $after && $name eq $after;
            $at += $rec; last unless $rec;
        }' "$@"
}

@test "a block in the middle of a large directory" {
    local block options sums='checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+'
    # All of it, where its checksum is wrong.
    bad "$GOOD.names.sum"
    block=$(block_of bad /many 3)
    mapfile -t options < <(names_in bad "$block")
    [ "${#options[@]}" -gt 100 ] && [ "${#options[@]}" -lt 200 ]
    poke bad $((block * 1024 + 1012 + 8)) 11 22 33 44
    refused_like 3 "/many: inode [0-9]+: directory block 3: checksum 0x44332211, computed 0x[0-9a-f]+"
    walk --keep-going -o out bad
    expect_like 5 "ext4walk: bad: /many: directory block 3: checksum 0x44332211, computed 0x[0-9a-f]+: the names from there on in this block are left out"
    ext4walk "${options[@]}" -o want "$from"
    same want out
    # Without a look at checksums none of it.
    walk --keep-going --no-verify -o out bad
    expect 0
    ext4walk -o want "$from"
    same want out
    rm want out
    # From the name on whose record is wrong.
    bad "$GOOD.names"
    block=$(block_of bad /many 3)
    mapfile -t options < <(names_in bad "$block")
    local middle=${options[41]#/many/} at
    at=$(name_at bad "$block" "$middle" 1024)
    mapfile -t options < <(names_in bad "$block" "$middle")
    [ "${#options[@]}" -gt 20 ] && [ "${#options[@]}" -lt 100 ]
    poke bad $((at + 4)) 02 00
    kept -x "/many/$middle" "${options[@]}" "/many: directory block 3, byte $((at - block * 1024)): a record length of 2 is not a multiple of 4 from 12 up: the names from there on in this block are left out"
    # A hole in its place.
    bad "$GOOD.names"
    mapfile -t options < <(names_in bad "$(block_of bad /many 3)")
    one_block_less /many 3
    kept "${options[@]}" "/many: directory block 3 is a hole: what should be there is left out"
}

# one_block_less PATH N: a path's extents, all in its inode, without its N-th block.
one_block_less() {
    place "$1"
    perl -e 'my ($image, $at, $n) = @ARGV; open my $f, "+<:raw", $image or die;
        seek $f, $at + 0x28, 0; read $f, my $root, 60;
        my ($magic, $count, $max, $depth) = unpack "v4", $root;
        die unless $depth == 0;
        my @new;
        for (0 .. $count - 1) {
            my ($block, $len, $hi, $lo) = unpack "VvvV", substr $root, 12 + 12 * $_, 12;
            if ($n < $block || $n >= $block + $len) { push @new, [$block, $len, $lo]; next }
            push @new, [$block, $n - $block, $lo] if $n > $block;
            push @new, [$n + 1, $block + $len - $n - 1, $lo + $n + 1 - $block] if $n + 1 < $block + $len;
        }
        die "no room" if @new > 4;
        seek $f, $at + 0x28, 0;
        print $f pack "v4V", $magic, scalar @new, $max, 0, 0;
        print $f pack "VvvV", $_->[0], $_->[1], 0, $_->[2] for @new;' bad "$at" "$2"
}

@test "the root of a hash tree has no names to lose" {
    local dir at
    cp "$GOOD.names.sum" "$BATS_TEST_TMPDIR/hashed"
    e2fsck -fyD "$BATS_TEST_TMPDIR/hashed" >/dev/null 2>&1 || [ $? -eq 1 ]
    bad "$BATS_TEST_TMPDIR/hashed"
    dir=$(inode_of bad /many)
    at=$(($(block_of bad /many) * 1024))
    poke bad $((at + 34)) "$(le16 124)"
    refused 3 "/many: inode $dir: directory block 0: hash tree: 124 entries with room for 123 of 123"
    kept "/many: directory block 0: hash tree: 124 entries with room for 123 of 123: the names from there on in this block are left out"
}

@test "names that are twice, directories with two names and in a circle" {
    local dir twice="the directory has the name 'hole' twice"
    bad
    record /long 8 68 6f 6c 65
    refused 3 "/: inode 2: $twice"
    kept -x /long "/: $twice: the second is left out"
    bad
    dir=$(inode_of bad /dir)
    local number=$dir
    record /fifo 0 "$(le32 "$number")"
    record /fifo 7 02
    lost -x /fifo "/fifo: inode $number: a directory with a second name"
    # /dir/sub/again is /dir, and /dir/sub itself.  (The root has a reserved number.)
    local path again
    for path in /dir /dir/sub; do
        bad
        number=$(inode_of bad $path)
        again=$(name_at bad "$(block_of bad /dir/sub)" again 1024)
        poke bad "$again" "$(le32 "$number")"
        poke bad $((again + 7)) 02
        lost -x again "/dir/sub/again: inode $number: a directory with a second name"
    done
    # One more name of a file that should have one only.
    bad
    number=$(inode_of bad /fifo)
    record file 0 "$(le32 "$number")"
    record file 7 05
    refused 3 "/fifo: inode $number: a second name, but a link count of 1"
    walk --keep-going -0 -o names bad
    expect 5 "ext4walk: bad: /fifo: inode $number: a second name, but a link count of 1: left out"
    ext4walk -0 -x /fifo "$GOOD" | cmp - names >&2
}

# ---- attributes ----

@test "attributes that are damaged are left out, their file is kept" {
    local left='attributes are left out' block at
    bad
    damage_inode /dir/file 0xa4 ff
    refused 3 "/dir/file: inode $ino: attributes in the inode: the table does not end within its 92 bytes"
    kept -a user.k "/dir/file: inode $ino: attributes in the inode: the table does not end within its 92 bytes: $left"
    bad
    damage_inode /dir/file 0xa4+2 f0 ff
    kept -a user.k "/dir/file: inode $ino: attributes in the inode: attribute 0: a value of 5 bytes at byte 65520 does not lie between bytes 24 and 92: $left"
    bad
    damage_inode /dir/file 0xa4 00 02
    damage_inode /dir/file 0xb4 00 00 00 00
    kept -a user.k "/dir/file: inode $ino: attributes in the inode: attribute 0: ACL of 5 bytes is not of version 1: $left"
    bad
    place /numbers
    block=$(number bad "$at+0x68" 4)
    poke bad $((block * 1024)) 01
    kept -a user.big "/numbers: inode $ino: attribute block $block: magic number 0xea020001, not 0xea020000: $left"
    bad
    damage_inode /numbers 0x68 00 10 00 00
    kept -a user.big "/numbers: inode $ino: attribute block 4096: outside the file system (4096 blocks): $left"
    # What is in the other place is kept.
    cp "$GOOD" "$BATS_TEST_TMPDIR/good"
    debugfs -w -R 'ea_set numbers user.small here' "$BATS_TEST_TMPDIR/good" >/dev/null 2>&1
    bad "$BATS_TEST_TMPDIR/good"
    ext4walk -n bad | tr '\0' '\n' | grep -qx 'xattr=user.small=68657265'
    place /numbers
    block=$(number bad "$at+0x68" 4)
    poke bad $((block * 1024 + 8)) 02
    kept -a user.big "/numbers: inode $ino: attribute block $block: 2 blocks, must be 1: $left"
}

@test "a directory that is the root has no other place: its '..' is lost alone" {
    bad
    poke bad $(($(block_of bad /) * 1024 + 12)) "$(le32 12)"
    refused 3 "/: inode 2: directory block 0, byte 12: '..' is inode 12, not 2"
    kept "/: directory block 0, byte 12: '..' is inode 12, not 2: this name is left out"
}

@test "a block of attributes that has more inodes than it counts" {
    local acl
    cp "$GOOD" "$BATS_TEST_TMPDIR/good"
    bad "$BATS_TEST_TMPDIR/good"
    place /numbers
    acl=$(number bad "$at+0x68" 4)
    poke bad $((acl * 1024 + 4)) "$(le32 1025)"
    refused 3 "/numbers: inode $ino: attribute block $acl: a reference count of 1025, more than 1024"
    poke bad $((acl * 1024 + 4)) "$(le32 1)"
    place /hole
    poke bad "$at+0x68" "$(le32 "$acl")"
    ino=$(inode_of bad /numbers)
    refused 3 "/numbers: inode $ino: attribute block $acl: inode number 2 that has it, but a reference count of 1"
    # With the right count both have them.
    poke bad $((acl * 1024 + 4)) "$(le32 2)"
    try ext4walk -n -o out bad
    expect 0
    [ "$(tr '\0' '\n' <out | grep -ac '^xattr=user.big=')" -eq 2 ]
}

@test "a file of which a cluster of the qcow2 image is lost" {
    local block table cluster lost
    cp -r "$BATS_FILE_TMPDIR/tree" tree
    perl -e 'print "line $_\n" for 1 .. 40000' >tree/big
    mkfs good 4M -t ext4 -b 1024 -O ^has_journal -d tree
    qemu-img convert -O qcow2 good bad.qcow2
    block=$(block_of good /big 200)
    table=$((0x$(peek bad.qcow2 40 8)))
    table=$((0x$(peek bad.qcow2 $table 8) & 0xfffffffffffe00))
    cluster=$((block >> 6))
    poke bad.qcow2 $((table + 8 * cluster)) 80000000ff000000
    lost="/big: the cluster of guest offset $(printf %#x $((cluster << 16))) lies at 0xff000000, past the end of the file ($(stat -c %s bad.qcow2) bytes): left out"
    try ext4walk --keep-going -o out bad.qcow2
    expect 5 "ext4walk: bad.qcow2: $lost"
    ext4walk -x /big -o want good
    same want out
    try ext4walk --keep-going -n -o out bad.qcow2
    expect 5 "ext4walk: bad.qcow2: $lost"
}

# ---- the whole ----

@test "many kinds of damage at once, from a file, a pipe and a qcow2 image" {
    local sums='checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+' image losses
    bad "$GOOD.names.sum"
    damage_inode /numbers 2 01
    damage_inode /fifo 2 01
    damage_inode /short 2 01
    damage_inode /dir/sub 2 01
    losses="ext4walk: IMAGE: /dir/sub: inode [0-9]+: $sums: left out
ext4walk: IMAGE: /fifo: inode [0-9]+: $sums: left out
ext4walk: IMAGE: /numbers: inode [0-9]+: $sums: left out
ext4walk: IMAGE: /short: inode [0-9]+: $sums: left out"
    qemu-img convert -O qcow2 bad bad.qcow2
    ext4walk -x /numbers -x /fifo -x /short -x sub -o want "$from"
    for image in bad bad.qcow2; do
        walk --keep-going -o out $image
        expect_like 5 "${losses//IMAGE/$image}"
        same want out
        rm out
    done
    try bash -c 'cat bad | ext4walk --keep-going -o out'
    expect_like 5 "${losses//IMAGE/standard input}"
    same want out
    # -q hides no loss, and lists leave out the same.
    walk --keep-going -q -0 -o names bad
    expect_like 5 "${losses//IMAGE/bad}"
    ext4walk -0 -x /numbers -x /fifo -x /short -x sub "$from" | cmp - names >&2
    # Standard output gets a manifest that is whole.
    try bash -c 'ext4walk --keep-going bad | cmp - want'
    expect_like 0 "${losses//IMAGE/bad}"
}
