# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154  # tests read what is set here; `bad` sets $from
# What the tests of damaged ext4 share: `load ext4_damage` after `load ext4`.  Blocks are of 1 KiB.

# place PATH: where it is in the image that `bad` has copied: its inode $ino at byte $at, and its
# first block $block (0: none).  What debugfs said is noted beside the image.
place() {
    local path
    touch "$from.places"
    while read -r path ino at block; do
        [ "$path" = "$1" ] && return
    done <"$from.places"
    read -r ino at block < <(printf 'imap %s\nbmap %s 0\n' "$1" "$1" | debugfs -f /dev/stdin "$from" 2>/dev/null |
        perl -ne '$ino = $1 if /^Inode (\d+) is part/; $at = $1 * 1024 + hex $2 if /block (\d+), offset (\S+)/;
            $block = $1 if /^(\d+)$/; END { print "$ino $at ", $block // 0, "\n" }')
    echo "$1 $ino $at $block" >>"$from.places"
}

# damage_inode PATH OFFSET HEX...: change the inode of a path in the image; $ino is its number.
damage_inode() {
    local offset=$2 block
    place "$1"
    shift 2
    poke bad "$at+$offset" "$@"
}

# record NAME OFFSET HEX...: change the record of a name in /dir, or in / with a leading slash; $at
# is where the record starts in its block, $dir the directory's inode.
record() {
    local name=$1 offset=$2 path=/dir ino block
    shift 2
    case $name in /*) path=/ name=${name#/} ;; esac
    place "$path"
    dir=$ino
    at=$(name_at bad "$block" "$name" 1024)
    poke bad "$((at + offset))" "$@"
    at=$((at - block * 1024))
}

# extents PATH HEX...: a new root for the tree of a file in a copy of the good image.
extents() {
    local path=$1
    shift
    bad
    damage_inode "$path" 0x28 "$@"
}

# tree NODE DEPTH INDEX...: the file's first data block becomes a node (hex), and its root gets
# that depth and an entry to the block for each given file block.
tree() {
    local node=$1 depth=$2 i root
    shift 2
    bad
    place /numbers
    poke bad "$((block * 1024))" "${node//BLOCK/$(le32 "$block")}"
    root="0af3 $(le16 $#) 0400 $(le16 "$depth") 00000000"
    for i; do root+=" $(le32 "$i") $(le32 "$block") 00000000"; done
    poke bad "$at+0x28" "$root"
}

# kept [-x GLOB]... [-a NAME]... LOSS...: with --keep-going the image is read with exactly these
# losses told, and what comes is the tree of the good image without what is excluded and without
# attributes of these names.
kept() {
    local exclude=() drop=() losses to=$BATS_TEST_TMPDIR
    while [[ ${1-} == -[xa] ]]; do
        if [ "$1" = -x ]; then exclude+=(-x "$2"); else drop+=(-e "^xattr=$2="); fi
        shift 2
    done
    printf -v losses 'ext4walk: bad: %s\n' "$@"
    walk --keep-going -o "$to/kept" bad
    expect 5 "${losses%$'\n'}"
    ext4walk -q "${exclude[@]}" -o "$to/want" "$from"
    if [ "${#drop[@]}" -gt 0 ]; then
        diff -a <(tr '\0' '\n' <"$to/want" | grep -av "${drop[@]}") <(tr '\0' '\n' <"$to/kept") >&2
    else
        same "$to/want" "$to/kept"
    fi
    engram-pack -q -j 1 -r fast "$to/kept" >/dev/null
}

# lost [-x GLOB]... TEXT [LOSS...]: the image is refused as damaged with this text; with --keep-going
# it is told as "TEXT: left out", then the other losses are, and the rest is as in `kept`.
lost() {
    local options=() text
    while [ "$1" = -x ]; do
        options+=(-x "$2")
        shift 2
    done
    text=$1
    shift
    refused 3 "$text"
    kept "${options[@]}" "$text: left out" "$@"
}
