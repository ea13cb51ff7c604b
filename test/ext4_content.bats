# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2002,SC2016,SC2030,SC2031  # pipes are the point; each test is a subshell of its own
# ext4walk and ext4cat where there is no file system of theirs: what there is instead is named.

load helper
load ext4
load probe

setup() {
    own_directory
}

# not_ours STATUS TEXT FILE [OPTION...]: neither command reads it, from a file or from a pipe, and each
# says so.
not_ours() {
    local status_wanted=$1 text=$2 file=$3
    shift 3
    try ext4walk -o out "$@" "$file"
    expect "$status_wanted" "ext4walk: $file: $text"
    try ext4cat -o out "$@" "$file" /etc/passwd
    expect "$status_wanted" "ext4cat: $file: $text"
    try bash -c 'file=$1; shift; cat "$file" | ext4walk --keep-going -o out "$@"' - "$file" "$@"
    expect "$status_wanted" "ext4walk: standard input: $text"
    left_behind . "${kept[@]}"
}

@test "a device that holds something else: what, and status 4" {
    local kind type title kept=(device)
    while read -r kind type title; do
        make_of "$kind" device
        [ "$(blkid -p -s TYPE -o value device)" = "$type" ]
        not_ours 4 "no ext2, ext3 or ext4 file system, but $title" device
    done <<-KINDS
	btrfs btrfs a Btrfs file system
	fat12 vfat a FAT file system
	fat16 vfat a FAT file system
	fat32 vfat a FAT file system
	exfat exfat an exFAT file system
	ntfs ntfs an NTFS file system
	squashfs squashfs a squashfs file system
	erofs erofs an EROFS file system
	swap swap swap space
	swap-64k swap swap space
	suspended swsuspend swap space with a hibernated system
	luks1 crypto_LUKS a LUKS encrypted volume
	luks2 crypto_LUKS a LUKS encrypted volume
	KINDS
}

@test "XFS is named, and a pipe with it is not read to its end" {
    local kept=(device)
    make_of xfs device
    not_ours 4 "no ext2, ext3 or ext4 file system, but an XFS file system" device
    try bash -c 'perl -e "\$SIG{PIPE} = q(IGNORE); my \$n = 0;
        while (sysread STDIN, my \$b, 65536) { my \$w = syswrite STDOUT, \$b; last unless \$w; \$n += \$w }
        open my \$f, q(>), q(../count) or die; print \$f \$n" <device | ext4walk -o out'
    expect 4 "ext4walk: standard input: no ext2, ext3 or ext4 file system, but an XFS file system"
    [ "$(<../count)" -le $((4 * 65536)) ]
}

@test "the journal of another file system is refused by its feature" {
    local kept=(device)
    make_of ext-journal device
    not_ours 4 "this is the journal of another file system (feature journal_dev)" device
}

@test "a qcow2 image that is not read as one: status 3, and how it would be" {
    mkfs device 2M -t ext4 -b 1024 -O ^has_journal
    qemu-img convert -O qcow2 device image
    try bash -c 'cat image | ext4walk'
    expect 3 'ext4walk: standard input: no ext2, ext3 or ext4 file system, but a qcow2 image (-f qcow2 reads it)'
    try bash -c 'cat image | ext4cat -f raw - /x'
    expect 3 'ext4cat: standard input: no ext2, ext3 or ext4 file system, but a qcow2 image (-f qcow2 reads it)'
    try bash -c 'cat image | ext4walk -f qcow2 | cmp - <(ext4walk device)'
    expect 0
}

@test "a file system that is cut off in its superblock: status 3" {
    mkfs image 1M -t ext4 -b 1024 -O ^has_journal
    head -c 2047 image >head.img
    try ext4walk head.img
    expect 3 "ext4walk: head.img: the superblock needs bytes 1024 to 2048, but the input ends at 2047"
}

@test "a device that holds nothing known: status 3" {
    local kept=(device)
    local no='no ext2, ext3 or ext4 file system: the magic number at offset 1080 is'
    truncate -s 1M device
    not_ours 3 "$no 0x0000, not 0xef53" device
    head -c 1048576 /dev/zero | tr '\0' U >device
    not_ours 3 "$no 0x5555, not 0xef53" device
    # A file system of ours that is damaged is nothing else.
    mkfs device 1M -t ext4 -b 1024 -O ^has_journal
    poke device 1024+0x18 09
    super_sum device
    not_ours 3 "superblock: block size 1024 << 9 is more than 1024 << 6" device
}

@test "a whole disk lists its partitions, one of them is asked what it holds" {
    need sfdisk sgdisk
    local list='no ext2, ext3 or ext4 file system, but a partition table: name one of its partitions with -p' kept=(disk part)
    truncate -s 40M disk
    printf '%s\n' 'label: gpt' 'start=2048, size=4096, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=esp' \
        'start=8192, size=32768, name=rootfs' 'start=49152, size=2048, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F' |
        sfdisk -q disk
    make_of fat12 part
    dd if=part of=disk bs=1M seek=1 conv=notrunc status=none
    make_of ntfs part
    dd if=part of=disk bs=1M seek=4 conv=notrunc status=none
    make_of swap part
    dd if=part of=disk bs=1M seek=24 conv=notrunc status=none
    not_ours 3 "$list: 1 (EFI System, 2.0M, \"esp\"), 2 (Linux filesystem, 16M, \"rootfs\"), 3 (Linux swap, 1.0M)" disk
    not_ours 4 "partition 1: no ext2, ext3 or ext4 file system, but a FAT file system" disk -p 1
    not_ours 4 "partition 2: no ext2, ext3 or ext4 file system, but an NTFS file system" disk -p 2
    not_ours 4 "partition 3: no ext2, ext3 or ext4 file system, but swap space" disk -p 3
    mkfs part 8M -t ext4 -b 1024 -O ^has_journal
    dd if=part of=disk bs=1M seek=4 conv=notrunc status=none
    try ext4walk -0 -p 2 disk
    expect 0
    qemu-img convert -O qcow2 disk disk.qcow2
    try ext4walk -o out disk.qcow2
    expect_like 3 "ext4walk: disk.qcow2: $list: .*"
}

@test "a disk with an MBR: logical partitions are listed as well" {
    need sfdisk
    local list='no ext2, ext3 or ext4 file system, but a partition table: name one of its partitions with -p' kept=(disk)
    truncate -s 40M disk
    printf '%s\n' 'label: dos' 'start=2048, size=4096, type=83' 'start=8192, size=65536, type=5' \
        'start=10240, size=8192, type=82' 'start=20480, size=8192, type=8e' | sfdisk -q disk
    not_ours 3 "$list: 1 (Linux, 2.0M), 2 (Extended, 32M), 5 (Linux swap / Solaris, 4.0M), 6 (Linux LVM, 4.0M)" disk
    not_ours 3 "partition 5: no ext2, ext3 or ext4 file system: the magic number at offset 1080 is 0x0000, not 0xef53" disk -p 5
}
