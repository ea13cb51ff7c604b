# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Devices that hold what real tools put there, as images: `load probe` after `load helper`.
# The judge of what an image holds is `blkid -p -s TYPE -o value IMAGE`.

# What make_of makes with the packages that test/deps installs.
kinds() {
    echo ext2 ext3 ext4 ext-journal xfs btrfs fat12 fat16 fat32 exfat ntfs squashfs erofs swap swap-64k suspended \
        luks1 luks2
}

# What it makes where somebody has installed the tools as well.
kinds_of_others() {
    echo iso9660 iso-udf udf udf-4k f2fs jfs reiserfs nilfs2 gfs2 ocfs2 bcache apfs
}

# of_size FILE SIZE COMMAND...: run a command on an empty file, whose whole path is its last argument.
of_size() {
    local file=$1 size=$2
    shift 2
    rm -f "$file"
    truncate -s "$size" "$file"
    "$@" "$(realpath "$file")" >/dev/null 2>&1
}

# tree_to FILE COMMAND...: run a command that makes an image of a directory.  {} stands for the file
# that does not yet exist, the directory comes last.
tree_to() {
    local file=$1 tree status=0
    shift
    rm -f "$file"
    tree=$(mktemp -d)
    seq 1000 >"$tree/numbers"
    "${@//\{\}/"$file"}" "$tree" >/dev/null 2>&1 || status=$?
    rm -r "$tree"
    return "$status"
}

# luks_of VERSION FILE [OPTION...]: with a key that costs no time to derive.
luks_of() {
    local cheap=(--pbkdf pbkdf2 --pbkdf-force-iterations 1000)
    of_size "$2" 20M cryptsetup luksFormat --batch-mode --type "luks$1" "${cheap[@]}" "${@:3}" --key-file /dev/stdin <<<key
}

# make_of KIND FILE [LABEL]: an image of that kind, with the tool that its makers or Debian have for it.
make_of() {
    local file=$2 epoch=1600000000
    case $1 in
    ext2 | ext3 | ext4) of_size "$file" 4M mke2fs -q -F -t "$1" ${3+-L "$3"} ;;
    ext-journal) of_size "$file" 4M mke2fs -q -F -b 1024 -O journal_dev ${3+-L "$3"} ;;
    xfs) of_size "$file" 300M mkfs.xfs -q ${3+-L "$3"} ;;
    btrfs) of_size "$file" 120M mkfs.btrfs -q ${3+-L "$3"} ;;
    fat12) of_size "$file" 1440K mkfs.vfat -F 12 ${3+-n "$3"} ;;
    fat16) of_size "$file" 32M mkfs.vfat -F 16 ${3+-n "$3"} ;;
    fat32) of_size "$file" 64M mkfs.vfat -F 32 ${3+-n "$3"} ;;
    exfat) of_size "$file" 8M mkfs.exfat ${3+-L "$3"} ;;
    ntfs) of_size "$file" 8M mkntfs --quick --force ${3+-L "$3"} ;;
    squashfs) rm -f "$file" && SOURCE_DATE_EPOCH=$epoch mksquashfs /dev/null "$file" -quiet -no-progress >/dev/null ;;
    erofs) tree_to "$file" mkfs.erofs -T $epoch ${3+-L "$3"} {} ;;
    swap) of_size "$file" 1M mkswap ${3+-L "$3"} ;;
    swap-64k) of_size "$file" 1M mkswap --pagesize 65536 ${3+-L "$3"} ;;
    suspended) # As a kernel with pages of 4096 bytes leaves it: its mark in the place of mkswap's.
        make_of swap "${@:2}" && printf 'S1SUSPEND\0' | dd of="$file" bs=1 seek=4086 conv=notrunc status=none ;;
    luks1) luks_of 1 "$file" ;;
    luks2) luks_of 2 "$file" ${3+--label "$3"} ;;
    iso9660) tree_to "$file" xorriso -as mkisofs -quiet ${3+-V "$3"} -o {} ;;
    iso-udf) tree_to "$file" genisoimage -quiet -udf ${3+-V "$3"} -o {} ;;
    udf) of_size "$file" 4M mkudffs --media-type=hd ${3+--label "$3"} ;;
    udf-4k) of_size "$file" 8M mkudffs --media-type=hd --blocksize=4096 ${3+--label "$3"} ;;
    f2fs) of_size "$file" 64M mkfs.f2fs -q ${3+-l "$3"} ;;
    jfs) of_size "$file" 16M mkfs.jfs -q ${3+-L "$3"} ;;
    reiserfs) of_size "$file" 40M mkreiserfs -q -f -f ${3+-l "$3"} ;;
    nilfs2) of_size "$file" 132M mkfs.nilfs2 -q ${3+-L "$3"} ;;
    gfs2) of_size "$file" 64M mkfs.gfs2 -O -p lock_nolock ${3+-t "$3"} ;;
    ocfs2) of_size "$file" 64M mkfs.ocfs2 --fs-features=local -M local -F -x ${3+-L "$3"} ;;
    bcache) of_size "$file" 16M make-bcache -B ;;
    apfs) of_size "$file" 512M mkapfs ;;
    *)
        echo "make_of: no kind $1" >&2
        return 1
        ;;
    esac
}
