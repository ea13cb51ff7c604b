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

# image NAME OPTION...: as small as mke2fs makes it, 64 blocks of 1 KiB.
image() {
    local name=$1
    shift
    truncate -s 64K "$work/image"
    mke2fs -q -F -b 1024 -N 32 -m 0 -U e2f5e2f5-0000-4000-8000-00000000e2f4 \
        -E hash_seed=e2f5e2f5-0000-4000-8000-00000000e2f5,nodiscard -d "$tree" "$@" "$work/image"
    debugfs -w -f /dev/stdin "$work/image" >/dev/null 2>&1 <<-COMMANDS
	ea_set f user.k value
	ea_set d user.big $(printf 'v%.0s' {1..150})
	COMMANDS
    cp "$work/image" "ext4/$name"
    rm "$work/image"
}
image extents -t ext4 -O ^has_journal,^metadata_csum,^resize_inode
image checksums -t ext4 -O ^has_journal,^resize_inode
image indirect -t ext2 -O ^resize_inode
image small-inodes -t ext2 -r 0 -I 128 -O none

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
