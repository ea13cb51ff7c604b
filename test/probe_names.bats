# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031  # each test is a subshell of its own
# What a device is called, against blkid.

load helper
load ext4
load probe

setup() {
    own_directory
}

# called DEVICE LABEL: that is its label, and blkid says the same of it, of the UUID and of the type.
# (One run of blkid names what there is, in an order of its own.)
called() {
    try "$ENGRAM_BUILD/unit/probe_names" "$1"
    expect 0
    [ "$(sed -n 2p <<<"$output")" = "$2" ]
    [ "$(sort <<<"$output" | grep .)" = "$(blkid -d -p -s TYPE -s LABEL -s UUID -o value "$1" | sort)" ]
}

# How a tool reads a label that it converts is the locale's affair.
make_named() {
    LC_ALL=C.UTF-8 make_of "$@"
}

@test "a device that was given no label" {
    local kind
    for kind in $(kinds); do
        make_of "$kind" device
        called device ""
    done
}

@test "a device that was given a label" {
    local kind label
    while read -r kind label; do
        make_named "$kind" device "$label"
        called device "$label"
    done <<-LABELS
	ext2 a b\c
	ext4 Größe "ü" 漢
	ext4 sixteen bytes, 6
	ext-journal Größe
	xfs Größe 1234
	btrfs Größe $(printf '%0246d' 0)
	fat12 ELEVENCHARS
	fat16 A B
	fat32 lower case
	exfat Größe 漢 ab
	exfat 😀
	ntfs Größe 漢 😀
	swap Größe
	swap-64k fifteen bytes 5
	suspended Größe
	luks2 Größe
	LABELS
}

# hex_of TEXT: its bytes, for poke.
hex_of() {
    printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}

# fat_label_at FILE: where FAT16's root directory has its first entry, which is the label.
fat_label_at() {
    echo $((($(number "$1" 14 2) + 2 * $(number "$1" 22 2)) * 512))
}

@test "FAT: the label is the root directory's, not the boot sector's" {
    local label_at
    make_of fat16 device LABEL
    label_at=$(fat_label_at device)
    poke device 43 424f4f54
    called device LABEL
    poke device "$label_at" 998e # as it is, in whatever code page
    called device $'\x99\x8eBEL'
    poke device "$label_at" 05
    called device $'\xe5\x8eBEL'
    poke device "$label_at" e5 # deleted
    called device ""
    poke device 39 00000000 # no serial number
    called device ""
    poke device "$label_at" "$(hex_of 'NO NAME    ')"
    called device "NO NAME"
}

@test "a FAT32 label in the second cluster of its root directory" {
    local reserved data cluster i
    make_of fat32 device LABEL
    cluster=$((512 * $(number device 13 1)))
    reserved=$(number device 14 2)
    data=$(((reserved + 2 * $(number device 36 4)) * 512))
    # Files that were deleted, no entry that is the end.
    for ((i = 0; i < cluster; i += 32)); do
        poke device $((data + i)) e5
    done
    called device ""
    poke device $((reserved * 512 + 8)) 08000000
    poke device $((data + 6 * cluster)) "$(hex_of 'SECOND     ')08"
    called device SECOND
}

uuid=0123456789abcdef1032547698badcfe

@test "what no tool here makes, by hand" {
    # MD 1.2, its name, where it is.
    truncate -s 64M device
    poke device 4096 fc4e2ba901000000
    poke device 4096+16 "$uuid$(hex_of 'höst:größe')"
    poke device 4096+144 08
    called device höst:größe
    # MD 0.90 of a little-endian and of a big-endian machine.
    truncate -s 0 device && truncate -s 64M device
    poke device 63*1048576+15*65536 fc4e2ba9000000005a000000
    poke device 63*1048576+15*65536+20 67452301
    poke device 63*1048576+15*65536+52 efcdab8976543210fedcba98
    called device ""
    truncate -s 0 device && truncate -s 64M device
    poke device 63*1048576+15*65536 a92b4efc000000000000005a
    poke device 63*1048576+15*65536+20 01234567
    poke device 63*1048576+15*65536+52 89abcdef1032547698badcfe
    called device ""
    # VMFS.
    truncate -s 0 device && truncate -s 64M device
    poke device 2097152 5ef1ab2f05
    poke device 2097152+9 "$uuid"
    poke device 2097152+29 "$(hex_of store)"
    called device store
    # EROFS, whose mkfs has learned to label later.
    make_of erofs device
    poke device 1024+64 "$(hex_of Größe)"
    called device Größe
}

@test "a member of a ZFS pool" {
    local i
    truncate -s 64M device
    # Four uberblocks, which are what blkid looks for, and the trailer of the configuration.
    for i in 4 5 6 7; do
        poke device 131072+1024*$i 0cb1ba0000000000
    done
    poke device 131072-40 117a0cb17ada1002
    # XDR; flags; version, name and number of the pool, name of a host; the end.
    poke device 16384 0101000000000000 00000001 \
        00000024 00000020 00000007 "$(hex_of version)00" 00000008 00000001 0000000000001388 \
        00000024 00000020 00000004 "$(hex_of name)" 00000009 00000001 00000005 "$(hex_of tänk)000000" \
        00000028 00000020 00000009 "$(hex_of pool_guid)000000" 00000008 00000001 fedcba9876543210 \
        00000028 00000028 00000008 "$(hex_of hostname)" 00000009 00000001 00000004 "$(hex_of host)" 0000000000000000
    called device tänk
}
