# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2002,SC2016,SC2030,SC2031,SC2154  # pipes are the point; each test is a subshell of its own; helpers set variables
# ext4walk from a pipe: what the file system does not use takes no room and is not waited for.

load helper
load ext4
load ext4_damage

setup_file() {
    need mke2fs debugfs dumpe2fs perl sfdisk
    small_tree "$BATS_FILE_TMPDIR/tree"
    head -c 1048576 /dev/urandom >"$BATS_FILE_TMPDIR/tree/big"
    touch -d @1600000000 "$BATS_FILE_TMPDIR/tree/big"
}

setup() {
    own_directory
    mkdir "$BATS_TEST_TMPDIR/spool"
    spool=$BATS_TEST_TMPDIR/spool
}

teardown() {
    if mountpoint -q "$BATS_TEST_TMPDIR/spool"; then umount "$BATS_TEST_TMPDIR/spool"; fi
}

# image SIZE OPTION...: a file system with the tree, ./image, in which every block that is not used is
# full of junk.  $room KiB is what the 64 KiB units with a used block take without their zeros, $end
# the byte where the last of the used blocks ends, $size the file system's size.
image() {
    mkfs image "$@" -d "$BATS_FILE_TMPDIR/tree" 2>/dev/null
    junk image
}

junk() {
    read -r room end size < <(perl -e 'my ($image) = @ARGV; my ($block, $count, @free);
        my $ratio = 1; # of a range of clusters the first block of the last one is told
        open my $dump, "-|", "dumpe2fs $image 2>/dev/null" or die;
        while (<$dump>) {
            $block = $1 if /^Block size:\s*(\d+)/;
            $count = $1 if /^Block count:\s*(\d+)/;
            $ratio = $1 / $block if /^Cluster size:\s*(\d+)/;
            push @free, split /, /, $1 if /^  Free blocks: (\S.*)/;
        }
        die unless @free;
        open my $f, "+<:raw", $image or die;
        open my $random, "<:raw", "/dev/urandom" or die;
        my $used = "u" x $count;
        for (@free) {
            my ($from, $to) = /^(\d+)-(\d+)$/ ? ($1, $2) : ($_, $_);
            $to += $ratio - 1;
            $to = $count - 1 if $to >= $count;
            my $left = ($to - $from + 1) * $block;
            substr($used, $from, $to - $from + 1) = "f" x ($to - $from + 1);
            sysseek $f, $from * $block, 0;
            while ($left > 0) {
                my $got = sysread $random, my $bytes, $left < 1 << 20 ? $left : 1 << 20;
                syswrite $f, $bytes;
                $left -= $got;
            }
        }
        my ($unit, $pages) = (65536 / $block, 0);
        for (my $i = 0; $i < $count; $i += $unit) {
            next unless substr($used, $i, $unit) =~ /u/;
            sysseek $f, $i * $block, 0;
            sysread $f, my $bytes, 65536;
            $pages += grep { /[^\0]/ } unpack "(a4096)*", $bytes;
        }
        print $pages * 4, " ", (rindex($used, "u") + 1) * $block, " ", $count * $block, "\n"' "$1")
}

# small_spool KIB: so much room for what a pipe brings.
small_spool() {
    need_root
    mount -t tmpfs -o "size=$1K" spool "$spool"
}

# counted FILE COMMAND...: a command with a file on a pipe to it; $count is how many bytes of it went
# into the pipe before its reader closed that.
counted() {
    local file=$1 writer='$SIG{PIPE} = "IGNORE"; my $count = 0;
        while (sysread STDIN, my $bytes, 65536) {
            my $n = syswrite STDOUT, $bytes;
            last unless defined $n;
            $count += $n;
            last if $n < length $bytes;
        }
        open my $f, ">", "../count" or die; print $f $count'
    shift
    try bash -c 'file=$1 writer=$2; shift 2; perl -e "$writer" <"$file" | "$@"' - "$file" "$writer" "$@"
    count=$(<../count)
}

# The same bytes come as from the file, in no more room than what is used takes, and the pipe is
# closed once the last used block has come: what is in it then is at most the rest of a unit, and
# what a pipe holds.
without_waste() {
    image "$@"
    ext4walk -q -o want image
    # There is something to be saved; the first units have come before the bitmaps.
    [ $((size / 1024 - room)) -gt 10000 ]
    small_spool $((room + 128))
    TMPDIR=$spool counted image ext4walk -q -o out
    expect 0
    same want out
    [ "$count" -le $(((end + 65535) / 65536 * 65536 + 65536)) ]
    left_behind "$spool"
    TMPDIR=$spool try bash -c 'cat image | ext4cat - big dir/file | cmp - <(cat "$1"/{big,dir/file})' - "$BATS_FILE_TMPDIR/tree"
    expect 0
}

@test "junk in ext4 as it is made by default" {
    without_waste 24M -t ext4 -b 1024
}

@test "junk in ext4 of many groups, whose bitmaps lie together" {
    without_waste 24M -t ext4 -b 1024 -g 1024
}

@test "junk in ext4 of many groups, without metadata_csum" {
    without_waste 24M -t ext4 -b 1024 -g 1024 -O ^metadata_csum
}

@test "junk in ext4 of many groups, without flex_bg" {
    without_waste 24M -t ext4 -b 1024 -g 1024 -N 768 -O ^flex_bg
}

@test "junk in ext4 without metadata_csum and flex_bg" {
    without_waste 24M -t ext4 -b 1024 -g 2048 -O ^metadata_csum,^flex_bg,uninit_bg
}

@test "junk in ext4 with meta_bg and sparse_super2" {
    without_waste 24M -t ext4 -b 1024 -g 1024 -N 768 -O meta_bg,^resize_inode,^flex_bg
    umount "$spool"
    without_waste 24M -t ext4 -b 1024 -g 1024 -O sparse_super2,meta_bg,^resize_inode
}

@test "junk in ext4 with bigalloc" {
    without_waste 24M -t ext4 -b 1024 -C 4096 -O bigalloc,^has_journal
}

# Groups with copies of the superblock whose bitmaps were never written: what else is in them is junk.
@test "junk in ext4 with bigalloc, of several groups, without flex_bg" {
    without_waste 80M -t ext4 -b 1024 -C 4096 -g 4096 -N 512 -O bigalloc,^flex_bg
    dumpe2fs image 2>/dev/null | grep -A1 BLOCK_UNINIT | grep -q 'Backup superblock'
}

@test "junk in ext4 with blocks of 4 and of 64 KiB" {
    without_waste 32M -t ext4 -b 4096 -O ^has_journal
    umount "$spool"
    without_waste 32M -t ext4 -b 65536 -O ^has_journal
}

@test "junk in ext2 and ext3" {
    without_waste 24M -t ext2 -b 1024
    umount "$spool"
    without_waste 24M -t ext2 -r 0 -b 1024 -O none
    umount "$spool"
    without_waste 24M -t ext3 -b 4096
}

# Descriptors, and the copy that --keep-going takes, that lie in units of their own, in groups whose
# bitmaps were never written.
@test "descriptors with meta_bg in groups without a bitmap" {
    local number inode
    mkfs image 1200M -t ext4 -b 65536 -g 256 -N 2000 -E desc_size=1024 -d "$BATS_FILE_TMPDIR/tree" \
        -O 64bit,meta_bg,^resize_inode,^flex_bg,^has_journal,^metadata_csum,uninit_bg 2>/dev/null
    dumpe2fs image 2>/dev/null | grep -A3 '^Group 64: .*BLOCK_UNINIT' | grep -q 'Group descriptor at 16384'
    # The first inode of group 64 becomes that of /fifo: its table is in block 16387.
    number=$(dumpe2fs -h image 2>/dev/null | sed -n 's/^Inodes per group: *//p')
    number=$((64 * number + 1))
    inode=$(peek image "$(inode_at image "$(inode_of image /fifo)")" 128)
    poke image "$(inode_at image $number)" "$inode"
    poke image "$(name_at image "$(block_of image /)" fifo 65536)" "$(le32 $number)"
    ext4walk -o want image
    try bash -c 'cat image | ext4walk -o out'
    expect 0
    same want out
    poke image $((16384 * 65536 + 0x10)) 77
    try bash -c 'cat image | ext4walk --keep-going -o out'
    expect_like 5 'ext4walk: standard input: group descriptor 64: checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+: using the backup in block 16640'
    same want out
}

# ---- where the reading ends ----

# cut BYTES TEXT: the stream that ends with the last used block is as good as the whole; with that many
# bytes less it is refused with this text.
cut() {
    ext4walk -q -o want image
    try bash -c 'head -c "$1" image | ext4walk -q -o out' - "$end"
    expect 0
    same want out
    rm out
    try bash -c 'head -c "$1" image | ext4walk -q -o out' - $((end - $1))
    expect 3 "ext4walk: standard input: $2, but the input ends at $((end - $1))"
    left_behind . image want
}

@test "a stream that ends with the last used block is whole, one byte less is not" {
    # A copy of descriptors, or room for them, that nobody reads.
    image 24M -t ext4 -b 1024 -g 2048 -O ^metadata_csum
    dumpe2fs image 2>/dev/null | grep -q "Reserved GDT blocks at .*-$((end / 1024 - 1))$"
    cut 1 "the file system needs bytes 0 to $end"
    # A file's data.
    mkfs image 8M -t ext4 -b 1024 -O ^has_journal -d "$BATS_FILE_TMPDIR/tree"
    head -c 3000 /dev/urandom >last
    debugfs -w -R 'write last zzz' image >/dev/null 2>&1
    junk image
    rm last
    [ "$(block_of image /zzz 2)" = $((end / 1024 - 1)) ]
    # Of its last block 952 bytes are the file's.
    cut 1 "the file system needs bytes 0 to $end"
    cut 72 "the file system needs bytes 0 to $end"
    cut 73 "/zzz: a read needs bytes $((end - 3072)) to $((end - 72))"
    # A block of attributes.
    printf 'v%.0s' {1..500} >value
    debugfs -w -R 'ea_set -f value zzz user.big' image >/dev/null 2>&1
    junk image
    rm value
    local ino
    ino=$(inode_of image /zzz)
    cut 1 "/zzz: inode $ino: attribute block $((end / 1024 - 1)): a read needs bytes $((end - 1024)) to $end"
}

@test "what follows the file system is not read" {
    image 8M -t ext4 -b 1024
    ext4walk -o want image
    head -c 20M /dev/urandom >>image
    small_spool $((room + 128))
    TMPDIR=$spool counted image ext4walk -o out
    expect 0
    same want out
    [ "$count" -le $((end + 2 * 65536)) ]
}

@test "for parts of a tree no more is read than they need" {
    local last
    image 24M -t ext4 -b 1024
    last=$(($(block_of image /dir/sub) * 1024))
    [ "$last" -lt $((end - 10 * 1048576)) ]
    counted image ext4walk -0 -o out - /dir
    expect 0
    [ "$count" -le $((last + 2 * 65536)) ]
    # All there is but what is excluded may be anywhere.
    counted image ext4walk -0 -x /none -o out
    expect 0
    [ "$count" -ge $((end - 65536)) ]
}

# ---- partitions ----

# A disk whose first partition is full of junk; the second, from this sector on, has the file system,
# and the third is full of junk, too.
disk() {
    local start=$1
    truncate -s 64M disk
    printf '%s\n' 'label: gpt' 'start=2048, size=32768' "start=$start, size=49152" 'start=102400, size=24576' |
        sfdisk -q disk
    image 24M -t ext4 -b 1024
    dd if=/dev/urandom of=disk bs=1M seek=1 count=16 conv=notrunc status=none
    dd if=image of=disk bs=512 seek="$start" conv=notrunc status=none
    dd if=/dev/urandom of=disk bs=1M seek=50 count=12 conv=notrunc status=none
}

@test "junk in other partitions, and in that of the file system" {
    local start
    small_spool 8192
    # The second start is at no 4 KiB, nor at 64.
    for start in 34816 34819; do
        disk $start
        [ $((room + 512)) -lt 8192 ]
        mount -o "remount,size=$((room + 512))K" "$spool"
        ext4walk -q -o want image
        TMPDIR=$spool counted disk ext4walk -p 2 -o out
        expect 0
        same want out
        [ "$count" -le $((start * 512 + (end + 65535) / 65536 * 65536 + 65536)) ]
        TMPDIR=$spool try bash -c 'cat disk | ext4cat -p 2 - big | cmp - "$1"' - "$BATS_FILE_TMPDIR/tree/big"
        expect 0
    done
    try bash -c 'cat disk | ext4walk -p 1'
    expect_like 3 'ext4walk: standard input: partition 1: no ext2, ext3 or ext4 file system: .*'
}

# ---- bitmaps that are wrong ----

# free_big IMAGE: the bitmaps say that the blocks of /big are not used; $start is its first.
free_big() {
    start=$(block_of "$1" /big)
    [ "$(block_of "$1" /big 1023)" = $((start + 1023)) ]
    debugfs -w -R "freeb $start 1024" "$1" >/dev/null 2>&1
}

@test "bad-ext4-bitmap-free: what a file needs, and the bitmaps show unused, is damage" {
    local start needed options unit=64
    for options in '' '^metadata_csum'; do
        mkfs image 24M -t ext4 -b 1024 -O "^has_journal${options:+,$options}" -d "$BATS_FILE_TMPDIR/tree"
        free_big image
        # Units are kept or not: the first without any used block.
        needed=$(((start + unit - 1) / unit * unit))
        local text="/big: byte $((needed * 1024)) of the pipe is needed, but it was not kept: what was read before says that it is not in use"
        try bash -c 'cat image | ext4walk -o out'
        expect 3 "ext4walk: standard input: $text"
        left_behind . image
        # Whoever keeps going trusts no bitmap.
        try bash -c 'cat image | ext4walk --keep-going -o out'
        expect 0
        ext4walk image | cmp - out >&2
        rm out
        # What has come before is no other than it should be.
        try bash -c 'cat image | ext4walk >out'
        [ "$status" -eq 3 ]
        ext4walk image | cmp -n "$(stat -c %s out)" - out >&2
        rm out
        try bash -c 'cat image | ext4cat - big'
        expect_like 3 "ext4cat: standard input: .*byte $((needed * 1024)) of the pipe is needed, but it was not kept: what was read before says that it is not in use"
        # From a file nothing is amiss, and the names are there from a pipe.
        try ext4walk -o out image
        expect 0
        rm out
        try bash -c 'cat image | ext4walk -n -o out'
        expect 0
        rm out
    done
}

@test "bad-ext4-bitmap-free in a partition: the byte is the pipe's" {
    local start needed
    mkfs image 24M -t ext4 -b 1024 -O ^has_journal -d "$BATS_FILE_TMPDIR/tree"
    free_big image
    truncate -s 32M disk
    printf '%s\n' 'label: gpt' 'start=2048, size=49152' | sfdisk -q disk
    dd if=image of=disk bs=1M seek=1 conv=notrunc status=none
    needed=$(((start + 63) / 64 * 64 * 1024))
    try bash -c 'cat disk | ext4walk -p 1 -o out'
    expect 3 "ext4walk: standard input: partition 1: /big: byte $((needed + 1048576)) of the pipe is needed, but it was not kept: what was read before says that it is not in use"
    left_behind . image disk
}

@test "bad-ext4-bitmap-free for metadata: an inode table, with and without --keep-going" {
    # Blocks of 64 KiB are units, and the table of group 0 is one.
    mkfs image 32M -t ext4 -b 65536 -O ^has_journal -d "$BATS_FILE_TMPDIR/tree" 2>/dev/null
    local at=$(($(inode_at image 2) / 65536)) text
    debugfs -w -R "freeb $at" image >/dev/null 2>&1
    text="/: inode 2: byte $((at * 65536)) of the pipe is needed, but it was not kept: what was read before says that it is not in use"
    try bash -c 'cat image | ext4walk -o out'
    expect 3 "ext4walk: standard input: $text"
    left_behind . image
    # A directory's block.
    mkfs image 32M -t ext4 -b 65536 -O ^has_journal -d "$BATS_FILE_TMPDIR/tree" 2>/dev/null
    at=$(block_of image /dir/sub)
    debugfs -w -R "freeb $at" image >/dev/null 2>&1
    text="byte $((at * 65536)) of the pipe is needed, but it was not kept: what was read before says that it is not in use"
    try bash -c 'cat image | ext4walk -o out'
    expect_like 3 "ext4walk: standard input: /dir/sub: inode [0-9]+: $text"
    try bash -c 'cat image | ext4walk --keep-going -o out'
    expect 0
    ext4walk -o want image
    same want out
}

# keeps_all TEXT [WHERE]: with room for what is used only, there is no room; with enough there is, and
# the bytes are those from the file.  TEXT is told either way, but if WHERE it is that room lacks.
keeps_all() {
    local text=${1:+ext4walk: standard input: $1} early
    early=${text:+$text
}
    ext4walk -q -o want image
    small_spool $((room + 256))
    TMPDIR=$spool try bash -c 'cat image | ext4walk -o out'
    [ $# -lt 2 ] || early=
    expect 1 "${early}ext4walk: standard input: ${2+$2: }cannot keep the input in a temporary file: No space left on device"
    left_behind . image want
    mount -o remount,size=40M "$spool"
    TMPDIR=$spool try bash -c 'cat image | ext4walk -o out'
    expect 0 "$text"
    same want out
    rm out
    umount "$spool"
}

@test "a bitmap whose checksum is wrong: all of its group is kept" {
    local bitmap
    image 24M -t ext4 -b 1024 -O ^has_journal
    bitmap=$(dumpe2fs image 2>/dev/null | sed -n '/^Group 0:/,/^Group 1:/s/^ *Block bitmap at \([0-9]*\).*/\1/p')
    poke image $((bitmap * 1024 + 1000)) 55
    keeps_all ''
    # As much as that group, and no more.
    small_spool $((room + 8192 + 256))
    TMPDIR=$spool try bash -c 'cat image | ext4walk -o out'
    expect 0
    same want out
    # If checksums are not to be looked at, the bitmap is believed.
    TMPDIR=$spool try bash -c 'cat image | ext4walk --no-verify -o out'
    expect 0
    same want out
}

@test "a bitmap in the last group whose checksum is wrong: the end is that of the group" {
    local bitmap groups
    image 24M -t ext4 -b 1024 -O ^has_journal
    groups=$(dumpe2fs image 2>/dev/null | grep -c '^Group [0-9]*:')
    bitmap=$(dumpe2fs image 2>/dev/null | sed -n "/^Group $((groups - 1)):/,\$s/^ *Block bitmap at \([0-9]*\).*/\1/p")
    poke image $((bitmap * 1024 + 1000)) 55
    ext4walk -o want image
    counted image ext4walk -o out
    expect 0
    same want out
    [ "$count" -eq "$size" ]
    end=$size
    cut 1 "the file system needs bytes 0 to $size"
}

@test "a journal to replay, an unclean end, errors: everything is kept" {
    local was_not='the file system was not cleanly unmounted and has no journal to replay'
    image 24M -t ext2 -b 1024
    poke image 1024+0x3a 00 00
    keeps_all "$was_not"
    poke image 1024+0x3a 03 00
    keeps_all 'the file system is marked as having errors'
    poke image 1024+0x3a 01 00
    image 24M -t ext4 -b 1024 -O ^metadata_csum
    poke image 1024+0x60 "$(printf %02x $((0x$(peek image 1024+0x60 1) | 4)))"
    keeps_all 'the journal was replayed in memory: 0 transactions, 0 blocks' journal
    small_spool $((room + 256))
    TMPDIR=$spool try bash -c 'cat image | ext4walk --journal=ignore -o out'
    expect 1 "ext4walk: standard input: the journal is not replayed: the tree may be an old one, or none
ext4walk: standard input: cannot keep the input in a temporary file: No space left on device"
}

@test "a damaged superblock, whose copy does not say how the file system was left: everything is kept" {
    image 24M -t ext4 -b 1024 -O ^has_journal,^metadata_csum
    ext4walk -o want image
    poke image 1080 00 00
    # All up to that copy is kept anyway.
    small_spool $((8192 + room + 256))
    TMPDIR=$spool try bash -c 'cat image | ext4walk --keep-going -o out'
    expect_like 1 'ext4walk: standard input: .*: using the backup at block 8193
ext4walk: standard input: cannot keep the input in a temporary file: No space left on device'
    mount -o remount,size=40M "$spool"
    TMPDIR=$spool try bash -c 'cat image | ext4walk --keep-going -o out'
    expect_like 5 'ext4walk: standard input: .*: using the backup at block 8193'
    same want out
}

@test "a temporary directory that is none" {
    image 8M -t ext4 -b 1024
    TMPDIR=$PWD/none try bash -c 'cat image | ext4walk -o out'
    expect 1 "ext4walk: $PWD/none: cannot create a temporary file: No such file or directory"
    left_behind . image
}
