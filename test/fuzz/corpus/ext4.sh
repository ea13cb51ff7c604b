#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the seeds of the ext4 targets (with mke2fs and debugfs) in the directories beside it.
# Images that the fuzzer found are kept there as well, under names of their own.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export E2FSPROGS_FAKE_TIME=1600000000

tree=$work/tree
mkdir -p "$tree/d/e"
printf 'hello\n' >"$tree/f"
ln "$tree/f" "$tree/d/again"
ln -s f "$tree/s"
ln -s "$(printf 'long/%.0s' {1..20})" "$tree/t"
mkfifo "$tree/p"
perl -e 'open my $o, ">", $ARGV[0]; for (0..5) { seek $o, $_ * 2048, 0; print $o $_ }' "$tree/runs"

# files DIR OPTION...: $work/image, as small as mke2fs makes it, 64 blocks of 1 KiB.  mke2fs takes the
# times of the files, which differ each time.
files() {
    local from=$1
    shift
    rm -f "$work/image"
    truncate -s 64K "$work/image"
    mke2fs -q -F -b 1024 -N 32 -m 0 -U e2f5e2f5-0000-4000-8000-00000000e2f4 \
        -E hash_seed=e2f5e2f5-0000-4000-8000-00000000e2f5,nodiscard -d "$from" "$@" "$work/image" 2>/dev/null
    (cd "$from" && find . -mindepth 1 | sort | sed 's,^\.,,') |
        sed 's,.*,set_inode_field & atime 1600000000\nset_inode_field & ctime 1600000000\nset_inode_field & mtime 1600000000,' |
        debugfs -w -f /dev/stdin "$work/image" >/dev/null 2>&1
}

# image NAME OPTION...: of the tree.
image() {
    local name=$1
    shift
    files "$tree" "$@"
    debugfs -w -f /dev/stdin "$work/image" >/dev/null 2>&1 <<-COMMANDS
	ea_set f user.k value
	ea_set d user.big $(printf 'v%.0s' {1..150})
	COMMANDS
    cp "$work/image" "ext4/$name"
}
image extents -t ext4 -O ^has_journal,^metadata_csum,^resize_inode
image checksums -t ext4 -O ^has_journal,^resize_inode
image indirect -t ext2 -O ^resize_inode
image small-inodes -t ext2 -r 0 -I 128 -O none
# As the first byte says: through a pipe, a part, with damage passed by.
image inline -t ext4 -O inline_data,ea_inode,^has_journal,^resize_inode,^flex_bg
image cluster -t ext4 -C 2048 -O bigalloc,^has_journal,^resize_inode,^metadata_csum
image meta-bg -t ext4 -O meta_bg,^flex_bg,^has_journal,^resize_inode
first() { # NAME BYTE
    printf '%b' "\\x$2" | dd of="ext4/$1" bs=1 conv=notrunc status=none
}
first inline 0c
first cluster 08
first meta-bg 0b

# Directories: kind, then blocks; checksums start from 0 there, and the inode is 2, generation 0.
root=$(debugfs -R 'bmap / 0' ext4/extents 2>/dev/null)
{
    printf '\x00'
    dd if=ext4/extents bs=1024 skip="$root" count=1 status=none
} >ext4_dir/root

# sum END [AT]: 1 KiB from standard input with its checksum: over the bytes up to END and, in a hash
# tree, the four at AT and four zeros, put at AT + 4; of other blocks put at END + 8.
sum() {
    perl -e 'binmode $_ for *STDIN, *STDOUT;
        sub crc { my ($c, $b) = @_;
            for (unpack "C*", $b) { $c ^= $_; $c = $c & 1 ? $c >> 1 ^ 0x82f63b78 : $c >> 1 for 1..8 }
            $c }
        my ($end, $at) = @ARGV;
        read STDIN, my $b, 1024;
        my $c = crc(0, pack("VV", 2, 0) . substr $b, 0, $end);
        $c = crc($c, substr($b, $at, 4) . "\0\0\0\0") if defined $at;
        substr($b, defined $at ? $at + 4 : $end + 8, 4) = pack "V", $c;
        print $b' "$@"
}

# The first two blocks of a large directory: the root of a hash tree with its entries, 8 bytes each
# after 32, and room for 123 of them; then a block of names, its checksum in its last 12 bytes.
mkdir "$work/many"
(cd "$work/many" && touch name-{001..200})
rm -f "$work/image"
truncate -s 512K "$work/image"
mke2fs -q -F -t ext4 -b 1024 -N 256 -O ^has_journal,^resize_inode -d "$work/many" \
    -U e2f5e2f5-0000-4000-8000-00000000e2f4 -E hash_seed=e2f5e2f5-0000-4000-8000-00000000e2f5 \
    "$work/image"
e2fsck -fyD "$work/image" >/dev/null 2>&1 || true # 1: it was changed
count=$(debugfs -R 'htree_dump /' "$work/image" 2>/dev/null | sed -n 's/.*(count): //p')
directory_block() { # N
    dd if="$work/image" bs=1024 skip="$(debugfs -R "bmap / $1" "$work/image" 2>/dev/null)" \
        count=1 status=none
}
{
    printf '\x03'
    directory_block 0 | sum $((32 + 8 * count)) $((32 + 8 * 123))
    directory_block 1 | sum 1012
} >ext4_dir/hashed

# Attributes: in the inode after 128 + 32 + 4 bytes; in a block after 32.
node=$(debugfs -R 'imap f' ext4/extents 2>/dev/null |
    perl -ne 'print $1 * 1024 + hex $2 if /block (\d+), offset (\S+)/')
dd if=ext4/extents bs=1 skip=$((node + 164)) count=92 status=none >ext4_xattr/inode
# An ACL of version 1: user, a named user, group, mask, other.
{
    printf '\x00\x02\x10\x00\x00\x00\x00\x00\x1c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00'
    printf '\x01\x00\x00\x00\x01\x00\x06\x00\x02\x00\x04\x00\xe8\x03\x00\x00'
    printf '\x04\x00\x04\x00\x10\x00\x04\x00\x20\x00\x04\x00'
} >ext4_xattr/acl

# Block maps: kind, size, i_block, then blocks 1 and up.
block() { # HEX: 1 KiB that starts so
    printf '%b' "$(tr -d ' \n' <<<"$1" | sed 's/../\\x&/g')" >"$work/block"
    truncate -s 1024 "$work/block"
    cat "$work/block"
}
{
    # A root of depth 1 with two leaves: blocks 1 and 2; they point at blocks 3 to 6, one unwritten.
    printf '\x01\x00\x80\x00\x00\x00\x00\x00\x00'
    block '0af3 0200 0400 0100 00000000 00000000 01000000 00000000 10000000 02000000' |
        head -c 60
    block '0af3 0200 5400 0000 00000000 00000000 0100 0000 03000000 02000000 0180 0000 04000000'
    block '0af3 0100 5400 0000 00000000 10000000 0200 0000 05000000'
    block '' && block '' && block '' && block ''
} >ext4_map/extents
{
    # Direct block 2, indirect block 1, double indirect block 3.
    printf '\x00\x00\x00\x08\x00\x00\x00\x00\x00'
    block '02000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
           00000000 00000000 00000000 01000000 03000000 00000000' | head -c 60
    block '05000000 06000000 00000000 02000000'
    block ''
    block '00000000 04000000'
    block '05000000'
    block '' && block ''
} >ext4_map/indirect

# Journals: whether there are holes, the place of the blocks in the log, 256 bytes of the superblock,
# then the blocks.  The file system of the target has 1300 blocks; those of the log are elsewhere.
truncate -s 3M "$work/image"
mke2fs -q -F -t ext4 -b 1024 -N 64 -J size=1 -O ^resize_inode,^metadata_csum \
    -U e2f5e2f5-0000-4000-8000-00000000e2f4 -E hash_seed=e2f5e2f5-0000-4000-8000-00000000e2f5,nodiscard \
    "$work/image"
seq 0 1023 | sed 's/^/bmap <8> /' | debugfs -f - "$work/image" 2>/dev/null | grep -v bmap >"$work/map"
mapfile -t where <"$work/map"

# journal NAME KIND START COUNT KEY=VALUE... <SCRIPT: see test/jbd2-write; COUNT blocks of the log.
journal() {
    local name=$1 kind=$2 start=$3 count=$4 i
    shift 4
    cp "$work/image" "$work/dirty"
    ../../jbd2-write "$work/dirty" "map=$work/map" "start=$start" sequence=7 "$@"
    {
        printf '%b' "\\x0$kind\\x$(printf %02x $(((start - 1) & 255)))\\x$(printf %02x $(((start - 1) >> 8)))"
        dd if="$work/dirty" bs=1024 skip="${where[0]}" count=1 status=none | head -c 256
        for ((i = 0; i < count; i++)); do
            dd if="$work/dirty" bs=1024 skip="${where[1 + (start - 1 + i) % 1023]}" count=1 status=none
        done
    } >"ext4_journal/$name"
}

story='
desc 100 101:e 102:z
revoke 103
commit
desc 103 104:u 100
desc 105
commit
revoke 101 105
desc 106
commit'
mkdir -p ext4_journal
journal plain 0 1 18 features=revoke <<<"$story"
journal wide 0 1 18 features=revoke,64bit <<<"$story"
journal checksum-1 0 1020 18 features=revoke,checksum,async <<<"$story"
journal checksum-2 0 1018 18 features=revoke,64bit,v2 <<<"$story"
journal checksum-3 0 1 18 features=revoke,v3 <<<"$story"
journal holes 1 38 18 features=revoke,v3 <<<"$story"
journal old-format 0 1 6 features= type=3 <<-SCRIPT
	desc 100 101:e
	commit
SCRIPT
journal super 2 1 3 features=v3 <<-SCRIPT
	desc 1
	commit
SCRIPT
journal outside 0 1 5 features=revoke,64bit <<-SCRIPT
	desc 1300 100:h
	revoke 5000
	commit
SCRIPT
journal not-committed 0 1 9 features=revoke,v3,async <<-SCRIPT
	desc 100
	commit
	desc 101
	commit sum=wrong
	desc 102
SCRIPT
journal stale 0 1 7 features=revoke,v3 <<-SCRIPT
	desc 100
	commit
	desc sum=wrong 101
	commit sec=1500000000
SCRIPT
journal revokes 0 1 5 features=revoke,64bit,v2 <<-SCRIPT
	desc 100 101
	revoke bytes=1020 100
	commit
SCRIPT

# Superblocks with descriptors: kind, then so much of an image from its byte 1024 on.
super() { # NAME KIND KIB OPTION...
    local name=$1 kind=$2 kib=$3
    shift 3
    rm -f "$work/image"
    truncate -s 64M "$work/image"
    mke2fs -q -F -m 0 -U e2f5e2f5-0000-4000-8000-00000000e2f4 -O ^has_journal,^resize_inode \
        -E hash_seed=e2f5e2f5-0000-4000-8000-00000000e2f5,lazy_itable_init=1 "$@" "$work/image" 2>/dev/null
    {
        printf '%b' "\\x$kind"
        tail -c +1025 "$work/image" | head -c "$((kib * 1024))"
    } >"ext4_super/$name"
}
mkdir -p ext4_super ext4_inode
super plain 00 2 -t ext2 -b 1024
super checksums 00 2 -t ext4 -b 1024
super uninit 01 2 -t ext4 -b 1024 -O ^metadata_csum,uninit_bg
super cluster 02 3 -t ext4 -b 1024 -C 4096 -O bigalloc
super blocks-4096 00 7 -t ext4 -b 4096
super revision-0 00 2 -t ext2 -r 0 -b 1024 -O none
# 16 descriptors in a block: those of groups 16 and up are in group 16, from block 4097 on, and a copy
# is in group 17.  As much of the image is made smaller by what is not read.
super meta 03 2 -t ext4 -b 1024 -g 256 -N 2048 -O meta_bg,^flex_bg

# Inodes: kind, then an image from block 5 on, where its inode table starts.
inodes() { # NAME KIND
    {
        printf '%b' "\\x$2"
        tail -c +$((5 * 1024 + 1)) "$work/image"
    } >"ext4_inode/$1"
    [ "$(debugfs -R 'imap <1>' "$work/image" 2>/dev/null | sed -n 's/.*located at block \([0-9]*\),.*/\1/p')" = 5 ]
}
mkdir "$work/inline" "$work/inline/few"
printf 'x\n' >"$work/inline/two"
seq 40 >"$work/inline/rest"
touch "$work/inline/few/aa" "$work/inline/few/bb"
ln -s "$(printf 'x/%.0s' {1..40})" "$work/inline/link"
files "$work/inline" -t ext4 -O inline_data,^has_journal,^resize_inode,^flex_bg
inodes inline 00
files "$tree" -t ext4 -O ea_inode,^has_journal,^resize_inode,^flex_bg,^metadata_csum
printf 'v%.0s' {1..1000} >"$work/value"
debugfs -w -f /dev/stdin "$work/image" >/dev/null 2>&1 <<-COMMANDS
	ea_set -f $work/value f user.long
	ea_set d user.big $(printf 'v%.0s' {1..300})
	ea_set s trusted.small value
	COMMANDS
inodes values 04
files "$tree" -t ext2 -O ^resize_inode -I 256
inodes indirect 05

# Records in an inode: of the directory in the image above, to which one is added in an attribute, in 36
# bytes from byte 56 on after the 164 that are fixed; its parent must be 2.
files "$work/inline" -t ext4 -O inline_data,^has_journal,^resize_inode,^flex_bg,^metadata_csum
node=$(debugfs -R 'imap few' "$work/image" 2>/dev/null |
    perl -ne 'print $1 * 1024 + hex $2 if /block (\d+), offset (\S+)/')
perl -e 'open my $f, "<:raw", $ARGV[0] or die; seek $f, $ARGV[1], 0; read $f, my $inode, 256;
    substr($inode, 164 + 2, 2) = pack "v", 56;
    substr($inode, 164 + 8, 4) = pack "V", 36;
    substr($inode, 164 + 56, 36) = pack "VvCCa4 VvCCx16", 12, 12, 2, 1, "cc", 0, 24, 0, 0;
    binmode STDOUT; print "\x08", $inode' "$work/image" "$node" >ext4_dir/inline
