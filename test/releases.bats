#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Two releases of a Debian root file system (test/releases): what they share is stored once, within an engram and
# between one and its base, and nothing is lost.

load helper

setup_file() {
    need mke2fs zstd jq sha256sum find comm
    cd "$BATS_FILE_TMPDIR" || return
    for release in bookworm trixie; do
        tree=$BATS_TEST_DIRNAME/../build/releases/$release
        [ -d "$tree" ] || { echo "there is no $tree: 'make deps' fetches it" && return 1; }
        ln -s "$tree" $release
        manifest_of $release/ >$release.manifest
        engram-pack -r fast -o $release.engram $release.manifest
    done
    engram-pack -r fast -b bookworm.engram -o update.engram trixie.manifest
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return
}

# manifest_of DIR: the manifest of an ext4 file system made of the directory.
manifest_of() {
    rm -f fs.ext4
    mke2fs -q -t ext4 -d "$1" fs.ext4 256M >mke2fs.log
    ext4walk -q fs.ext4 -x lost+found
    rm fs.ext4
}

size_of() {
    stat -c %s "$1"
}

# sums DIR: SHA-256 and path of each file, in the order of the paths.
sums() {
    (cd "$1" && find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum)
}

@test "an engram with a base is smaller than one without, and has the same tree" {
    [ "$(size_of update.engram)" -lt $(($(size_of trixie.engram) * 95 / 100)) ]
    [ "$(engram-ls --stats --json update.engram | jq .base.chunks)" -gt 500 ]
    engram-walk update.engram | cmp - trixie.manifest
    engram-verify update.engram
    zstd -tq update.engram
    try engram-diff trixie.engram update.engram
    expect 0 ''
}

@test "a base gives back what the release kept, whole files at least" {
    # Bytes of those files of the new release whose content the old one has somewhere.
    kept=$(comm -12 <(sums bookworm/ | cut -c-64 | sort -u) <(sums trixie/ | cut -c-64 | sort -u) |
        join - <(sums trixie/ | sed 's/^\\//' | awk '{ print $1, substr($0, 67) }' | sort -u -k1,1) |
        while read -r _ path; do stat -c %s "trixie/$path"; done | awk '{ n += $1 } END { print n }')
    [ "$kept" -gt 1000000 ]
    [ "$(engram-ls --stats --json update.engram | jq .base.distinct)" -ge "$kept" ]
}

@test "flattened, it is the engram that was packed without a base" {
    engram-pack -r fast -o flat.engram < <(engram-walk update.engram)
    cmp flat.engram trixie.engram
}

@test "both releases in one engram: each content is stored once" {
    mkdir both
    cp -a bookworm/ both/old
    cp -a trixie/ both/new
    manifest_of both >both.manifest
    engram-pack -r fast -o both.engram both.manifest
    # What whole files alone would save; parts of files are to save more.
    distinct=$({ sums bookworm/ && sums trixie/; } | cut -c-64 | sort -u | wc -l)
    files=$({ sums bookworm/ && sums trixie/; } | wc -l)
    [ "$distinct" -lt "$files" ]
    by_files=$(for release in bookworm trixie; do
        paste -d' ' <(sums $release/ | cut -c-64) \
            <(cd $release/ && find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 stat -c %s)
    done | sort -u | awk '{ n += $2 } END { print n }')
    [ "$(engram-ls --stats --json both.engram | jq .total.distinct)" -le "$by_files" ]
    [ "$(size_of both.engram)" -lt $(($(size_of bookworm.engram) + $(size_of trixie.engram))) ]
    engram-walk both.engram | cmp - both.manifest
    # The same paths of one tree, by PATH, as of the tree alone.
    engram-ls -R --sha256 both.engram /new | sed 's,  new/,  ,' | cmp - <(engram-ls -R --sha256 trixie.engram)
}

@test "what changed between the releases is what find and sha256sum say" {
    engram-diff -0 bookworm.engram trixie.engram >changes || [ $? -eq 1 ]
    names() {
        (cd "$1"/ && find . -mindepth 1 -printf '/%P\n' | LC_ALL=C sort)
    }
    tr '\0' '\n' <changes | sed -n 's/^+//p' | LC_ALL=C sort |
        cmp - <(LC_ALL=C comm -13 <(names bookworm) <(names trixie))
    tr '\0' '\n' <changes | sed -n 's/^-//p' | LC_ALL=C sort |
        cmp - <(LC_ALL=C comm -23 <(names bookworm) <(names trixie))
    engram-diff --json bookworm.engram trixie.engram >changes || [ $? -eq 1 ]
    jq -r 'select(.change == "changed" and .fields.content) | .path' changes | LC_ALL=C sort |
        cmp - <(LC_ALL=C join -j 2 <(sums bookworm/ | LC_ALL=C sort -k2) <(sums trixie/ | LC_ALL=C sort -k2) |
            awk '$2 != $3 { print "/" $1 }' | LC_ALL=C sort)
}
