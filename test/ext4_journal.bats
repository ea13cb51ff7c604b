# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2154  # each test is a subshell of its own
# ext4walk of file systems whose journal must be replayed: what e2fsck and the kernel make of them.

load helper
load ext4
load journal

# Three transactions in 6, 7 and 4 blocks of the log, with an escaped block, one that is as the log
# has it though it starts with zeros, revokes before and behind what they are about, and two
# descriptors in one transaction.  Behind the last one f0, f2, f3, f4 and f6 are rewritten.
STORY='
desc f0 f1:e f2:z
revoke f3
commit
desc f3:e f4:u f0
desc f5
commit
revoke f1 f5
desc f6
commit'

setup_file() {
    base_images
}

setup() {
    own_directory
    mkdir mnt
}

teardown() {
    if mountpoint -q mnt; then umount mnt || umount -l mnt; fi
}

# ---- journals that the kernel wrote ----

# killed FEATURES OPTIONS MKFS_OPTION...: whoever was writing is killed; what is then on the disk is
# walked as e2fsck and the kernel have it.  shown: and as the kernel shows it.
killed() {
    local features=$1
    shift
    busy "$@"
    features_are "$features"
    replayed_busy
}
shown() {
    local features=$1
    shift
    busy "$@"
    features_are "$features"
    replayed_busy e2fsck kernel_shows
}

# Blocks of the log are revokes; of others the data starts with the magic number, and so is stored
# without it; the log starts behind where it ends.
has_revokes() {
    debugfs -R logdump "$1" 2>/dev/null | grep -q 'type 5 (revoke table)'
}
has_escaped() {
    [ "$(debugfs -R 'logdump -a' "$1" 2>/dev/null | grep -c 'flags 0x[13579bdf])')" -gt 20 ]
}
has_both() {
    has_revokes "$1" && has_escaped "$1"
}
is_wrapped() {
    local start end
    start=$(dumpe2fs -h "$1" 2>/dev/null | sed -n 's/^Journal start: *//p')
    end=$(debugfs -R logdump "$1" 2>/dev/null | sed -n 's/.* at block \([0-9]*\): end of .*/\1/p')
    [ "$end" -lt "$start" ]
}

@test "ext3 with blocks of 1 KiB, its writer killed" {
    wanted=has_revokes shown 'journal_incompat_revoke' '' -t ext3 -b 1024
}

@test "ext3 with blocks of 4 KiB, its writer killed" {
    killed 'journal_incompat_revoke' '' -t ext3 -b 4096
}

@test "ext4 with blocks of 1 KiB, its writer killed" {
    killed 'journal_incompat_revoke journal_64bit journal_checksum_v3' '' -t ext4 -b 1024
}

@test "ext4 with blocks of 4 KiB, its writer killed" {
    wanted=has_revokes shown 'journal_incompat_revoke journal_64bit journal_checksum_v3' '' -t ext4 -b 4096
}

@test "ext4 of 32 bits, its writer killed" {
    killed 'journal_incompat_revoke journal_checksum_v3' '' -t ext4 -b 1024 -O ^64bit
}

@test "ext4 without checksums, of 32 and of 64 bits, its writer killed" {
    killed 'journal_incompat_revoke' '' -t ext4 -b 1024 -O ^metadata_csum,^64bit
    killed 'journal_incompat_revoke journal_64bit' '' -t ext4 -b 1024 -O ^metadata_csum
}

@test "ext4 with the first kind of journal checksums, its writer killed" {
    killed 'journal_checksum journal_incompat_revoke journal_64bit' ,journal_checksum \
        -t ext4 -b 1024 -O ^metadata_csum
}

@test "ext4 with asynchronous commits and either kind of checksums, its writer killed" {
    killed 'journal_checksum journal_incompat_revoke journal_64bit journal_async_commit' \
        ,journal_async_commit,data=writeback -t ext4 -b 1024 -O ^metadata_csum
    killed 'journal_incompat_revoke journal_64bit journal_async_commit journal_checksum_v3' \
        ,journal_async_commit,data=writeback -t ext4 -b 1024
}

@test "ext3 and ext4 with all data in the journal, their writer killed" {
    wanted=has_escaped killed '(none)' ,data=journal -t ext3 -b 1024
    wanted=has_escaped shown 'journal_64bit journal_checksum_v3' ,data=journal -t ext4 -b 1024
}

@test "ext3 and ext4 with the data of some files in the journal, their writer killed" {
    # EXT4_JOURNAL_DATA_FL
    root_flags=0x4000 wanted=has_both killed 'journal_incompat_revoke' '' -t ext3 -b 1024
    root_flags=0x84000 wanted=has_both \
        killed 'journal_incompat_revoke journal_64bit journal_checksum_v3' ,nodelalloc -t ext4 -b 1024
}

@test "ext4 with inline_data, ea_inode and orphan_file, its writer killed" {
    shown 'journal_incompat_revoke journal_64bit journal_checksum_v3' '' \
        -t ext4 -b 1024 -I 512 -O inline_data,ea_inode,orphan_file
}

@test "ext4 with bigalloc and meta_bg, its writer killed" {
    shown 'journal_incompat_revoke journal_64bit journal_checksum_v3' '' \
        -t ext4 -b 4096 -C 16384 -O bigalloc,meta_bg,^resize_inode
}

@test "a small journal that has wrapped, with blocks of 1 KiB" {
    wanted=is_wrapped killed 'journal_incompat_revoke journal_64bit journal_checksum_v3' '' \
        -t ext4 -b 1024 -J size=1
    wanted=is_wrapped killed '(none)' ,data=journal -t ext3 -b 1024 -J size=1
}

@test "a small journal that has wrapped, with blocks of 4 KiB" {
    wanted=is_wrapped killed 'journal_64bit journal_checksum_v3' ,data=journal -t ext4 -b 4096 -J size=4
}

@test "files that were open when they lost their last name are not in the tree" {
    local options inode child
    for options in orphan_file ^orphan_file; do
        mounted '' -t ext4 -b 1024 -O "$options"
        mkfifo deleted hold
        perl -MIO::Handle -e 'chdir "mnt"; open my $f, ">", "open" or die; print $f "x" x 5000; close $f;
            open $f, "<", "open" or die; unlink "open" or die; open my $k, ">", "kept" or die; $k->sync;
            print((stat $f)[1], "\n"); close STDOUT; <STDIN>' <hold >deleted 3>&- &
        child=$!
        exec 8>hold
        read -r inode <deleted
        user=$child copied
        exec 8>&-
        rm deleted hold
        replayed_busy e2fsck kernel_shows
        [ "$(ext4walk -q -0 image | tr '\0' ' ')" = '/ /kept /lost+found ' ]
        # It is there, but for its name.
        debugfs -R "stat <$inode>" image.e2fsck 2>/dev/null | grep 'Links: 0'
    done
}

@test "a file system that was shut down, in each of the three ways" {
    local flags
    for flags in 0 1 2; do
        mounted '' -t ext4 -b 1024
        echo synced >mnt/synced
        sync mnt/synced
        echo late >mnt/late
        stopped "$flags"
        cp disk image
        umount mnt
        try ext4walk -o replayed.manifest image
        # All was written back; the last transaction was committed before the end; it was not.
        case $flags in
        0) expect 0 ;;
        *) expect_like 0 'ext4walk: image: the journal was replayed in memory: [12] .*' ;;
        esac
        case $flags in
        2) [[ $(ext4walk -q -0 image | tr '\0' ' ') == *' /synced ' ]] ;;
        *) [[ $(ext4walk -q -0 image | tr '\0' ' ') == *' /late '*' /synced ' ]] ;;
        esac
        like_e2fsck
        like_kernel
    done
}

@test "a journal in a pipe, in a qcow2 image and in a partition" {
    busy '' -t ext4 -b 1024
    ext4walk -q -o file.manifest image
    # shellcheck disable=SC2002  # a pipe is the point
    cat image | ext4walk -q - >pipe.manifest
    same file.manifest pipe.manifest
    ext4walk -q -o redirected.manifest <image
    same file.manifest redirected.manifest
    qemu-img convert -c -O qcow2 image image.qcow2
    ext4walk -q -o qcow2.manifest image.qcow2
    same file.manifest qcow2.manifest
    truncate -s 16M disk
    printf '%s\n' 'label: gpt' 'start=2048, size=2048' 'start=4096, size=24576' | sfdisk -q disk
    dd if=image of=disk bs=1M seek=2 conv=notrunc status=none
    ext4walk -q -p 2 -o partition.manifest disk
    same file.manifest partition.manifest
    qemu-img convert -O qcow2 disk disk.qcow2
    ext4walk -q -p 2 -o both.manifest disk.qcow2
    same file.manifest both.manifest
}

# An attribute is nothing that a fast commit can tell of.
slow_commit() {
    echo one >mnt/one
    setfattr -n user.one -v 1 mnt/one
    sync mnt/one
}

@test "a journal with room for fast commits, but none in it, is replayed" {
    mounted '' -t ext4 -b 1024 -J size=4 -O fast_commit
    slow_commit
    copied
    replayed_busy
}

@test "a journal with a fast commit is refused" {
    mounted '' -t ext4 -b 1024 -J size=4 -O fast_commit
    slow_commit
    echo two >mnt/two
    sync mnt/two
    copied
    local last
    last=$(debugfs -R logdump image 2>/dev/null |
        sed -n 's/^Found expected sequence \([0-9]*\), type 2 .*/\1/p' | tail -1)
    refused_journal 4 "journal: a fast commit to transaction $((last + 1)) may have to be replayed (feature \
fast_commit), which is not supported" none
}

@test "a journal whose file system is not marked needs_recovery is not replayed" {
    wanted=makes_sense busy '' -t ext4 -b 1024 -O ^metadata_csum
    debugfs -w -R 'feature -needs_recovery' image >/dev/null 2>&1
    try ext4walk -o replayed.manifest image
    expect 0
    cp image ignored
    debugfs -w -R 'feature needs_recovery' ignored >/dev/null 2>&1
    ext4walk -q --journal=ignore -o ignored.manifest ignored
    same replayed.manifest ignored.manifest
    like_kernel
}

# ---- journals that debugfs wrote ----

# debugfs_journal JO_OPTIONS: f0 to f3 are written; f1 is revoked; f1 and f4 are written; f0 and f4
# are revoked; f5 is written; f6 is written, but not committed.
debugfs_journal() {
    local f
    cp "${from-$BASE}" image
    ignored=${from-$BASE}.manifest
    perl -e 'printf "%-1023s\n", "new $_" for 0 .. 3' >data
    f=$(block_of image f)
    debugfs -w -f /dev/stdin image >debugfs.log 2>&1 <<-COMMANDS
	jo $1
	jw -b $f,$((f + 1)),$((f + 2)),$((f + 3)) data
	jw -r $((f + 1))
	jw -b $((f + 1)),$((f + 4)) data
	jw -r $f,$((f + 4))
	jw -b $((f + 5)) data
	jw -b $((f + 6)) -c data
	jc
	COMMANDS
}

@test "a journal by debugfs, with revoked blocks, of 32 and of 64 bits" {
    debugfs_journal ''
    features_are 'journal_incompat_revoke journal_64bit'
    replayed 5 4
    from=$BASE.ext3 debugfs_journal ''
    features_are 'journal_incompat_revoke'
    replayed 5 4
}

@test "a journal by debugfs with checksums, of 32 and of 64 bits" {
    local bits kind wide=([32]='' [64]=' journal_64bit')
    for bits in 32 64; do
        mkfs with-sums 4M -t ext4 -b 1024 -J size=1 -d "$BASE_TREE" \
            -O "metadata_csum,^resize_inode,$([ $bits -eq 64 ] || echo ^)64bit"
        ext4walk -o with-sums.manifest with-sums
        for kind in 2 3; do
            from=with-sums debugfs_journal "-c -v $kind"
            features_are "journal_incompat_revoke${wide[$bits]} journal_checksum_v$kind"
            replayed 5 4
        done
    done
}

# ---- journals written block by block ----

@test "three transactions, with each kind of checksums, of 32 and of 64 bits" {
    local kind
    for kind in revoke checksum v2 v3; do
        journal "features=revoke,$kind" sequence=7 <<<"$STORY"
        replayed 3 5
        journal "features=revoke,64bit,$kind" sequence=7 <<<"$STORY"
        replayed 3 5
    done
}

@test "three transactions in blocks of 4 KiB, and in the indirect blocks of ext3" {
    from=$BASE.4k journal features=revoke,64bit,v3 sequence=7 <<<"$STORY"
    replayed 3 5
    from=$BASE.ext3 journal features=revoke sequence=7 <<<"$STORY"
    replayed 3 5
    # Of the first format, which has no features.
    from=$BASE.ext3 journal features= type=3 sequence=7 <<-SCRIPT
	desc f0 f1:e
	commit
	SCRIPT
    replayed 1 2
}

@test "transactions across the end of the log, wherever that is in them" {
    local start
    for start in {1007..1023}; do
        journal features=revoke,checksum start="$start" sequence=7 <<<"$STORY"
        replayed 3 5 e2fsck
    done
    for start in 1010 1019 1023; do
        journal features=revoke,64bit,v3 start="$start" sequence=7 <<<"$STORY"
        replayed 3 5
    done
}

@test "a transaction that fills the whole log" {
    journal features=revoke,v3 start=500 sequence=7 < <(
        perl -e 'print "desc f0 f1 f2\n" x 254, "desc f3 f4 f5 f6 f7\n", "commit\n"'
    )
    debugfs -R logdump image 2>/dev/null | grep -x 'Found expected sequence 7, type 2 (commit block) at block 499'
    replayed 1 8
}

@test "a block that is written again and again: the last time counts, and no more are kept" {
    journal features=revoke,v3 sequence=7 < <(perl -e 'print "desc f0=$_ f1=$_ f2\ncommit\n" for 1 .. 200')
    replayed 200 3
    ext4cat -q image /f | head -c 3 | grep -x 200
}

# cut_short FEATURES FROM: of the story's 17 blocks only the first are there, FROM or more.  (Under the
# sanitizers, as many as divide by 3 or are a whole story.)
cut_short() {
    local cut
    for ((cut = $2; cut <= 17; cut++)); do
        ! sanitized || [ $((cut % 3)) -eq 0 ] || [ $cut -eq 17 ] || continue
        journal "features=$1" start=1015 sequence=7 "cut=$cut" <<<"$STORY"
        case $cut in
        [0-5]) replayed 0 0 e2fsck ;;
        [6-9] | 1[0-2]) replayed 1 3 e2fsck ;;
        1[3-6]) replayed 2 6 e2fsck ;;
        17) replayed 3 5 ;;
        esac
    done
}

@test "transactions cut short at every block" {
    cut_short revoke 0
}

@test "transactions cut short at every block, with checksums of all kinds" {
    cut_short revoke,64bit,v3 0
    cut_short revoke,checksum 11
    cut_short revoke,v2 13
}

@test "transactions cut short where the kernel is asked" {
    journal features=revoke,64bit,v3 start=1015 sequence=7 cut=5 <<<"$STORY"
    replayed 0 0 kernel
    journal features=revoke,64bit,v3 start=1015 sequence=7 cut=8 <<<"$STORY"
    replayed 1 3 kernel
    journal features=revoke,64bit,v3 start=1015 sequence=7 cut=16 <<<"$STORY"
    replayed 2 6 kernel
}

# Where a block of the journal starts in ./image.
log_at() {
    echo $((1024 * $(debugfs -R "bmap <8> $1" image 2>/dev/null)))
}

# over_old FEATURES OLD_SECONDS CUT: the story, cut short, over one of another time in the same place
# with the same numbers, but the checksums of another journal.
over_old() {
    journal "features=$1" uuid=9 sequence=7 <<<"${STORY//commit/commit sec=$2}"
    mv image image.old
    from=image.old journal "features=$1" sequence=7 "cut=$3" <<<"$STORY"
}

@test "what an older time has left in the log is not replayed" {
    # Of smaller numbers: nothing but the end.
    journal features=revoke sequence=1 <<<"$STORY"
    mv image image.old
    from=image.old journal features=revoke sequence=7 cut=6 <<<"$STORY"
    replayed 1 3
    # Of the numbers that come next.
    local kind
    for kind in v2 v3; do
        over_old "revoke,64bit,$kind" 1500000000 6
        replayed 1 3
        over_old "revoke,64bit,$kind" 1500000000 13
        replayed 2 6
        # In the middle of a transaction.
        over_old "revoke,64bit,$kind" 1500000000 9
        replayed 1 3
    done
    # Commits alone can tell, too.
    for kind in checksum v3; do
        journal "features=revoke,$kind" sequence=7 <<-SCRIPT
	desc f0
	commit
	desc f1
	commit sum=wrong sec=1500000000
	desc f2
	commit
	SCRIPT
        replayed 1 1
    done
}

@test "bad-ext4-journal-checksum-stale-but-newer" {
    local wrong='it was committed, but a checksum in it is wrong' kind
    for kind in v2 v3; do
        over_old "revoke,64bit,$kind" 1600000000 6
        refused_journal 3 "journal: transaction 8: $wrong"
        over_old "revoke,64bit,$kind" 1700000000 13
        refused_journal 3 "journal: transaction 9: $wrong"
    done
}

# commits FEATURES COMMIT...: transactions of a block each, f0 and up, and how each is committed;
# `-`: not at all.
commits() {
    local features=$1 commit i=0
    shift
    journal "features=$features" sequence=7 < <(
        for commit; do
            echo "desc f$((i++))"
            [ "$commit" = - ] || echo "commit ${commit#+}"
        done
    )
}

@test "an asynchronous commit with a wrong checksum is where the log ends" {
    local bad=sum=wrong
    commits checksum,async + + $bad
    replayed 2 2
    commits checksum,async + $bad -
    replayed 1 1
    commits checksum,async $bad
    replayed 0 0
    commits v3,async + + $bad
    replayed 2 2
    commits v3,async + $bad -
    replayed 1 1
    commits v3,async + $bad +
    replayed 1 1
    commits v2,async + $bad + +
    replayed 1 1
    # The last of them counts.
    commits v3,async + $bad $bad +
    replayed 2 2
}

@test "bad-ext4-journal-commit-async-not-last" {
    commits checksum,async + sum=wrong +
    refused_journal 3 'journal: transaction 8: it was committed, but a checksum in it is wrong'
    commits checksum,async + sum=wrong sum=wrong
    refused_journal 3 'journal: transaction 8: it was committed, but a checksum in it is wrong'
    # Behind it a descriptor is wrong in a transaction that is no older.
    journal features=v3,async sequence=7 <<-SCRIPT
	desc f0
	commit sum=wrong
	desc sum=wrong f1
	commit
	SCRIPT
    refused_journal 3 'journal: transaction 8: it was committed, but a checksum in it is wrong'
}

@test "a commit without a checksum is right with the first kind" {
    commits checksum + sum=none +
    replayed 3 3
}

@test "a commit block of which only the header was written is right" {
    # e2fsprogs do not know of that yet.
    commits v3 + sum=short +
    replayed 3 3 kernel
    commits v2,64bit sum=short
    replayed 1 1 kernel
}

@test "bad-ext4-journal-commit-padding" {
    commits v3 + sum=short +
    poke image "$(log_at 6)+60" 78
    refused_journal 3 'journal: transaction 8: it was committed, but a checksum in it is wrong'
}

@test "blocks that are revoked before, within and after the transaction that writes them" {
    local kind
    for kind in revoke v3; do
        journal "features=revoke,64bit,$kind" sequence=0xfffffffd <<-SCRIPT
	revoke f0 f1
	desc f1 f2
	revoke f2
	commit
	desc f0 f3 f4 f5
	commit
	revoke f3 f3
	commit
	desc f4
	revoke f0
	revoke f5
	desc f3 f5
	revoke f6
	commit
	SCRIPT
        # f1 and f2 by the first, f0 and f5 by others, also later; f3 and f4 are what the last wrote.
        replayed 4 2
    done
}

@test "a revoke block that is full, and one that is empty" {
    local bits each
    for bits in 32 64; do
        each=$(((1024 - 16 - 4) / (bits / 8)))
        journal "features=revoke,v3$([ $bits -eq 32 ] || echo ,64bit)" sequence=7 <<-SCRIPT
	desc f0 f1 f2
	commit
	revoke $(seq -s ' ' 100 $((100 + each - 2))) f1
	revoke
	commit
	SCRIPT
        replayed 2 2
    done
}

@test "blocks outside the file system may be revoked" {
    journal features=revoke,64bit,v3 sequence=7 <<-SCRIPT
	desc f0 f1
	revoke f1 3072 1000000000000
	commit
	SCRIPT
    replayed 1 1
}

# full_descriptor FEATURES BYTES TAIL: a descriptor block as full as it can be, whose last tag is not
# marked as such, and another.
full_descriptor() {
    local tags=$((1 + (1024 - 12 - 16 - $2 - $3) / $2)) i
    journal "features=$1" sequence=7 < <(
        printf desc
        for ((i = 0; i < tags - 1; i++)); do
            printf ' f%d' $((i % 18))
        done
        printf ' f18:n\ndesc f19\ncommit\n'
    )
    replayed 1 20
}

@test "a full descriptor block, with tags of 8, 10, 12, 14 and 16 bytes" {
    full_descriptor revoke 8 0
    full_descriptor v2 10 4
    full_descriptor 64bit 12 0
    full_descriptor 64bit,v2 14 4
    full_descriptor v3 16 4
    full_descriptor 64bit,v3 16 4
}

@test "tags with and without a UUID" {
    local kind
    for kind in revoke v2 64bit,v2 v3; do
        journal "features=$kind" sequence=7 <<-SCRIPT
	desc f0:s f1 f2
	desc f3:u f4:u f5:u
	desc f6:s f7:u f8
	commit
	SCRIPT
        replayed 1 9
    done
}

@test "what follows the tag that is marked as the last is none" {
    journal features=v3 sequence=7 <<-SCRIPT
	desc f0 f1:l f2 f3
	commit
	SCRIPT
    # Where the log goes on is the third tag's data.
    replayed 0 0
}

@test "of a block that is written more than once the last counts, in one descriptor, too" {
    journal features=v3 sequence=7 <<-SCRIPT
	desc f0=first f1:e=first f0=second
	commit
	desc f1=second f0=third f0=fourth
	commit
	SCRIPT
    replayed 2 2
    [ "$(ext4cat -q image /f | grep -aoE 'first|second|third|fourth' | tr '\n' ' ')" = 'fourth second ' ]
}

@test "a file system that has grown since its superblock was last written" {
    mkfs small 9M -t ext4 -b 1024 -J size=1 -O ^flex_bg -d "$BASE_TREE"
    truncate -s 24M small
    cp small large
    resize2fs large 24M >resize2fs.log 2>&1
    from=small journal features=revoke,64bit,v3 sequence=7 <<-SCRIPT
	become large
	desc f0
	revoke 20000
	commit
	SCRIPT
    debugfs -R 'logdump -a' image 2>/dev/null | grep 'FS block 16385 logged'
    ext4walk -o replayed.manifest image
    like_e2fsck
    like_kernel
    dumpe2fs -h image.e2fsck 2>/dev/null | grep -E 'Block count: +24576'
    # Only so far.
    from=small journal features=revoke,64bit,v3 sequence=7 <<-SCRIPT
	become large
	desc 24576
	commit
	SCRIPT
    refused_journal 3 'journal: transaction 7: block 24576 lies outside the file system (24576 blocks)'
}

# What is then not in use need not be kept.
@test "a journal that holds all of what came after, up to a clean end, in a file and in a pipe" {
    local sums
    for sums in metadata_csum ^metadata_csum; do
        mkfs before 8M -t ext4 -b 1024 -J size=1 -O "$sums,^resize_inode" -d "$BASE_TREE"
        cp before after
        debugfs -w -f /dev/stdin after >debugfs.log 2>&1 <<-COMMANDS
	write $BASE_TREE/f new
	rm f
	mkdir made
	symlink link target
	COMMANDS
        from=before journal features=revoke,64bit,v3 sequence=7 <<-SCRIPT
	become after
	commit
	SCRIPT
        ext4walk -q -o replayed.manifest image
        ext4walk -o after.manifest after
        same replayed.manifest after.manifest
        run ! cmp -s replayed.manifest "$ignored"
        like_e2fsck
        like_kernel
        # shellcheck disable=SC2002  # a pipe is the point
        cat image | ext4walk -q - >pipe.manifest
        same replayed.manifest pipe.manifest
    done
}

# ---- what is asked for ----

@test "--journal=strict refuses a journal that must be replayed, and no other" {
    local text='the journal must be replayed first (feature needs_recovery), which --journal=strict refuses'
    journal features=v3 sequence=7 <<<"$STORY"
    try ext4walk --journal=strict -o out image
    expect 4 "ext4walk: image: $text"
    try ext4walk --journal=strict --keep-going -o out image
    expect 4 "ext4walk: image: $text"
    left_behind . image mnt
    try ext4cat --journal=strict image /dir/g
    expect 4 "ext4cat: image: $text"
    try ext4walk --journal=strict -o out "$BASE"
    expect 0
}

@test "--journal=ignore walks what is stored, with a warning" {
    journal features=v3 sequence=7 <<<"$STORY"
    try ext4walk --journal=ignore -o out image
    expect 0 'ext4walk: image: the journal is not replayed: the tree may be an old one, or none'
    ext4walk -o before.manifest "$BASE"
    same out before.manifest
    try ext4walk --journal=ignore -o out "$BASE"
    expect 0
    try ext4walk --journal=replay -q -o out image
    expect 0
    run ! cmp -s out before.manifest
}

@test "a journal that was given up because of an error is told of" {
    journal features=v3 sequence=7 errno=5 <<<"$STORY"
    try ext4walk -o out image
    expect 0 "$(told 3 5)
ext4walk: image: the journal was given up because of an error (5)"
}

# ---- damage: the journal's superblock ----

# super KEY=VALUE...: the story, in a journal whose superblock is another.
super() {
    journal sequence=7 "$@" < <(echo at 1 && echo "$STORY")
}

@test "bad-ext4-journal-super-magic" {
    super features=revoke
    poke image "$(log_at 0)" 00
    refused_journal 3 'journal: superblock: magic number 0x003b3998, not 0xc03b3998'
}

@test "bad-ext4-journal-super-type" {
    local type
    for type in 0 1 2 5; do
        super features=revoke "type=$type"
        refused_journal 3 "journal: superblock: type $type, must be 3 or 4"
    done
}

@test "bad-ext4-journal-super-blocksize" {
    super features=revoke blocksize=2048
    refused_journal 3 "journal: superblock: blocks of 2048 bytes, but the file system's have 1024"
}

@test "bad-ext4-journal-super-maxlen" {
    super features=revoke maxlen=1025
    refused_journal 3 'journal: superblock: 1025 blocks, but the journal has 1024'
    super features=revoke maxlen=0xffffffff
    refused_journal 3 'journal: superblock: 4294967295 blocks, but the journal has 1024'
    super features=revoke maxlen=1023
    refused_journal 3 'journal: superblock: 1023 blocks, must be at least 1024'
    super features=revoke maxlen=0
    refused_journal 3 'journal: superblock: 0 blocks, must be at least 1024'
}

@test "bad-ext4-journal-super-first" {
    local first
    for first in 0 2 1024 0xffffffff; do
        super features=revoke "first=$first"
        refused_journal 3 "journal: superblock: the log starts at block $((first)), must be 1 to 1"
    done
}

@test "bad-ext4-journal-super-start" {
    super features=revoke start=1024
    refused_journal 3 'journal: superblock: its first transaction is at block 1024, must be 1 to 1023'
    super features=revoke start=0xffffffff
    refused_journal 3 'journal: superblock: its first transaction is at block 4294967295, must be 1 to 1023'
}

@test "a journal that starts nowhere is empty" {
    super features=revoke start=0
    replayed 0 0
}

@test "bad-ext4-journal-super-checksum" {
    local kind
    for kind in v2 v3; do
        super "features=$kind" supersum=wrong
        try ext4walk -o out image
        expect_like 3 'ext4walk: image: journal: superblock: checksum 0x[0-9a-f]{8}, computed 0x[0-9a-f]{8}'
        refused_journal 3 "${stderr#*image: }"
    done
}

@test "bad-ext4-journal-super-features-unknown" {
    super incompat=0x40
    refused_journal 4 'journal: the incompatible feature bits 0x40 are unknown and not supported'
    super incompat=0x80000011
    refused_journal 4 'journal: the incompatible feature bits 0x80000000 are unknown and not supported'
    super rocompat=0x3
    refused_journal 4 'journal: the read-only compatible feature bits 0x3 are unknown and not supported'
    # Compatible ones are for nobody to mind.
    super features=revoke compat=0x80
    replayed 3 5
}

@test "bad-ext4-journal-super-features-contradict" {
    super features=v2,v3
    refused_journal 3 'journal: superblock: 2 kinds of checksums at once'
    super features=checksum,v3
    refused_journal 3 'journal: superblock: 2 kinds of checksums at once'
    super features=checksum,v2,v3
    refused_journal 3 'journal: superblock: 3 kinds of checksums at once'
}

@test "bad-ext4-journal-super-checksum-type" {
    super features=v3 sumtype=1
    refused_journal 4 'journal: checksums of type 1 are not supported'
}

@test "bad-ext4-journal-super-fast-commit-blocks" {
    local blocks
    for blocks in 1 1023 1024 1025 0xffffffff; do
        super features=fast "fastblocks=$blocks"
        refused_journal 3 "journal: superblock: $((blocks)) of 1024 blocks for fast commits leave less than 1024 for the log"
    done
}

# ---- damage: the log ----

@test "bad-ext4-journal-tag-outside" {
    journal features=revoke sequence=7 <<-SCRIPT
	desc f0 3072
	commit
	SCRIPT
    refused_journal 3 'journal: transaction 7: block 3072 lies outside the file system (3072 blocks)'
    journal features=64bit,v3 sequence=7 <<-SCRIPT
	desc f0
	commit
	desc 1300:h
	commit
	SCRIPT
    refused_journal 3 'journal: transaction 8: block 4294968596 lies outside the file system (3072 blocks)'
    # The upper half is for 64-bit journals only.
    journal features=v3 sequence=7 <<-SCRIPT
	desc f0:h
	commit
	SCRIPT
    replayed 1 1
}

@test "a transaction cut short that tells of more blocks than the log has left" {
    # The first ends at block 951 of 1023, and is all there is.
    { perl -e 'print "desc", " f1" x 62, "\n" for 1 .. 15; print "desc f1 f2 f3 f4\n"'; echo commit
        perl -e 'print "desc", " f5:n" x 123, "\n"'; } |
        journal features=revoke sequence=7 start=1 cut=952
    replayed 1 4
}

# Neither the kernel nor e2fsck would ever end.
@test "bad-ext4-journal-circle" {
    journal features=revoke sequence=7 < <(perl -e 'print "desc f0\n" x 510, "desc f1 f2\n"')
    refused_journal 3 'journal: transaction 7: the log leads in a circle of 1023 blocks' none
    journal features=revoke,v3 sequence=7 < <(perl -e 'print "revoke\n" x 1023')
    refused_journal 3 'journal: transaction 7: the log leads in a circle of 1023 blocks' none
}

@test "bad-ext4-journal-revoke-count" {
    local bytes
    for bytes in 1025 65536 2147483648 4294967295; do
        journal features=revoke sequence=7 <<-SCRIPT
	revoke bytes=$bytes f0
	desc f1
	commit
	SCRIPT
        refused_journal 3 "journal: transaction 7: a revoke block with $bytes bytes in use, must be 16 to 1024"
    done
    journal features=revoke,v3 sequence=7 <<-SCRIPT
	revoke bytes=1021 f0
	commit
	SCRIPT
    refused_journal 3 'journal: transaction 7: a revoke block with 1021 bytes in use, must be 16 to 1020'
    # Less than its own header: e2fsck and the kernel take it for none.
    for bytes in 0 15; do
        journal features=revoke sequence=7 <<-SCRIPT
	revoke bytes=$bytes f0
	commit
	SCRIPT
        refused_journal 3 "journal: transaction 7: a revoke block with $bytes bytes in use, must be 16 to 1024" none
    done
}

@test "a revoke block that ends within a record" {
    journal features=revoke,64bit sequence=7 <<-SCRIPT
	desc f0 f1
	revoke bytes=31 f0 f1
	commit
	SCRIPT
    replayed 1 1
}

@test "bad-ext4-journal-data-checksum" {
    local kind first
    first=$(block_of "$BASE" f)
    for kind in v2 64bit,v2 v3 64bit,v3; do
        journal "features=$kind" sequence=7 <<-SCRIPT
	desc f0
	commit
	desc f1 f2:x
	commit
	desc f2
	commit
	SCRIPT
        refused_journal 3 "journal: transaction 8: the checksum of what it writes to block $((first + 2)) is wrong"
    done
}

@test "the checksum of data that is revoked, or was never committed, may be wrong" {
    journal features=revoke,v3 sequence=7 <<-SCRIPT
	desc f0:x f1
	commit
	revoke f0
	commit
	desc f2:x
	SCRIPT
    replayed 2 1
}

# wrong_sum KIND...: with each feature, a checksum of this kind of block is wrong in the second of
# three transactions.
wrong_sum() {
    local block=$1 kind
    shift
    for kind; do
        journal "features=revoke,$kind" sequence=7 <<-SCRIPT
	desc f0
	commit
	desc $([ "$block" = desc ] && echo sum=wrong) f1
	revoke $([ "$block" = revoke ] && echo sum=wrong) f2
	commit $([ "$block" = commit ] && echo sum=wrong)
	desc f3
	commit
	SCRIPT
        refused_journal 3 'journal: transaction 8: it was committed, but a checksum in it is wrong'
    done
}

@test "bad-ext4-journal-descriptor-checksum" {
    wrong_sum desc v2 v3 64bit,async,v3
}

@test "bad-ext4-journal-revoke-checksum" {
    wrong_sum revoke v2 v3 64bit,async,v3
}

@test "bad-ext4-journal-commit-checksum" {
    wrong_sum commit checksum v2 64bit,v3
}

@test "checksums in a transaction that was not committed may be wrong" {
    journal features=revoke,v3 sequence=7 <<-SCRIPT
	desc f0
	commit
	desc sum=wrong f1
	revoke sum=wrong f2
	SCRIPT
    replayed 1 1
}

@test "--no-verify is not for the journal" {
    commits v3 + sum=wrong +
    try ext4walk --no-verify -o out image
    expect 3 'ext4walk: image: journal: transaction 8: it was committed, but a checksum in it is wrong'
}

# ---- damage: where the journal is ----

# journal_inode COMMAND...: the story, and debugfs does something to the journal inode.
journal_inode() {
    journal features=revoke,64bit,v3 sequence=7 <<<"$STORY"
    printf '%s\n' "$@" | debugfs -w -f /dev/stdin image >/dev/null 2>&1
}

# What the kernel and e2fsck then read in place of the block is another one, without a word.
@test "bad-ext4-journal-inode-hole" {
    journal_inode 'punch <8> 7 7'
    refused_journal 3 'journal: block 7 is a hole' none
    # The data of a block that is revoked.
    journal_inode 'punch <8> 3 3'
    refused_journal 3 'journal: block 3 is a hole' none
    journal_inode 'punch <8> 0 0'
    refused_journal 3 'journal: block 0 is a hole'
    # Nobody needs to know of one behind the end.
    journal_inode 'punch <8> 900 900'
    replayed 3 5 kernel
}

@test "bad-ext4-journal-inode-size" {
    journal_inode 'set_inode_field <8> size 1000'
    refused_journal 3 'journal: block 0 is a hole'
    journal_inode 'set_inode_field <8> size 1048575'
    refused_journal 3 'journal: superblock: 1024 blocks, but the journal has 1023'
}

@test "bad-ext4-journal-inode-deleted" {
    journal_inode 'set_inode_field <8> links_count 0'
    refused_journal 3 'journal: inode 8 is not a file'
}

@test "bad-ext4-journal-inode-not-a-file" {
    journal_inode 'set_inode_field <8> mode 040755'
    refused_journal 3 'journal: inode 8 is not a file'
    journal_inode 'set_inode_field <8> mode 010644'
    refused_journal 3 'journal: inode 8 is not a file'
}

@test "bad-ext4-journal-inode-out-of-range" {
    journal_inode
    poke image 1024+0xe0 ff ff 00 00
    refused_journal 3 'journal: inode 65535 does not exist (there are 64)'
}

@test "bad-ext4-journal-inode-map" {
    journal_inode 'set_inode_field <8> block[0] 0'
    refused_journal 3 'journal: inode 8: extent root: magic number 0x0000, not 0xf30a'
}

# The kernel mounts it as it is, e2fsck asks.
@test "bad-ext4-journal-none" {
    journal features=revoke,64bit,v3 sequence=7 <<<"$STORY"
    debugfs -w -R 'feature -has_journal' image >/dev/null 2>&1
    refused_journal 3 "the journal must be replayed first (feature needs_recovery), but there is \
none (no feature has_journal)" none
}

@test "a journal on another device is refused, if it must be replayed" {
    local device
    need_root
    truncate -s 8M device
    device=$(losetup --show -f device)
    mke2fs -q -F -b 1024 -O journal_dev "$device"
    rm -f disk
    truncate -s 8M disk
    mke2fs -q -F -t ext4 -b 1024 -J device="$device" disk
    mount -o loop disk mnt
    echo one >mnt/one
    sync mnt/one
    copied
    losetup -d "$device"
    refused_journal 4 "the journal must be replayed first (feature needs_recovery), and it is on \
another device, which is not supported (--journal=ignore reads the file system as it is)" none
    debugfs -w -R 'feature -needs_recovery' image >/dev/null 2>&1
    try ext4walk -o out image
    expect 0
}
