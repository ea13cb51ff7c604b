# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154  # bats sets status, output and stderr
# What the tests of journals share: file systems whose journal has something to replay, and what
# e2fsck and the kernel make of them.  After helper.bash and ext4.bash.

# ---- journals that are written block by block ----

# For setup_file: $BASE, a file system with a journal of 1024 blocks and a file of 20 blocks;
# $BASE.4k and $BASE.ext3 are like it.  Beside them is what each test would have to find out.
base_images() {
    need mke2fs debugfs e2fsck dumpe2fs resize2fs perl qemu-img sfdisk losetup filefrag getfattr \
        setfattr
    export BASE_TREE=$BATS_FILE_TMPDIR/tree
    local tree=$BASE_TREE.4k
    export BASE=$BATS_FILE_TMPDIR/base
    mkdir -p "$BASE_TREE/dir"
    echo hello >"$BASE_TREE/dir/g"
    cp -r "$BASE_TREE" "$tree"
    perl -e 'printf "%-1023s\n", "block $_" for 0 .. 19' >"$BASE_TREE/f"
    perl -e 'printf "%-4095s\n", "block $_" for 0 .. 19' >"$tree/f"
    mkfs "$BASE" 3M -N 64 -t ext4 -b 1024 -J size=1 -O ^metadata_csum,^resize_inode -d "$BASE_TREE"
    mkfs "$BASE.ext3" 3M -N 64 -t ext3 -b 1024 -J size=1 -O ^resize_inode -d "$BASE_TREE"
    mkfs "$BASE.4k" 10M -N 64 -t ext4 -b 4096 -J size=4 -O ^metadata_csum,^resize_inode -d "$tree"
    local image
    for image in "$BASE" "$BASE.ext3" "$BASE.4k"; do
        ext4walk "$image" >"$image.manifest"
        seq 0 1023 | sed 's/^/bmap <8> /' | debugfs -f - "$image" 2>/dev/null | grep -v bmap >"$image.map"
        block_of "$image" f >"$image.f0"
    done
}

# journal [KEY=VALUE...] <SCRIPT: ./image becomes a copy of $BASE, or of what $from names, with this
# journal (see jbd2-write).  In the script fN stands for the file's N-th block.
journal() {
    local from=${from-$BASE} f0
    cp "$from" image
    ignored=$from.manifest
    if [ -e "$from.map" ]; then
        read -r f0 <"$from.f0"
        set -- "map=$from.map" "$@"
    else
        f0=$(block_of image f)
        ext4walk -q --journal=ignore image >"$ignored"
    fi
    "$BATS_TEST_DIRNAME/jbd2-write" image "f0=$f0" "$@"
}

# ---- journals that the kernel wrote ----

# mounted OPTIONS MKFS_OPTION...: a new file system in ./disk, mounted on ./mnt, of which nothing is
# written but what is asked for.  $root_flags: i_flags of the root, which new files take on.
mounted() {
    local options=$1
    shift
    need_root
    mkfs disk 12M "$@"
    [ -z "${root_flags-}" ] ||
        debugfs -w -R "set_inode_field / flags $root_flags" disk >/dev/null 2>&1
    mount -o "loop,commit=300,noinit_itable$options" disk mnt
}

# churned N: the file system is kept busy (see churn) for N rounds, and more until it is as $wanted
# says (a command that takes an image); then whoever does that is killed on the way.
churned() {
    local line=0 child
    mkfifo rounds reports
    "$BATS_TEST_DIRNAME/churn" mnt <rounds >reports 3>&- &
    child=$!
    exec 8>rounds 9<reports
    echo "$1" >&8
    while read -r line <&9 && [ "$line" -lt "$1" ]; do :; done
    while [ "${line:-500}" -lt 500 ] && ! ${wanted-true} disk; do
        echo 1 >&8
        read -r line <&9
    done
    echo 1000000 >&8
    read -r line <&9
    kill -KILL "$child"
    wait "$child" || true
    exec 8>&- 9<&-
    rm rounds reports
    [ "${line:-0}" -gt "$1" ]
}

# stopped FLAGS: no more is written (EXT4_IOC_SHUTDOWN; 0: after all that there is, 1: after the
# journal, 2: at once).
stopped() {
    perl -e 'open my $d, "<", "mnt" or die;
        ioctl $d, 0x8004587d, pack "V", $ARGV[0] or die "shutdown: $!\n"' "$1"
}

# What the disk has, while it is mounted, becomes ./image; then it is thrown away, and so is the
# process $user that uses it.
copied() {
    cp disk image
    if [ -n "${user-}" ]; then
        kill -KILL "$user"
        wait "$user" || true
    fi
    stopped 2
    umount mnt
    rm disk
    # What has been written back so far need not make sense.
    ignored=ignored.manifest
    ext4walk -q --journal=ignore image >"$ignored" || true
}

# makes_sense IMAGE: is there a tree in it without its journal?
makes_sense() {
    ext4walk -n -q --journal=ignore "$1" >/dev/null
}

# differs: would the tree of ./image be another without its journal?
differs() {
    ext4walk -q image >with.manifest
    ! cmp -s with.manifest "$ignored"
}

# busy OPTIONS MKFS_OPTION...: ./image is a file system that was busy, and is as $wanted says.  If
# that changed in the last moment, or the journal does not matter (so much has been written back by
# then), again.
busy() {
    local rounds
    for rounds in {40..100..5}; do
        mounted "$@"
        churned "$rounds"
        copied
        if differs && ${wanted-true} image; then return; fi
    done
    echo 'no journal was as it should be' >&2
    return 1
}

# ---- judges ----

# Its status does not always say so.
e2fsck_complains='error|orrupt|abort|nsupported|while recovering'

# e2fsck, or the kernel, replays the journal of ./image in a copy, which then has the same tree.
like_e2fsck() {
    local code=0 log
    cp image image.e2fsck
    log=$(e2fsck -E journal_only -y image.e2fsck 2>&1) || code=$?
    if [ "$code" -gt 1 ] || [[ $log =~ $e2fsck_complains ]]; then
        echo "$log" >&2
        return 1
    fi
    ext4walk -q image.e2fsck >e2fsck.manifest
    same replayed.manifest e2fsck.manifest
}

like_kernel() {
    need_root
    cp image image.kernel
    mount -o loop image.kernel mnt
    umount mnt
    ext4walk -q image.kernel >kernel.manifest
    same replayed.manifest kernel.manifest
}

# As the kernel shows it, too: names, metadata, extents and bytes.
like_kernel_shows() {
    like_kernel
    mkdir -p data
    rm -f data/*
    "$BATS_TEST_DIRNAME/tree-listing" manifest data <replayed.manifest >walked
    mount -o loop image.kernel mnt
    "$BATS_TEST_DIRNAME/tree-listing" directory mnt data >listed
    umount mnt
    diff listed walked >&2
}

# What is told of a replay of so many transactions and blocks.
told() {
    local s=s t=s
    [ "$1" -eq 1 ] && s=
    [ "$2" -eq 1 ] && t=
    echo "ext4walk: image: the journal was replayed in memory: $1 transaction$s, $2 block$t"
}

# replayed TRANSACTIONS BLOCKS [JUDGE...]: ./image, of which $ignored is the manifest without its
# journal, is walked as after a replay of so many, and as the judges have it (default: e2fsck
# kernel).  If it is no block, it is as without the journal.
replayed() {
    local transactions=$1 blocks=$2 judge
    shift 2
    [ $# -gt 0 ] || set -- e2fsck kernel
    try ext4walk -o replayed.manifest image
    expect 0 "$(told "$transactions" "$blocks")"
    if cmp -s replayed.manifest "$ignored"; then
        [ "$blocks" -eq 0 ]
    else
        [ "$blocks" -gt 0 ]
    fi
    for judge; do
        "like_$judge"
    done
}

# replayed_busy [JUDGE...]: the same, for an image that differs without its journal.
replayed_busy() {
    local judge
    [ $# -gt 0 ] || set -- e2fsck kernel
    try ext4walk -o replayed.manifest image
    local told='ext4walk: image: the journal was replayed in memory'
    expect_like 0 "$told: [0-9]+ transactions?, [1-9][0-9]* blocks"
    for judge; do
        "like_$judge"
    done
}

# The features of the journal in ./image, as dumpe2fs says.
features_are() {
    local found
    found=$(dumpe2fs -h image 2>/dev/null | sed -n 's/^Journal features: *//p')
    [ "$found" = "$1" ] || { echo "journal features: $found, not $1" >&2 && return 1; }
}

# ---- damage ----

# e2fsck does not replay the journal of ./image, or not all of it; the kernel does not mount it.
refused_by_e2fsck() {
    local code=0 log
    cp image image.e2fsck
    log=$(e2fsck -E journal_only -p image.e2fsck 2>&1) || code=$?
    [ "$code" -gt 1 ] || [[ $log =~ $e2fsck_complains ]]
}

refused_by_kernel() {
    need_root
    cp image image.kernel
    if mount -o loop image.kernel mnt 2>/dev/null; then
        umount mnt
        return 1
    fi
}

# refused_journal STATUS TEXT [JUDGE...]: the journal of ./image is refused so, by the judges as well
# (default: kernel; none: no judge); with --keep-going it is not replayed, which gives $ignored.
refused_journal() {
    local code=$1 text=$2 judge
    shift 2
    [ $# -gt 0 ] || set -- kernel
    try ext4walk -o out image
    expect "$code" "ext4walk: image: $text"
    [ ! -e out ]
    try ext4walk --keep-going -o out image
    expect 5 "ext4walk: image: $text: it is not replayed"
    same out "$ignored"
    rm out
    for judge; do
        [ "$judge" = none ] || "refused_by_$judge" || { echo "not refused by $judge" >&2 && return 1; }
    done
}
