#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2086,SC2154  # commands with their options; bats sets stderr
# Files of other formats, given to the commands that read engrams and manifests: each says what it was given.

load helper
load engram

setup_file() {
    need qemu-img mke2fs sfdisk mksquashfs zstd gzip xz bzip2 tar
    cd "$BATS_FILE_TMPDIR" || return
    small_manifest >manifest
    engram-pack -o engram manifest
    echo hello >file
    qemu-img create -q -f qcow2 qcow2 1M
    truncate -s 1M ext4 disk gpt
    mke2fs -q -F -t ext4 ext4
    sfdisk -q disk <<<',,L'
    sfdisk -q gpt <<<'label: gpt'
    mksquashfs file squashfs -quiet -no-progress >/dev/null
    tar -cf tar file
    zstd -qk manifest
    gzip -k manifest
    xz -k manifest
    bzip2 -k manifest
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return
}

# What each file is said to be, a line for each.
kinds="qcow2 a qcow2 image, which qcow2cat and ext4walk read
ext4 an ext2, ext3 or ext4 file system, which ext4walk reads
disk a disk or a boot sector, of which partls may tell more
gpt a disk or a boot sector, of which partls may tell more
squashfs a squashfs file system, which unsquashfs reads
tar a tar archive, which tar reads
manifest.zst compressed: zstd -d unpacks it
manifest.gz compressed: gzip -d unpacks it
manifest.xz compressed: xz -d unpacks it
manifest.bz2 compressed: bzip2 -d unpacks it"

# refused FILE SEEMS...: by all that read engrams.
refused() {
    local file=$1 command
    shift
    for command in engram-ls engram-walk engram-verify 'engram-unpack -C out'; do
        try $command "$file"
        expect 3 "${command%% *}: $file: no engram: it does not start with an engram's header; it seems to be $*"
    done
    try engram-cat "$file" /x
    expect 3 "engram-cat: $file: no engram: it does not start with an engram's header; it seems to be $*"
    try engram-diff engram "$file"
    expect 3 "engram-diff: $file: no engram: it does not start with an engram's header; it seems to be $*"
    try engram-pack -b "$file" -o new manifest
    expect 3 "engram-pack: $file: no engram: it does not start with an engram's header; it seems to be $*"
    [ ! -e out ]
    [ ! -e new ]
}

@test "what reads engrams says what it was given instead" {
    local file seems
    while read -r file seems; do
        refused "$file" "$seems"
    done <<<"$kinds"
    refused manifest a manifest, of which engram-pack makes an engram
    try bash -c "cat tar | engram-ls"
    expect 3 "engram-ls: standard input: no engram: it does not start with an engram's header; it seems to be a tar archive, which tar reads"
}

@test "engram-pack says what it was given in place of a manifest" {
    local file seems
    while read -r file seems; do
        try engram-pack -o new "$file"
        expect 3 "engram-pack: $file: not a manifest: it does not start with \"manifest=\"; it seems to be $seems"
    done <<<"$kinds
engram an engram, of which engram-walk makes a manifest"
    try engram-pack -o new <engram
    expect 3 "engram-pack: standard input: not a manifest: it does not start with \"manifest=\"; it seems to be an engram, of which engram-walk makes a manifest"
    [ ! -e new ]
}

@test "nothing is said of what tells nothing, nor of engrams and manifests that are damaged" {
    head -c 3000 /dev/zero >zeros
    try engram-ls zeros
    expect 3 "engram-ls: zeros: no engram: it does not start with an engram's header"
    try engram-pack zeros
    expect 3 "engram-pack: zeros: not a manifest: it does not start with \"manifest=\""
    # With marks of others within them.
    { head -c 510 engram; printf '\x55\xaa'; tail -c +513 engram; } >marked
    poke marked 257 7573746172
    try engram-ls marked
    [ "$status" -eq 3 ]
    [[ $stderr != *seems* ]]
    { head -c 510 manifest; printf '\x55\xaa'; } >marked
    try engram-pack marked
    [ "$status" -eq 3 ]
    [[ $stderr != *seems* ]]
    printf 'BZ' >short
    try engram-ls short
    expect 3 "engram-ls: short: no engram: only 2 bytes"
    printf 'BZh' >short
    try engram-ls short
    expect 3 "engram-ls: short: no engram: only 3 bytes; it seems to be compressed: bzip2 -d unpacks it"
}
