#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2030,SC2031  # each test is a subshell of its own
# File systems with every feature that mke2fs makes, alone and together: ext4walk shows what the
# kernel does, or debugfs where this kernel mounts no such thing.

load helper
load ext4

setup_file() {
    need mke2fs tune2fs resize2fs debugfs dumpe2fs e2fsck perl python3 getfattr setfattr setfacl \
        filefrag fallocate losetup
}

setup() {
    need_root
    own_directory
}

teardown() {
    unmounted
    if mountpoint -q source.mnt; then umount source.mnt; fi
    if [ -n "${journal-}" ]; then losetup -d "$journal"; fi
}

# change IMAGE <<COMMANDS: have debugfs do this to it.
change() {
    debugfs -w -f - "$1" >/dev/null 2>changed
    # The first line is its version, any other an error.
    sed -i 1d changed
    same changed /dev/null
}

# shown IMAGE PATH PATTERN: debugfs says this of what is there.
shown() {
    debugfs -R "stat $2" "$1" 2>/dev/null >stat
    grep -E -- "$3" stat
}

# A value of so many bytes, for setfattr.
value() {
    printf "%$1s" '' | tr ' ' "${2-v}"
}

# ---- everything that a tree can have ----

@test "the full tree: ext2 without any feature" {
    like_the_kernel full_tree 40M -t ext2 -b 2048 -I 128 -O none
}

@test "the full tree: ext3 with blocks of 1 KiB" {
    like_the_kernel full_tree 40M -t ext3 -b 1024
}

@test "the full tree: ext4 with blocks of 4 KiB and inline_data" {
    like_the_kernel full_tree 40M -t ext4 -b 4096 -O inline_data
}

@test "the full tree: ext4 with bigalloc" {
    like_the_kernel full_tree 60M -t ext4 -b 4096 -O bigalloc -C 65536
    like_the_kernel full_tree 60M -t ext4 -b 1024 -O bigalloc,meta_bg,^resize_inode -C 16384
}

@test "the full tree: ext4 with block numbers instead of extents" {
    like_the_kernel full_tree 40M -t ext4 -b 2048 -O ^extent,^64bit -I 512
}

@test "the full tree: ext4 without filetype, flex_bg and metadata_csum, with uninit_bg" {
    like_the_kernel full_tree 40M -t ext4 -b 1024 -O ^filetype,^flex_bg,^metadata_csum,uninit_bg
}

@test "the full tree: ext4 without filetype, with metadata_csum" {
    like_the_kernel full_tree 40M -t ext4 -b 1024 -O ^filetype
}

@test "the full tree: ext4 with as many features as go together" {
    like_the_kernel full_tree 40M -t ext4 -b 1024 -I 512 -G 64 \
        -O ea_inode,inline_data,large_dir,metadata_csum_seed,orphan_file,meta_bg,^resize_inode,mmp,fast_commit,stable_inodes,encrypt,verity,sparse_super2
}

# ---- each feature ----

# each SIZE <<OPTIONS: a smaller tree in a file system for each line of them (under the sanitizers:
# for every other).
each() {
    local size=$1 options n=0
    while read -ra options; do
        n=$((n + 1))
        ! sanitized || [ $((n % 2)) -eq 1 ] || continue
        like_the_kernel lean_tree "$size" "${options[@]}"
    done
}

@test "ext2 and ext3, blocks and inodes of several sizes" {
    each 30M <<-END
	-t ext2 -b 1024 -I 128
	-t ext2 -b 1024 -I 1024 -O ^large_file,^sparse_super,^resize_inode
	-t ext2 -b 4096 -o hurd
	-t ext3 -b 2048 -I 512
	-t ext3 -b 4096 -O ^dir_index,^ext_attr,^filetype
	END
}

@test "ext4, blocks and inodes of several sizes" {
    each 30M <<-END
	-t ext4 -b 1024 -I 128
	-t ext4 -b 2048 -I 256 -O ^64bit
	-t ext4 -b 4096 -I 128 -O ^has_journal
	-t ext4 -b 4096 -I 1024
	END
}

@test "checksums: none and uninit_bg, each with 32 and 64 bits" {
    each 30M <<-END
	-t ext4 -b 1024 -O ^metadata_csum
	-t ext4 -b 1024 -O ^metadata_csum,^64bit
	-t ext4 -b 1024 -O ^metadata_csum,uninit_bg -g 2048
	-t ext4 -b 2048 -O ^metadata_csum,uninit_bg,^64bit -g 4096
	END
}

@test "groups: small ones, many, without flex_bg, with packed_meta_blocks" {
    each 30719K <<-END
	-t ext4 -b 1024 -g 256
	-t ext4 -b 1024 -O ^flex_bg
	-t ext4 -b 1024 -g 1024 -E packed_meta_blocks=1
	END
    # More than are remembered.
    each 300M <<<'-t ext4 -b 1024 -g 256 -N 10000'
}

@test "meta_bg, with and without flex_bg and superblocks in its groups" {
    each 30M <<-END
	-t ext4 -b 1024 -g 256 -O meta_bg,^resize_inode -G 256 -N 4000
	-t ext4 -b 1024 -g 1024 -O meta_bg,^resize_inode,^flex_bg,^sparse_super -N 4000
	-t ext4 -b 1024 -g 512 -O meta_bg,^resize_inode,uninit_bg,^metadata_csum,^64bit -N 4000
	END
}

@test "group descriptors of several sizes" {
    each 30M <<-END
	-t ext4 -b 1024 -E desc-size=1024 -O ^metadata_csum,uninit_bg
	-t ext4 -b 4096 -g 256 -E desc-size=512 -O meta_bg,^resize_inode
	END
}

@test "superblocks: sparse_super2 with every number of them, no sparse_super" {
    each 30M <<-END
	-t ext4 -b 1024 -O sparse_super2 -E num_backup_sb=0
	-t ext4 -b 1024 -O sparse_super2 -E num_backup_sb=1
	-t ext4 -b 1024 -O sparse_super2,^resize_inode -E num_backup_sb=2
	-t ext4 -b 1024 -O ^sparse_super,^resize_inode
	END
}

@test "bigalloc, clusters of several sizes" {
    each 30M <<-END
	-t ext4 -b 1024 -O bigalloc -C 2048
	-t ext4 -b 1024 -O bigalloc,^metadata_csum -C 65536
	-t ext4 -b 2048 -O bigalloc,^flex_bg,uninit_bg,^metadata_csum -C 8192
	-t ext4 -b 4096 -O bigalloc,ea_inode,inline_data -C 8192
	END
    each 120M <<<'-t ext4 -b 4096 -O bigalloc -C 1048576'
}

@test "features that change nothing of what is read" {
    each 30M <<-END
	-t ext4 -O ^huge_file,^dir_nlink,^extra_isize,^large_file,^dir_index,^ext_attr
	-t ext4 -b 1024 -O large_dir,orphan_file,mmp
	-t ext4 -b 1024 -O fast_commit,stable_inodes,verity,encrypt
	END
}

@test "revision 0" {
    mkfs image 30M -t ext2 -r 0 -O none
    filled image small_tree
    dumpe2fs -h image 2>/dev/null | grep -x 'Filesystem revision #: *0 (original)'
    same_as_mounted image
}

# Nobody else has a device open any more, after an unmount that is not quite over when umount is.
released() {
    perl -MFcntl -e 'for (1 .. 600) {
            exit 0 if sysopen my $device, $ARGV[0], O_RDWR | O_EXCL;
            select undef, undef, undef, 0.1;
        }
        exit 1' "$1"
}

@test "a journal on another device" {
    mkfs other 8M -O journal_dev -b 1024
    journal=$(losetup -f --show other)
    mkfs image 30M -t ext4 -b 1024 -J "device=$journal"
    filled image lean_tree
    dumpe2fs -h image 2>/dev/null | grep -E '^Journal device:'
    released "$journal"
    same_as_mounted image
}

# ---- how large a thing can be ----

# parts FILE OFFSET...: a file with a few bytes at each, and holes.
parts() {
    perl -e 'open my $f, ">", shift or die; for (@ARGV) { sysseek $f, $_, 0; syswrite $f, "at $_" }' "$@"
}

@test "indirect blocks of all three levels, from the first they can map to the last" {
    far_parts() {
        local double=$((12 + 256)) triple=$((12 + 256 + 256 * 256)) last=$((11 + 256 + 256 * 256 + 256 * 256 * 256)) at=() block
        for block in 0 11 12 $((double - 1)) $double $((triple - 1)) $triple $((triple + 65535)) \
            $((triple + 65536)) $((last - 1)) $last; do
            at+=($((block * 1024 + 7)))
        done
        parts "$1/far" "${at[@]}"
        parts "$1/farthest" $((last * 1024 + 1000))
    }
    mkfs image 30M -t ext2 -b 1024
    filled image far_parts
    shown image /farthest '^\(TIND\):[0-9]+, \(DIND\):[0-9]+, \(IND\):[0-9]+, \(16843019\):[0-9]+'
    same_as_mounted image
}

@test "a file of 100,000 extents" {
    scattered() {
        perl -e 'open my $f, ">", $ARGV[0] or die;
            for (0 .. 99999) { sysseek $f, $_ * 2048, 0; syswrite $f, sprintf "%-1024d", $_ }' "$1/scattered"
    }
    mkfs image 160M -t ext4 -b 1024 -O ^has_journal -N 100
    filled image scattered
    [ "$(debugfs -R 'dump_extents -l /scattered' image 2>/dev/null | grep -cE '^ 3/ 3')" -eq 100000 ]
    checked image
    list_mounted image
    ext4walk -n --times=all image | "$BATS_TEST_DIRNAME/tree-listing" -t manifest >walked
    diff listed walked >&2
    [ "$(tr ' ' '\n' <walked | grep -cE '^[0-9]+\+1024$')" -eq 100000 ]
    # What is written is the data without the holes between, then the last record.
    ext4walk image | tail -c $((102400000 + 23)) >written
    perl -e 'printf "%-1024d", $_ for 0 .. 99999; print "end=3\0bytes=102400000\0\0"' >expected
    same expected written
}

@test "extents as long as they get, written and not" {
    long_extents() {
        fallocate -l 70M "$1/unwritten"
        printf x | dd of="$1/unwritten" bs=1 seek=71303168 conv=notrunc status=none
        yes | dd of="$1/written" bs=1M count=70 iflag=fullblock status=none
        head -c 100000 /dev/zero >"$1/punched"
        fallocate -p -o 8000 -l 40000 "$1/punched"
    }
    mkfs image 200M -t ext4 -b 1024 -O bigalloc,^has_journal -C 65536 -N 100
    filled image long_extents
    debugfs -R 'dump_extents /written' image 2>/dev/null | grep -E ' 32768 $'
    debugfs -R 'dump_extents /unwritten' image 2>/dev/null | grep -E ' [0-9]{5} Uninit$'
    same_as_mounted image
    grep -E '^/unwritten f .* 73400320 71303168\+1024$' walked
    grep -E '^/written f .* 73400320 0\+73400320$' walked
    grep -E '^/punched f .* 100000 0\+8192 47104\+52896$' walked
}

@test "extent trees of every depth" {
    few_extents() {
        local depth i
        for depth in 1 2 3 4 5; do
            # shellcheck disable=SC2046  # numbers
            parts "$1/depth$depth" $(for i in {0..30}; do echo $((i * 4096)); done)
        done
    }
    local csum depth i
    for csum in metadata_csum ^metadata_csum; do
        mkfs image 16M -t ext4 -b 1024 -O ^has_journal,$csum
        filled image few_extents
        # The root is split again and again.
        for depth in 1 2 3 4 5; do
            echo "extent_open /depth$depth"
            for ((i = 1; i < depth; i++)); do
                printf '%s\n' root split_node
            done
            echo extent_close
        done | change image
        for depth in 1 2 3 4 5; do
            [ "$(debugfs -R "dump_extents -l /depth$depth" image 2>/dev/null | grep -cE "^ $depth/ $depth ")" -eq 31 ]
        done
        same_as_mounted image
    done
}

@test "block numbers above 2^32" {
    high_blocks() {
        local i
        for i in {1..8}; do # each goes to where the hash of its name says
            mkdir "$1/d$i"
            ln -s "$(value 100)" "$1/d$i/link"
            seq "$i" 999 >"$1/d$i/file"
            setfattr -n user.large -v "$(value 400)" "$1/d$i/file"
        done
    }
    mkfs image 8T -t ext4 -b 1024 -O bigalloc -C 1048576 -N 100000
    filled image high_blocks
    local i
    for i in {1..8}; do
        echo "stat /d$i/file"
        echo "stat /d$i/link"
    done | debugfs -f - image 2>/dev/null >stats
    grep -E '^File ACL: ([5-9]|[1-9][0-9])[0-9]{9}$' stats
    grep -E '^\(0\):([5-9]|[1-9][0-9])[0-9]{9}$' stats
    checked image
    walk_quietly image
    list_mounted image
    diff listed walked >&2
}

# names IMAGE: what the kernel says are all names in it, and what ext4walk does.
same_names() {
    mount -o loop,ro "$1" mnt
    find mnt -mindepth 1 -maxdepth 2 -printf '/%P\0' | sort -z >kernel.names
    umount mnt
    ext4walk -0 "$1" >names
    same <(printf '/\0' | cat - kernel.names) names
}

@test "a directory of 100,000 names, with a hash tree and without" {
    many_names() {
        mkdir "$1/many"
        perl -e 'chdir $ARGV[0] or die;
            for my $f ("a", "b") { open my $o, ">", $f or die; for (1 .. 49999) { link $f, "$f-name-$_" or die } }' "$1/many"
    }
    mkfs image 30M -t ext4 -b 1024
    filled image many_names
    shown image /many '^Inode: .* Flags: 0x81000$'
    checked image
    same_names image
    ext4walk image >before
    [ "$(tr '\0' '\n' <before | grep -c ^link=/many/)" -eq 99998 ]
    # Its names are hashed no more.
    e2fsck -fy image >/dev/null 2>&1
    tune2fs -O ^dir_index image
    e2fsck -fyD image >/dev/null 2>&1 || [ $? -eq 1 ]
    shown image /many '^Inode: .* Flags: 0x80000$'
    checked image
    ext4walk image >after
    same before after
}

@test "a directory of 65,001 directories, whose links are not counted" {
    many_directories() {
        perl -e 'chdir $ARGV[0] or die; for (1 .. 65001) { mkdir $_ or die }' "$1"
    }
    mkfs image 60M -t ext4 -b 1024 -O inline_data -N 70000
    filled image many_directories
    shown image / '^Links: 1 '
    checked image
    same_names image
}

# ---- what lies in inodes ----

# Files, directories and links that fit into inodes of some size, and such that just do not.
small_things() {
    perl - "$1" <<'PERL'
use strict;
chdir $ARGV[0] or die;
sub file { my ($name, $text) = @_; open my $f, '>', $name or die; print $f $text; close $f or die }
my $text = join '', map { "$_ " } 1 .. 999;
mkdir $_ or die for qw(files dirs links beside moved);
# Below 60 bytes all is in i_block; from 140 on the smallest inodes have no room.
my @sizes = (1 .. 9, (map { $_ * 6 } 2 .. 9), 56 .. 64, (map { $_ * 10 } 7 .. 13), 136 .. 166, map { $_ * 20 } 10 .. 45);
file("files/$_", substr $text, 0, $_) for 0, @sizes, 1200;
symlink substr($text, 0, $_), "links/$_" or die for @sizes;
for my $n (0 .. 12, 30, 60) {
    mkdir "dirs/$n" or die;
    file("dirs/$n/" . 'n' x ($_ % 7 + 1) . $_, '') for 1 .. $n;
}
for my $n (1, 2, 3, 4, 20, 44, 47, 48, 49, 80, 90, 100, 200, 255) {
    mkdir "dirs/long$n" or die;
    file("dirs/long$n/" . 'n' x $n, '');
}
# One that has another parent now.
rename "dirs/$_", "moved/$_" or die for 5, 30, 'long20';
# What was removed leaves gaps; what shrank, its old bytes.
mkdir 'dirs/gaps' or die;
file("dirs/gaps/$_", '') for 1 .. 9;
unlink map { "dirs/gaps/$_" } 1, 4, 5, 9;
file('files/shrunk', $text);
truncate 'files/shrunk', 30;
file('files/cut', substr $text, 0, 120);
truncate 'files/cut', 70;
file('files/grown', substr $text, 0, 50);
truncate 'files/grown', 90;
open my $r, '>', '../attributes' or die;
for my $n (map { $_ * 3 } 0 .. 10) {
    file("beside/$n", substr $text, 0, $n * 6);
    mkdir "beside/dir$n" or die;
    file("beside/dir$n/" . 'n' x ($_ + 2), '') for 1 .. $n;
    for ("beside/$n", "beside/dir$n") {
        print $r "# file: $_\nuser.x=\"" . 'v' x ((30 - $n) * 4) . "\"\nuser.y=\"1\"\n\n";
    }
}
PERL
    (cd "$1" && setfattr --restore=../attributes)
}

@test "inline data: files, directories and attributes beside them, by the kernel" {
    local size more=,^metadata_csum,^filetype
    for size in 256 512 1024; do
        like_the_kernel small_things 20M -t ext4 -b $((size * 4)) -I "$size" -O inline_data$more
        shown image /files/60 '^Size of inline data: 60$'
        shown image /files/120 "^Size of inline data: 120$"
        shown image /dirs/6 '^Size of inline data: '
        shown image /dirs/60 '^EXTENTS:$'
        shown image /files/1200 '^EXTENTS:$'
        more=
    done
}

# The kernel makes no symbolic links of inline data, but reads them.
@test "inline data: what mke2fs makes, symbolic links among it" {
    local size
    mkdir tree
    small_things tree
    # Nothing but zeros makes mke2fs write nothing, and leave what it began.
    truncate -s 5000 tree/files/zeros
    truncate -s 5000000000 tree/files/more
    find tree -exec touch -h -d @1600000000 {} +
    for size in 256 512 1024; do
        mkfs image 30M -t ext4 -b 4096 -I $size -O inline_data,^has_journal -d tree
        shown image /links/59 '^Fast link dest: '
        shown image /links/60 '^  system.data \(0\)'
        shown image /links/120 '^  system.data \(60\)'
        shown image /files/zeros 'Size: 5000$'
        shown image /files/zeros '^Size of inline data: 60$'
        same_as_mounted image
        grep -xE '/files/zeros f .* 5000 0\+60' walked
    done
}

@test "extra sizes of inodes, which not all fields fit into" {
    each_size() {
        local size
        for size in 4 8 12 16 20 24 28 32 64 380; do
            echo "$size" >"$1/$size"
            touch -d @4000000000.123456789 "$1/$size"
        done
    }
    local csum size
    for csum in metadata_csum ^metadata_csum; do
        mkfs image 20M -t ext4 -b 1024 -I 512 -O $csum
        filled image each_size
        for size in 4 8 12 16 20 24 28 32 64 380; do
            echo "set_inode_field /$size extra_isize $size"
        done | change image
        same_as_mounted image
        # Every field is there in the last, none in the first.
        grep -xE '/380 f 644 0 0 4000000000\.123456789 4000000000\.123456789 [0-9]+\.[0-9]{9} [0-9]+\.[0-9]{9} 4 0\+4' walked
        grep -xE '/4 f 644 0 0 -294967296\.000000000 -294967296\.000000000 [0-9]+\.000000000 0\.000000000 2 0\+2' walked
    done
    # New files have as much as the superblock says.
    change image <<<'set_super_value want_extra_isize 64'
    filled image small_tree
    shown image /numbers '^Size of extra inode fields: 64$'
    same_as_mounted image
}

@test "all times, to the last before 1970 and after 2038" {
    many_times() {
        local later=0 time
        for time in -2147483648 -2147483647.999999999 -1.000000001 -1 -0.999999999 0 0.000000001 2147483647.999999999 \
            2147483648 4294967295 4294967296 6442450943.5 6442450944 10737418240 15032385535.999999999; do
            : >"$1/$time"
            touch -m -d "@$time" "$1/$time"
            touch -a -d "@$((later += 1073741823)).$later" "$1/$time"
            ln -s -- "$time" "$1/link$time"
            touch -h -d "@$time" "$1/link$time"
        done
    }
    mkfs image 20M -t ext4 -b 1024
    filled image many_times
    # Only debugfs can set the others.
    change image <<-END
	set_inode_field /0 ctime @0x80000000
	set_inode_field /0 ctime_extra 0xee6b27fc
	set_inode_field /0 crtime @0x80000000
	set_inode_field /0 crtime_extra 0
	set_inode_field /-1 ctime @0xffffffff
	set_inode_field /-1 ctime_extra 0
	set_inode_field /-1 crtime @0x7fffffff
	set_inode_field /-1 crtime_extra 0xee6b27ff
	END
    same_as_mounted image
    grep -x '/0 f 644 0 0 0.000000000 6442450938.644245093 -2147483647.000000001 -2147483648.000000000 0' walked
    grep -E '^/15032385535\.999999999 f 644 0 0 15032385535\.0{9} ' walked # as the kernel has it
    grep -E '^/-2147483648 f 644 0 0 -2147483648\.000000000 ' walked
    # Inodes without room for more than 32 bits.
    mkfs image 20M -t ext2 -b 1024 -I 128 -O large_file
    filled image many_times
    same_as_mounted image
}

@test "device numbers and owners, small and large" {
    many_devices() {
        local major minor id
        for major in 0 255 256 4095; do
            for minor in 0 255 256 1048575; do
                mknod "$1/b$major:$minor" b "$major" "$minor"
            done
        done
        for id in 0 65535 65536 4294967294; do
            : >"$1/$id"
            chown "$id:$((4294967294 - id))" "$1/$id"
        done
        for id in 0 1 70 700 1777 7777; do
            : >"$1/mode$id"
            mkdir "$1/dir$id"
            chmod "$id" "$1/mode$id" "$1/dir$id"
        done
        echo >"$1/data"
    }
    like_the_kernel many_devices 10M -t ext4 -b 1024
    like_the_kernel many_devices 10M -t ext2 -b 1024 -I 128
    grep -E '^/b4095:1048575 b 644 .* 4095:1048575$' walked
}

@test "names of any bytes" {
    byte_names() {
        # Two bytes each but slashes and NULs, shuffled without chance.
        perl -e 'chdir $ARGV[0] or die; mkdir $_ or die for "a", "b"; open my $f, ">", "one" or die; print $f 1;
            for my $i (0 .. 65535) {
                my $name = pack "n", $i * 40503 % 65536;
                next if $name =~ m{[/\0]} || $name eq "..";
                link "one", ($i % 2 ? "a" : "b") . "/$name" or die if $i % 5 == 0;
            }
            link "one", "a/" . chr($_) x ($_ > 0 ? 255 : 0) or die for grep { $_ != 47 } 1 .. 255' "$1"
    }
    local csum
    for csum in metadata_csum ^metadata_csum,^filetype ^dir_index; do
        mkfs image 30M -t ext4 -b 1024 -O $csum
        filled image byte_names
        checked image
        same_names image
        [ "$(tr -cd '\0' <names | wc -c)" -gt 13000 ]
    done
}

# ---- attributes ----

# many_attributes MOST DIR: values of many sizes up to MOST, names of any byte and of the greatest
# length, many on one file, two files with the same.
many_attributes() {
    perl - "$@" <<'PERL'
use strict;
use MIME::Base64;
my ($most, $dir) = @ARGV;
chdir $dir or die;
open my $r, '>', '../attributes' or die;
sub file { my ($name) = @_; open my $f, '>', $name or die; print $f $name; close $f or die; print $r "# file: $name\n" }
for my $size (grep { $_ <= $most } 0 .. 5, 31 .. 33, 60, 64, 90 .. 100, 200, 255 .. 257, 500, 900, 950, 967, 968, 2000,
    4039, 4040, 5000, 10000, 65535, 65536) {
    file("value$size");
    print $r 'user.v=0s', encode_base64(join('', map { chr(($_ * 7 + $size) % 256) } 1 .. $size), ''), "\n\n";
}
file('many');
for my $space (qw(user trusted security)) { print $r "$space.n$_=\"$_\"\n" for 1 .. 12 }
print $r "gnu.x=\"1\"\n\n";
file('longest');
print $r 'user.' . 'n' x 250 . "=\"1\"\n", 'trusted.' . 't' x 247 . "=\"2\"\n\n";
file('bytes');
print $r 'user.' . join('', map { sprintf '\\%03o', $_ } @$_) . "=\"x\"\n" for [1 .. 127], [128 .. 255];
print $r "\n";
for (1 .. 3) { file("same$_"); print $r 'user.s="' . 's' x 700 . "\"\n\n" }
for my $n (1, 59, 60, 61, 900) {
    symlink 't' x $n, "link$n" or die;
    print $r "# file: link$n\ntrusted.l=\"" . 'l' x 600 . "\"\n\n";
}
file('acl');
mkdir $_ or die for 'd', 'd/e';
PERL
    (cd "$2" && setfattr -h --restore=../attributes)
    setfacl -m "$(printf 'u:%d:rwx,' {1000..1099})g:5:r" "$2/acl"
    setfacl -m u:1:r,g:2:w -m "$(printf 'd:u:%d:rwx,d:g:%d:rx,' {1000..1059})d:o::x" "$2/d"
    : >"$2/d/e/inherits"
}

# The largest value that a block has room for, with a name of one byte: one byte more has none.
largest_value() {
    : >"$2/largest"
    : >"$2/larger"
    setfattr -n user.v -v "$(value "$1")" "$2/largest"
    try setfattr -n user.v -v "$(value $(($1 + 1)))" "$2/larger"
    expect 1 "setfattr: $2/larger: No space left on device"
}

@test "attributes to the limits of a block" {
    local options block
    while read -r block options; do
        echo "$block $options"
        # shellcheck disable=SC2086  # words
        mkfs image 30M -b "$block" $options
        filled image many_attributes $((block - 56))
        filled image largest_value $((block - 56))
        same_as_mounted image
    done <<-END
	1024 -t ext2 -I 128
	1024 -t ext4 -I 1024
	4096 -t ext4 -I 256
	4096 -t ext4 -I 512 -O inline_data,^metadata_csum
	2048 -t ext4 -I 256 -O bigalloc,^extra_isize
	END
}

# without_links COMMAND...: symbolic links apart, since e2fsck 1.47 takes a short one with such a
# value for a long one, and what it is has the kernel only to tell.
without_links() {
    "$@"
    rm "${!#}"/link*
}

@test "attributes whose values have inodes" {
    local options
    while read -ra options; do
        echo "${options[*]}"
        mkfs image 60M -t ext4 "${options[@]}"
        filled image without_links many_attributes 65536
        same_as_mounted image
        # The largest value is there, and the values of two files are one.
        [ "$(grep ^/value65536 walked | wc -c)" -gt 131072 ]
        shown image /value65536 '^  user.v \(65536\)$'
    done <<-END
	-b 1024 -O ea_inode
	-b 1024 -O ea_inode,^metadata_csum -I 128
	-b 4096 -O ea_inode,inline_data -I 512
	-b 1024 -O ea_inode,bigalloc,^metadata_csum -C 8192
	END
}

@test "symbolic links, short and long, whose attributes have inodes" {
    large_attributes() {
        local length
        for length in 1 59 60 61 1023; do
            ln -s "$(value "$length" t)" "$1/$length"
            setfattr -h -n trusted.l -v "$(value 3000)" "$1/$length"
        done
    }
    mkfs image 30M -t ext4 -b 1024 -O ea_inode
    filled image large_attributes
    shown image /59 '^Fast link dest: '
    walk_quietly image
    list_mounted image
    diff listed walked >&2
    same_from_pipe image
}

# large_value DIR: one that takes an inode, in the block of another.
large_value() {
    small_tree "$1"
    setfattr -n "user.$(printf '\377\376')" -v "$(value 5000)" "$1/numbers"
}

@test "values in inodes: hashed as early kernels did, and by Lustre not at all" {
    local at csum owner value generation
    # Small inodes, so that the attribute is in a block.  Their hash was made of signed bytes.
    mkfs image 20M -t ext4 -b 1024 -I 128 -O ea_inode,^metadata_csum
    filled image large_value
    at=$(($(sed -n 's/^File ACL: \([0-9]*\).*/\1/p' <(debugfs -R 'stat /numbers' image 2>/dev/null)) * 1024 + 32))
    [ "$(peek image $((at + 16)) 2)" = fffe ]
    # The name has two bytes, the second shifted by none and the first by five: unsigned 0x1f1e0000,
    # signed 0x00010000 once the halves have changed places.
    poke image $((at + 12)) "$(le32 $(($(number image $((at + 12)) 4) ^ 0x1f1f0000)))"
    same_as_mounted image
    for csum in metadata_csum ^metadata_csum; do
        mkfs image 20M -t ext4 -b 1024 -O ea_inode,$csum
        filled image large_value
        owner=$(inode_of image /numbers)
        generation=$(debugfs -R 'stat /numbers' image 2>/dev/null | sed -n 's/^Generation: \([0-9]*\) .*/\1/p')
        value=$(number image "$(inode_at image "$owner")+0xa8" 4)
        shown image "<$value>" '^Inode: .* Flags: 0x280000$'
        # The owner's number is where the time of the last change was; its blocks are not the owner's.
        change image <<-END
	set_inode_field <$value> atime @0
	set_inode_field <$value> mtime @0x$(printf %x "$owner")
	set_inode_field <$value> generation $generation
	set_inode_field /numbers blocks 214
	END
        same_as_mounted image
        # Someone else's it must not be.
        change image <<<"set_inode_field <$value> generation $((generation ^ 1))"
        try ext4walk -o out image
        expect_like 3 "ext4walk: image: /numbers: inode $owner: attributes in the inode: attribute 0: value inode $value: a value with hash 0x[0-9a-f]+, computed 0x[0-9a-f]+"
    done
}

@test "another UUID: with its checksums made anew, and with metadata_csum_seed" {
    local csum uuid=11111111-2222-3333-4444-555555555555
    for csum in metadata_csum ^metadata_csum metadata_csum_seed; do
        mkfs image 20M -t ext4 -b 1024 -O ea_inode,$csum
        filled image large_value
        list_mounted image
        [ $csum = metadata_csum_seed ] || e2fsck -fy image >/dev/null 2>&1
        tune2fs -U $uuid image <<<y
        dumpe2fs -h image 2>/dev/null | grep -x "Filesystem UUID: *$uuid"
        same_as_listed image
    done
}

# ---- what was changed afterwards ----

@test "file systems that were made larger, smaller, and of 64 bits, with larger inodes" {
    mkfs image 16M -t ext4 -b 1024 -I 128 -g 1024 -O ^64bit,^metadata_csum,^flex_bg
    filled image lean_tree
    list_mounted image
    e2fsck -fy image >/dev/null 2>&1
    truncate -s 100M image
    resize2fs image
    same_as_listed image
    tune2fs -I 256 image
    dumpe2fs -h image 2>/dev/null | grep -x 'Inode size:[[:space:]]*256'
    same_as_listed image
    e2fsck -fy image >/dev/null 2>&1
    resize2fs -b image
    tune2fs -O metadata_csum image
    dumpe2fs -h image 2>/dev/null | grep -E '^Filesystem features: .* 64bit .* metadata_csum$'
    same_as_listed image
    e2fsck -fy image >/dev/null 2>&1
    resize2fs -M image
    same_as_mounted image
}

@test "descriptors of which the first lie as without meta_bg" {
    mkfs image 60M -t ext4 -b 1024 -g 1024 -O meta_bg,^resize_inode
    filled image lean_tree
    change image <<<'set_super_value first_meta_bg 1'
    # Copies of the first are elsewhere then.
    e2fsck -fy image >/dev/null 2>&1 || [ $? -eq 1 ]
    dumpe2fs -h image 2>/dev/null | grep -x 'First meta block group: *1'
    same_as_mounted image
}

@test "directories without case: their names as they are" {
    cased() {
        small_tree "$1"
        mkdir "$1/Empty" "$1/Few" "$1/many"
        touch "$1/Few/Aa" "$1/Few/b" "$1"/many/name-{001..900}
    }
    local csum
    for csum in metadata_csum ^metadata_csum; do
        mkfs image 20M -t ext4 -b 1024 -O $csum
        filled image cased
        list_mounted image
        tune2fs -O casefold image
        change image <<-END
	set_inode_field /Empty flags 0x40080000
	set_inode_field /Few flags 0x40080000
	set_inode_field /many flags 0x40081000
	END
        dumpe2fs -h image 2>/dev/null | grep -E '^Filesystem features: .* casefold '
        same_as_listed image
    done
}

@test "quotas, projects, and a file system for reading only" {
    mkfs image 20M -t ext4 -b 1024
    filled image lean_tree
    list_mounted image
    tune2fs -O quota,project -Q usrquota,grpquota,prjquota image
    change image <<-END
	set_inode_field /dir flags 0x20080000
	set_inode_field /dir projid 1234
	set_inode_field /dir/file projid 1234
	END
    tune2fs -O read-only image
    e2fsck -fy image >/dev/null 2>&1 || [ $? -eq 1 ] # the quotas are counted
    dumpe2fs -h image 2>/dev/null | grep -E '^Filesystem features: .* quota .* read-only project$'
    shown image /dir/file 'Project: *1234 '
    same_as_listed image
    # As mke2fs makes them.
    mkfs image 20M -t ext4 -O quota,project -E quotatype=usrquota:grpquota:prjquota
    checked image
    same_names image
}

@test "verity: neither what follows the data nor the descriptor is part of a file" {
    sealed() {
        small_tree "$1"
        # The tree of hashes starts with the next 64 KiB.
        perl -e 'open my $f, ">", $ARGV[0] or die; print $f "d" x 3000; seek $f, 65536, 0; print $f "m" x 2048' "$1/sealed"
        setfattr -n user.v -v descriptor "$1/sealed"
    }
    local csum at
    for csum in metadata_csum ^metadata_csum; do
        mkfs image 20M -t ext4 -b 1024 -O verity,$csum
        filled image sealed
        list_mounted image
        if [ $csum = ^metadata_csum ]; then
            # Its name is of another kind then.
            at=$(($(inode_at image "$(inode_of image /sealed)") + 0xa4))
            [ "$(peek image $at 2)" = 0101 ]
            poke image $((at + 1)) 0b
            sed -i '/^\/sealed /s/ user\.v=.*//' listed
        fi
        change image <<-END
	set_inode_field /sealed flags 0x180000
	set_inode_field /sealed size 3000
	END
        sed -i '/^\/sealed /s/ 67584 0+3072 65536+2048/ 3000 0+3000/' listed
        same_as_listed image
        ext4cat image /sealed >sealed
        same sealed <(value 3000 d)
    done
}

@test "i_blocks in blocks of the file system" {
    blocks() {
        small_tree "$1"
        setfattr -h -n trusted.l -v "$(value 400)" "$1/short" "$1/long" "$1/numbers"
        stat -c '%n %b' "$1/short" "$1/long" "$1/numbers" >counted.blocks
    }
    local block per
    for block in 1024 4096; do
        per=$((block / 512))
        mkfs image 20M -t ext4 -b $block
        filled image blocks
        same <(printf 'mnt/%s\n' "short $per" "long $((2 * per))" "numbers $((((108894 + block - 1) / block + 1) * per))") counted.blocks
        change image <<-END
	set_inode_field /short flags 0x40000
	set_inode_field /short blocks 1
	set_inode_field /long flags 0xc0000
	set_inode_field /long blocks 2
	set_inode_field /numbers flags 0xc0000
	set_inode_field /numbers blocks $(($(sed -n 's/.*numbers //p' counted.blocks) / per))
	END
        mount -o loop,ro image mnt
        stat -c '%n %b' mnt/short mnt/long mnt/numbers >mounted.blocks
        umount mnt
        same counted.blocks mounted.blocks
        same_as_mounted image
    done
}

# ---- what the kernel here cannot mount ----

# debugfs_extents IMAGE <PATHS: what debugfs says of files: each with its size and its runs.
debugfs_extents() {
    sed 's/^/stat /' | debugfs -f - "$1" 2>/dev/null | perl -e '
        my ($block, $path, $size, @runs) = shift;
        sub show {
            print join(" ", $path, $size, map { "$_->[0]+" . ($_->[1] - $_->[0]) } @runs), "\n" if defined $path;
            @runs = ();
        }
        while (<STDIN>) {
            if (/^debugfs: stat (.*)/) { show(); $path = $1 }
            $size = $1 if /^User:.* Size: (\d+)$/;
            if ($size && /^Size of inline data: (\d+)/) { @runs = ([0, $1 < $size ? $1 : $size]) }
            while (/\((\d+)(?:-(\d+))?\):\d/g) {
                my ($from, $to) = ($1 * $block, (($2 // $1) + 1) * $block);
                $to = $size if $to > $size;
                if (@runs && $runs[-1][1] == $from) { $runs[-1][1] = $to }
                elsif ($from < $to) { push @runs, [$from, $to] }
            }
        }
        show()' "$(dumpe2fs -h "$1" 2>/dev/null | sed -n 's/^Block size: *//p')"
}

@test "blocks of 8 to 64 KiB, as mke2fs fills them" {
    for_any_block() {
        lean_tree "$1"
        perl -e 'chdir $ARGV[0] or die;
            for my $n (0, 1, 59 .. 61, 150, 900, 1800, 1900, 3000, 70000) {
                open my $f, ">", "file$n" or die;
                print $f "d" x $n;
                symlink "t" x $n, "link$n" or die if $n && $n < 1000;
                mkdir "dir$n" or die;
                for (1 .. $n / 10) { open my $f, ">", "dir$n/$_" or die if $_ < 100 }
            }' "$1"
        rm "$1/socket" # mke2fs leaves it out
        find "$1" -exec touch -h -d @1600000000 {} +
    }
    local options
    # The tree is on a file system of the kernel, which has attributes and all.
    mkfs source 30M -t ext4 -b 1024 -N 2000
    mkdir source.mnt
    mount -o loop source source.mnt
    for_any_block source.mnt
    while read -ra options; do
        echo "${options[*]}"
        mkfs image 60M -N 2000 "${options[@]}" -d source.mnt 2>messages || { cat messages && false; }
        checked image
        ext4walk image >tree.manifest 2>messages
        quiet
        rm -rf data
        mkdir data
        "$BATS_TEST_DIRNAME/tree-listing" manifest data <tree.manifest >walked
        "$BATS_TEST_DIRNAME/tree-listing" directory source.mnt data >listed
        # The source's extents are not the image's.
        without_extents() {
            sed -E 's/ [0-9]+\+[0-9]+//g'
        }
        diff <(grep -v '^/ ' listed | without_extents) <(grep -v '^/ ' walked | without_extents) >&2
        # Its own are what debugfs says, of the files that it can be told of.
        perl -ane 'print join(" ", @F[0, 6], grep { /^\d+\+\d+$/ } @F), "\n" if $F[1] eq "f" && $F[0] !~ /\\/' walked >extents
        [ "$(wc -l <extents)" -gt 400 ]
        diff <(cut -d' ' -f1 extents | debugfs_extents image) extents >&2
        # shellcheck disable=SC2002  # a pipe is the point
        cat image | ext4walk - | same tree.manifest -
    done <<-END
	-t ext2 -b 8192
	-t ext4 -b 8192 -O inline_data,^has_journal -I 2048
	-t ext4 -b 16384 -O bigalloc,meta_bg,^resize_inode,^has_journal -C 65536
	-t ext4 -b 32768 -O ^metadata_csum,uninit_bg,^has_journal -I 512
	-t ext4 -b 65536 -O ^filetype,^has_journal,inline_data,ea_inode
	-t ext4 -b 65536 -O ^metadata_csum,^filetype,^extent,^64bit,^has_journal
	END
}

# ---- what cannot be read ----

# encrypted DIR: with a key that the kernel has until the file system is unmounted.
encrypted() {
    python3 - "$1" <<'PYTHON'
import fcntl, os, struct, sys
# FS_IOC_ADD_ENCRYPTION_KEY and FS_IOC_SET_ENCRYPTION_POLICY of <linux/fscrypt.h>
directory = os.open(sys.argv[1], os.O_RDONLY)
key = bytes(range(64))
add = bytearray(struct.pack('<II32xII32x', 2, 0, len(key), 0) + key)
fcntl.ioctl(directory, 3 << 30 | 80 << 16 | ord('f') << 8 | 23, add)
# Version 2, AES-256-XTS for data and AES-256-CTS for names, which are padded to 32 bytes.
policy = struct.pack('<BBBB4x16s', 2, 1, 4, 3, bytes(add[8:24]))
fcntl.ioctl(directory, 2 << 30 | 12 << 16 | ord('f') << 8 | 19, policy)
PYTHON
}

@test "encrypted: all else is there, and what is missing is named" {
    secrets() {
        mkdir "$1/secret" "$1/empty"
        encrypted "$1/secret"
        encrypted "$1/empty"
        mkdir "$1/secret/sub" "$1/outside"
        seq 1000 >"$1/secret/file"
        seq 1000 >"$1/secret/sub/file"
        ln -s file "$1/secret/link"
        ln -s "$(value 300)" "$1/secret/sub/long"
        mkfifo "$1/secret/fifo"
        touch "$1"/secret/{1..300}
        # What lies outside may have names inside.
        ln "$1/secret/file" "$1/outside/file"
        ln "$1/secret/file" "$1/outside/second"
        ln "$1/secret/link" "$1/outside/link"
        ln "$1/secret/fifo" "$1/outside/fifo"
    }
    local csum secret file link messages
    for csum in metadata_csum ^metadata_csum,^filetype; do
        mkfs image 60M -t ext4 -b 1024 -O encrypt,$csum
        filled image small_tree
        list_mounted image
        filled image secrets
        checked image
        secret=$(inode_of image /secret)
        file=$(inode_of image /outside/file)
        link=$(inode_of image /outside/link)
        printf -v messages '%s\n' \
            "ext4walk: NAME: /outside/file: inode $file: it is encrypted: left out" \
            "ext4walk: NAME: /outside/link: inode $link: it is encrypted: left out" \
            "ext4walk: NAME: /outside/second: inode $file: it is encrypted: left out" \
            "ext4walk: NAME: /secret: inode $secret: an encrypted directory: the 304 names in it are left out"
        messages=${messages%$'\n'}
        try ext4walk --times=all -o tree.manifest image
        expect 5 "${messages//NAME/image}"
        mkdir -p data
        "$BATS_TEST_DIRNAME/tree-listing" -t manifest data <tree.manifest >walked
        # shellcheck disable=SC2002  # a pipe is the point
        try bash -c 'cat image | ext4walk --times=all -o pipe.manifest'
        expect 5 "${messages//NAME/standard input}"
        same tree.manifest pipe.manifest
        # The root has changed since.
        diff <(grep -v '^/ ' listed) <(grep -vE '^/( |secret|empty|outside)' walked) >&2
        [ "$(grep -cE '^/(secret|empty|outside) d ' walked)" -eq 3 ]
        same <(grep -oE '^/(secret|empty|outside)[^ ]* .' walked) \
            <(printf '%s\n' '/empty d' '/outside d' '/outside/fifo p' '/secret d')
        # It is no damage.
        try ext4walk --times=all --keep-going -o kept.manifest image
        expect 5 "${messages//NAME/image}"
        same tree.manifest kept.manifest
    done
}
