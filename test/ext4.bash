# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034  # `status` and the like are bats's names
# What the tests of ext2, ext3 and ext4 share: trees to put into images, and images to put them in.

# A tree for mke2fs -d: every type that needs no mount, small.
small_tree() {
    local t=$1
    mkdir -p "$t/dir/sub"
    printf 'hello\n' >"$t/dir/file"
    seq 20000 >"$t/numbers"
    truncate -s 100000 "$t/hole"
    printf end >>"$t/hole"
    ln "$t/dir/file" "$t/dir/sub/again"
    ln -s dir/file "$t/short"
    ln -s "$(printf 'long/%.0s' {1..40})target" "$t/long"
    mkfifo "$t/fifo"
    chmod 4755 "$t/numbers"
    find "$t" -exec touch -h -d @1600000000 {} +
}

# What only a mounted file system can be given: needs root, and DIR on it.
full_tree() {
    local t=$1
    small_tree "$t"
    # Names of any byte, and enough of them for a hash tree; gaps where some were removed.
    mkdir "$t/names" && (
        cd "$t/names" || exit
        : >one
        perl -e 'link "one", sprintf "a-rather-long-name-%04d", $_ for 0 .. 5999'
        rm a-rather-long-name-[03]*
        touch $'new\nline' $'\xff\xfe' 'back\slash' 'sp ace' '=' "$(printf 'n%.0s' {1..255})"
        touch 'ab' 'a.b' 'a-b' && mkdir a && touch a/z
    )
    # Deep.
    mkdir -p "$t/deep$(printf '/d%.0s' {1..60})"
    # Every device number encoding, sockets, large owners, the setgid and sticky bits.
    mknod "$t/old" b 8 17
    mknod "$t/new" c 300 70000
    chown 70000:80000 "$t/new"
    chmod 3711 "$t/names"
    perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die' \
        "$t/socket"
    # Holes, blocks allocated but not written, blocks past the end, runs without number.
    printf x | dd of="$t/holes" bs=1 seek=5000000 conv=notrunc status=none
    printf x | dd of="$t/holes" bs=1 seek=70000000 conv=notrunc status=none
    printf x | dd of="$t/far" bs=1 seek=4500000000 conv=notrunc status=none
    fallocate -l 200000 "$t/unwritten" 2>/dev/null || truncate -s 200000 "$t/unwritten"
    printf data | dd of="$t/unwritten" bs=1 seek=100000 conv=notrunc status=none
    seq 3000 >"$t/past"
    fallocate -n -o 20000 -l 90000 "$t/past" 2>/dev/null || true
    dd if=/dev/zero of="$t/zeros" bs=4096 count=20 status=none
    perl -e 'open my $o, ">", $ARGV[0]; for (0..900) { seek $o, $_ * 8192, 0; print $o "run $_" }' \
        "$t/runs"
    # Attributes: in the inode, in a block, shared, empty, ACLs of both kinds.
    setfattr -n user.small -v value "$t/dir/file"
    setfattr -n user.empty "$t/dir/file"
    setfattr -n user.large -v "$(printf 'v%.0s' {1..700})" "$t/numbers"
    setfattr -n user.a=b -v 1 "$t/numbers"
    setfattr -n trusted.t -v 2 "$t/numbers"
    setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 "$t/numbers"
    setfattr -h -n trusted.link -v 3 "$t/short" "$t/long"
    setfacl -m u:1234:rw,g:70001:r,m::rw "$t/dir/file" "$t/dir/sub"
    setfacl -d -m u:4321:rwx "$t/dir/sub"
    # Times with nanoseconds, past 2038 and before 1970.
    touch -h -d @1700000000.123456789 "$t/short"
    touch -d @4000000000.999999999 "$t/dir"
    touch -d @8589934592 "$t/zeros"
    touch -d @-1 "$t/holes"
    touch -d @-2000000000.5 "$t/fifo"
}

# A smaller one for a mounted file system, and quickly made: all that full_tree has but the number of
# names.
lean_tree() {
    local t=$1
    perl - "$t" <<'PERL'
use strict;
use warnings FATAL => 'all';
use Socket;
chdir $ARGV[0] or die;

# file NAME, OFFSET, TEXT...: what is between is a hole.
sub file {
    my ($name, @parts) = @_;
    open my $f, '>', $name or die "$name: $!";
    while (my ($at, $text) = splice @parts, 0, 2) { seek $f, $at, 0; print $f $text }
    close $f or die "$name: $!";
}
sub hard { link $_[0], $_[1] or die "$_[1]: $!" }

mkdir $_ or die for 'dir', 'dir/sub', 'names', 'names/aa', 'names/directory';
file('dir/file', 0, "hello\n");
hard('dir/file', 'dir/sub/again');
file('numbers', 0, join '', map { "$_\n" } 1 .. 20000);
symlink 'dir/file', 'short' or die;
symlink 'long/' x 40 . 'target', 'long' or die;
# Every byte as a name, and the longest.
file('names/one');
hard('names/one', "names/$_") for map({ chr } grep { !/^(46|47)$/ } 1 .. 255), 'n' x 255, 'aa/z', 'aab', 'aa.b', 'aa-b';
for (1 .. 30) { mkdir 'deep'; chdir 'deep' or die }
chdir '../' x 30;
socket my $s, PF_UNIX, SOCK_STREAM, 0 or die;
bind $s, pack_sockaddr_un('socket') or die;
# Runs of data, zeros, and holes that reach past what the inode can map and past 2 GiB.
file('runs', map { $_ * 8192, "run $_" } 0 .. 60);
file('holes', 0, 'a', 300_000, 'b' x 5000, 70_000_000, 'c');
file('far', 2_200_000_000, 'far');
file('zeros', 0, "\0" x 50000);
file('unwritten', 200_000, "\n");
file('past', 0, 'x' x 10_000);
chown 70000, 4294967294, 'runs' or die;
chmod 04755, 'numbers' or die;
chmod 03711, 'names' or die;

open my $x, '>', '../attributes' or die;
print $x "# file: $_->[0]\n$_->[1]=\"" . 'v' x $_->[2] . "\"\n\n" for
    ['dir/file', 'user.small', 5], ['dir/file', 'user.empty', 0], ['numbers', 'user.large', 700],
    ['runs', 'user.large', 700], ['numbers', 'trusted.t', 3], ['dir', 'user.a\\075b', 20],
    ['long', 'trusted.link', 5], ['short', 'trusted.link', 400], ['numbers', 'security.s', 30];
open my $a, '>', '../acls' or die;
print $a "# file: dir/sub\nuser::rwx\nuser:1234:rw-\ngroup::r--\ngroup:70001:r--\nmask::rw-\nother::r--\n",
    "default:user::rwx\ndefault:user:4321:rwx\ndefault:group::---\ndefault:mask::rwx\ndefault:other::--x\n\n",
    "# file: dir/file\nuser::rw-\nuser:1234:rw-\ngroup::r--\nmask::rw-\nother::---\n\n";
PERL
    mkfifo "$t/fifo"
    mknod "$t/old" b 8 17
    mknod "$t/new" c 300 70000
    fallocate -o 50000 -l 100000 "$t/unwritten" 2>/dev/null || true
    fallocate -n -o 20000 -l 90000 "$t/past" 2>/dev/null || true
    (cd "$t" && setfattr -h --restore=../attributes && setfacl --restore=../acls)
    touch -h -d @1700000000.123456789 "$t/short" "$t/old"
    touch -d @4000000000.999999999 "$t/dir" "$t/numbers"
    touch -d @-2000000000.5 "$t/fifo" "$t/runs"
}

# mkfs IMAGE SIZE OPTION...: a file system that is the same each time it is made.
mkfs() {
    local image=$1 size=$2
    shift 2
    rm -f "$image"
    truncate -s "$size" "$image"
    E2FSPROGS_FAKE_TIME=1600000000 mke2fs -q -F -E hash_seed=e2f5e2f5-0000-4000-8000-00000000e2f5 \
        -U e2f5e2f5-0000-4000-8000-00000000e2f4 "$@" "$image"
}

# super_sum IMAGE: make the superblock's checksum right again, after a poke into it.
super_sum() {
    perl -e 'open my $f, "+<:raw", $ARGV[0] or die; seek $f, 1024, 0; read $f, my $s, 1020;
        my $c = 0xffffffff;
        for (unpack "C*", $s) { $c ^= $_; $c = $c & 1 ? $c >> 1 ^ 0x82f63b78 : $c >> 1 for 1..8 }
        seek $f, 2044, 0; print $f pack "V", $c' "$1"
}

# inode_at IMAGE INODE: the byte where it starts, as debugfs says.
inode_at() {
    local size
    size=$(dumpe2fs -h "$1" 2>/dev/null | sed -n 's/^Block size: *//p')
    debugfs -R "imap <$2>" "$1" 2>/dev/null |
        perl -ne "print \$1 * $size + hex \$2 if /located at block (\d+), offset (\S+)/"
}

# inode_of IMAGE PATH: its number.
inode_of() {
    debugfs -R "stat $2" "$1" 2>/dev/null | sed -n 's/^Inode: *\([0-9]*\) .*/\1/p'
}

# block_of IMAGE PATH [N]: which block its N-th block is in.
block_of() {
    debugfs -R "bmap $2 ${3-0}" "$1" 2>/dev/null
}

# name_at IMAGE BLOCK NAME SIZE: the byte where the record of a name starts in a directory's block.
name_at() {
    perl -e 'my ($image, $block, $name, $size) = @ARGV;
        open my $f, "<:raw", $image or die; seek $f, $block * $size, 0; read $f, my $b, $size;
        my $at = index $b, $name;
        die "no $name\n" if $at < 0; print $block * $size + $at - 8' "$@"
}

# For setup_file: the images that the tests start from, $GOOD and its like.
good_images() {
    need mke2fs debugfs e2fsck perl getfattr setfattr setfacl filefrag qemu-img
    export GOOD=$BATS_FILE_TMPDIR/good
    small_tree "$BATS_FILE_TMPDIR/tree"
    # Without checksums, so that damage is met by the check that it is made for.
    mkfs "$GOOD" 4M -t ext4 -b 1024 -O ^metadata_csum,^has_journal -d "$BATS_FILE_TMPDIR/tree"
    # With them.
    mkfs "$GOOD.sum" 4M -t ext4 -b 1024 -O ^has_journal -d "$BATS_FILE_TMPDIR/tree"
    # Indirect blocks.
    mkfs "$GOOD.ext2" 4M -t ext2 -b 1024 -d "$BATS_FILE_TMPDIR/tree"
    # Attributes in an inode, and in a block.
    printf 'v%.0s' {1..500} >"$BATS_FILE_TMPDIR/value"
    local image
    for image in "$GOOD" "$GOOD.sum"; do
        debugfs -w -f /dev/stdin "$image" >/dev/null 2>&1 <<-COMMANDS
	ea_set dir/file user.k value
	ea_set -f $BATS_FILE_TMPDIR/value numbers user.big
	COMMANDS
    done
}

# ---- the kernel as the judge, of images in the current directory ----

# filled IMAGE COMMAND...: mount it, run COMMAND with the directory as its last operand, unmount it.
filled() {
    local image=$1
    shift
    [ -d mnt ] || mkdir mnt
    mount -o loop "$image" mnt
    "$@" mnt
    umount mnt
}

# The tree of an image as the kernel shows it, in `listed`.
list_mounted() {
    [ -d mnt ] || mkdir mnt
    mount -o loop,ro "$1" mnt
    "$BATS_TEST_DIRNAME/tree-listing" -t directory mnt >listed
    umount mnt
}

# Nothing was said.
quiet() {
    [ ! -s messages ] || { cat messages >&2 && return 1; }
}

# Its tree as ext4walk shows it, without a word, in `tree.manifest` and `walked`, the files' data in `data`.
walk_quietly() {
    ext4walk --times=all "$1" >tree.manifest 2>messages || { cat messages >&2 && return 1; }
    quiet
    rm -rf data
    mkdir data
    "$BATS_TEST_DIRNAME/tree-listing" -t manifest data <tree.manifest >walked
}

# The manifest is the same if the image comes through a pipe.
same_from_pipe() {
    # shellcheck disable=SC2002  # a pipe is the point
    cat "$1" | ext4walk --times=all - 2>messages | same tree.manifest -
    quiet
}

# Nothing that is made here may be held against the reader.
checked() {
    e2fsck -fn "$1" >fsck 2>&1 || { cat fsck >&2 && return 1; }
}

# An image is clean, and walked as the kernel shows it: in every field, extent and byte.
same_as_mounted() {
    checked "$1"
    walk_quietly "$1"
    [ -d mnt ] || mkdir mnt
    mount -o loop,ro "$1" mnt
    "$BATS_TEST_DIRNAME/tree-listing" -t directory mnt data >listed
    umount mnt
    diff listed walked >&2
    same_from_pipe "$1"
}

# An image is clean, and its tree is still what was `listed` before something was done to it.
same_as_listed() {
    checked "$1"
    walk_quietly "$1"
    diff listed walked >&2
    same_from_pipe "$1"
}

# like_the_kernel TREE SIZE OPTION...: a new file system with this tree, made by the kernel.
like_the_kernel() {
    local tree=$1 size=$2
    shift 2
    need_root
    echo "mke2fs $*"
    mkfs image "$size" "$@"
    filled image "$tree"
    same_as_mounted image
}

# For teardown: a test that failed may have left something mounted.
unmounted() {
    if mountpoint -q mnt; then umount mnt; fi
}

# For setup: a directory of our own, since bats keeps files in its own.
own_directory() {
    mkdir "$BATS_TEST_TMPDIR/w" && cd "$BATS_TEST_TMPDIR/w"
}

# Every mode of damage is put into a copy of $from.
bad() {
    from=${1:-$GOOD}
    cp "$from" bad
}

# walk ARGUMENT...: try ext4walk, whose standard output does not matter.
walk() {
    try into "$BATS_TEST_TMPDIR/walk.out" ext4walk "$@"
}

# The image is refused with this status and text, and nothing is left behind.
refused() {
    walk -o out bad
    expect "$1" "ext4walk: bad: $2"
    left_behind . bad
}

# The same, where the text is an extended regular expression.
refused_like() {
    walk -o out bad
    expect_like "$1" "ext4walk: bad: $2"
    left_behind . bad
}
