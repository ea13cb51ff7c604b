#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2154  # inner shells expand their own; bats sets stderr
# engram-walk: the manifest comes back byte for byte, or not at all.

load helper
load engram

setup_file() {
    need openssl cmp
    small_manifest >"$BATS_FILE_TMPDIR/small.manifest"
    data_manifest 3000000 10 1048577 >"$BATS_FILE_TMPDIR/data.manifest"
    engram-pack -o "$BATS_FILE_TMPDIR/small.engram" "$BATS_FILE_TMPDIR/small.manifest"
    engram-pack -r <(small_blocks) -o "$BATS_FILE_TMPDIR/data.engram" "$BATS_FILE_TMPDIR/data.manifest"
}

setup() {
    small=$BATS_FILE_TMPDIR/small
    data=$BATS_FILE_TMPDIR/data
    mkdir "$BATS_TEST_TMPDIR/empty"
    cd "$BATS_TEST_TMPDIR/empty" || return
}

@test "--help and --version" {
    try engram-walk --help
    expect 0
    [[ $output == *"engram-walk [OPTION]... [ENGRAM [PATH...]]"* ]]
    [[ $output == *--exclude*--no-data*--jobs*--output*--quiet*--progress* ]]
    try engram-walk --version
    expect 0
    [[ $output == "engram-walk "* ]]
}

@test "what makes no sense is a usage error" {
    try engram-walk --frobnicate
    [ "$status" -eq 2 ]
    try engram-walk a b ''
    expect 2 "engram-walk: an empty PATH: the root is /
Try 'engram-walk --help'."
    try engram-walk --exclude=.// a
    expect 2 "engram-walk: --exclude: './/' matches no name
Try 'engram-walk --help'."
}

@test "a missing file" {
    try engram-walk nothing
    expect 1 "engram-walk: nothing: cannot open: No such file or directory"
}

@test "the manifest comes back, from a file and from a pipe" {
    for m in "$small" "$data"; do
        engram-walk "$m.engram" | cmp - "$m.manifest"
        # shellcheck disable=SC2002  # a pipe is what is meant
        cat "$m.engram" | engram-walk - | cmp - "$m.manifest"
        engram-walk -o out.manifest "$m.engram"
        same out.manifest "$m.manifest"
    done
}

@test "the same manifest for any number of threads, and the same end of it if there is damage" {
    try engram-walk -j 0 "$small.engram"
    expect 2 "engram-walk: option '--jobs' takes a number from 1 to 256, not '0'
Try 'engram-walk --help'."
    for jobs in 1 2 3 8; do
        for m in "$small" "$data"; do
            engram-walk -j $jobs "$m.engram" | cmp - "$m.manifest"
        done
    done
    # in the middle of the last block
    flip "$data.engram" bad.engram 3500000 0x01
    try bash -c 'engram-walk --jobs=1 bad.engram >one'
    expect_like 3 'engram-walk: bad\.engram: /10[0-2]: block [0-9]+ at offset [0-9]+ \([0-9]+ bytes\): its SHA-256 is wrong'
    said=$stderr
    try bash -c 'engram-walk --jobs=4 bad.engram >many'
    expect 3 "$said"
    same one many
    [ "$(stat -c %s one)" -gt 1000000 ]
    cmp -n "$(stat -c %s one)" one "$data.manifest"
}

@test "--no-data gives the records alone" {
    engram-walk -n "$small.engram" >records
    [ "$(head -c 22 records | tr '\0' '|')" = 'manifest=1|data=none||' ]
    [ "$(tr '\0' '\n' <records | grep -ac '^path=')" -eq 15 ]
    run grep -ac hello records
    [ "$output" = 0 ]
    [ "$(tail -c 16 records | tr '\0' '|')" = 'end=15|bytes=0||' ]
}

@test "what it gives can be packed again, to the same engram" {
    engram-walk "$data.engram" | engram-pack -r <(small_blocks) | cmp - "$data.engram"
}

@test "an engram cut anywhere is damage, and leaves nothing" {
    size=$(stat -c %s "$small.engram")
    for cut in 39 40 41 100 $((size / 2)) $((size - 176)) $((size - 1)); do
        head -c $cut "$small.engram" >cut.engram
        try engram-walk -o out cut.engram
        [ "$status" -eq 3 ]
        [[ $stderr == "engram-walk: cut.engram: "* ]]
        left_behind . cut.engram
    done
    : >cut.engram
    try engram-walk cut.engram
    expect 3 "engram-walk: cut.engram: no engram: only 0 bytes"
}

@test "./ in front of names and patterns does not count" {
    local path dots
    for path in etc 'etc/odd*' '*dd*' bin/a; do
        engram-walk "$small.engram" "$path" >walked
        engram-ls -R "$small.engram" "$path" >listed
        [ -s listed ]
        for dots in ./ ././ .//; do
            engram-walk "$small.engram" "$dots$path" | cmp - walked
            engram-ls -R "$small.engram" "$dots$path" | cmp - listed
        done
    done
    engram-walk -x etc -x '*/a' "$small.engram" >want
    engram-walk -x ./etc -x './*/a' "$small.engram" | cmp - want
    engram-cat "$small.engram" ./bin/a | cmp - <(echo hello)
    engram-diff --ignore mtime "$small.engram" "$small.engram" ./bin
}

@test "no engram at all" {
    try engram-walk "$small.manifest"
    expect 3 "engram-walk: $small.manifest: no engram: it does not start with an engram's header; it seems to be a manifest, of which engram-pack makes an engram"
}

@test "damaged data is met before it is given, and the manifest ends there" {
    cp "$data.engram" bad.engram
    # the first data block starts after the header's 40 bytes; in its middle is file data
    poke bad.engram 1000 ffffffff
    engram-walk bad.engram >cut.manifest 2>/dev/null || [ $? -eq 3 ]
    cmp -n "$(stat -c %s cut.manifest)" cut.manifest "$data.manifest" # the start of it, no more
    try engram-pack -o out cut.manifest
    expect_like 3 'engram-pack: cut\.manifest: .*ends.*'
    rm cut.manifest
    try engram-walk -o out bad.engram
    expect_like 3 'engram-walk: bad\.engram: /100: block 0 at offset 40 \([0-9]+ bytes\): its SHA-256 is wrong'
    left_behind . bad.engram
    try bash -o pipefail -c 'engram-walk bad.engram | engram-pack -o out'
    [ "$status" -eq 3 ]
    left_behind . bad.engram
}

@test "tree-digest-wrong, in a footer that is signed: the manifest gets no end" {
    local size sum
    size=$(stat -c %s "$small.engram")
    cp "$small.engram" bad.engram
    poke bad.engram $((size - 176 + 112)) 00112233
    sum=$(tail -c 176 bad.engram | head -c 144 | sha256sum)
    poke bad.engram $((size - 32)) "${sum%% *}"
    try engram-walk -o out bad.engram
    expect 3 "engram-walk: bad.engram: footer: the SHA-256 of the tree is wrong"
    try engram-walk -n -o out bad.engram
    expect 3 "engram-walk: bad.engram: footer: the SHA-256 of the tree is wrong"
    left_behind . bad.engram
    engram-walk bad.engram >cut.manifest 2>/dev/null || [ $? -eq 3 ]
    try engram-pack -o out cut.manifest
    expect_like 3 'engram-pack: cut\.manifest: .*the SHA-256 of the tree is wrong.*'
}

@test "progress says how far, and how many names" {
    try bash -c 'engram-walk -P "$1" >walked' - "$data.engram"
    last=$(tr '\r' '\n' <<<"$stderr" | tail -1)
    [[ $status -eq 0 && $last =~ ^'engram-walk: 100%  3.9M of 3.9M  '[0-9.]+[BKMG]'/s  4 names'\ *$ ]]
}

@test "a full disk" {
    run --separate-stderr bash -c 'engram-walk "$1" >/dev/full' - "$data.engram"
    expect 1 "engram-walk: standard output: write failed: No space left on device"
}

@test "a reader that goes away ends it quietly" {
    try bash -o pipefail -c 'engram-walk "$1" | head -c 1 >first' - "$data.engram"
    expect 0
    [ "$(wc -c <first)" -eq 1 ]
}

@test "no manifest goes to a terminal" {
    try script -qec "engram-walk '$small.engram'" /dev/null
    [ "$status" -eq 2 ]
    [[ $output == *"is a terminal"* ]]
}

# The disk of the demo: links of both kinds, holes, an attribute, a device.
disk_engram() {
    disk=$BATS_TEST_DIRNAME/data/vm.qcow2
    ext4walk -p 2 "$disk" | engram-pack -q -o disk.engram
}

@test "a part of it is what ext4walk writes of the same part" {
    local opts paths words wish
    disk_engram
    for wish in / /usr '/usr /bin' /usr/bin/hello '/usr/bin/hello /etc' '-x hello' '-x /bin/hello' '-x *' \
        '-x e* /etc' '-x /usr /usr/bin/hello' '-x hello /usr/bin/hello' '-n -x bin / /usr' \
        'dev//null /var/../etc/. /etc/passwd' '-x etc/* -x ./var/ /var /etc'; do
        opts=() paths=()
        read -ra words <<<"$wish"
        set -- "${words[@]}"
        while [ $# -gt 0 ]; do
            case $1 in
            -x) opts+=(-x "$2") && shift ;;
            -n) opts+=(-n) ;;
            *) paths+=("$1") ;;
            esac
            shift
        done
        ext4walk -p 2 "${opts[@]}" "$disk" "${paths[@]}" >wanted
        engram-walk "${opts[@]}" disk.engram "${paths[@]}" >got
        same got wanted
    done
}

@test "a file whose first name is left out goes under its next" {
    engram-walk "$small.engram" /bin/c | tr '\0' '|' >got
    [[ $(cat got) == *'|path=/bin/c|type=f|mode=4755|uid=0|gid=0|mtime=4102444800.000000000|size=6|extent=0+6||hello
end=3|bytes=6||' ]]
    engram-walk -x a -x b "$small.engram" | tr '\0' '|' >got
    grep -aqF '|path=/bin/c|type=f|mode=4755|' got
}

@test "patterns choose names wherever they are" {
    disk_engram
    # every path with an 'o' in it, by grep, and the directories on its way
    engram-walk -n disk.engram '*o*' | tr '\0' '\n' | sed -n 's/^path=//p' >got
    ext4walk -0 -p 2 "$disk" | tr '\0' '\n' | grep o >below
    while read -r path; do
        while [ -n "$path" ]; do
            echo "$path"
            path=${path%/*}
        done
    done <below >all
    diff <(echo / && LC_ALL=C sort -u all) <(LC_ALL=C sort got) >&2
    # one with a slash is for whole paths
    try engram-walk -n -o got disk.engram '/etc/*s*'
    expect 0
    [ "$(tr '\0' '\n' <got | sed -n 's/^path=//p')" = "/
/etc
/etc/hostname
/etc/os-release
/etc/passwd
/etc/shadow" ]
}

@test "each PATH that is not there is told, and nothing is written" {
    try engram-walk "$small.engram" /nothing /bin $'no\n\x1b[2J'
    expect 1 "engram-walk: $small.engram: there is no /nothing
engram-walk: $small.engram: there is no no\\n\\x1b[2J"
    [ "$output" = "" ]
}

@test "each pattern that matches nothing is told, and the manifest gets no end" {
    engram-walk "$small.engram" /bin 'no*' '/etc/??' >cut.manifest 2>errors || [ $? -eq 1 ]
    [ "$(cat errors)" = "engram-walk: $small.engram: no name matches no*
engram-walk: $small.engram: no name matches /etc/??" ]
    try engram-pack -o out cut.manifest
    expect_like 3 'engram-pack: cut\.manifest: .*no name matches /etc/\?\?.*'
    try engram-walk -o out "$small.engram" /bin 'no*'
    expect 1 "engram-walk: $small.engram: no name matches no*"
    left_behind . cut.manifest errors
}

@test "only the part that is asked for has to be whole" {
    # /100 is in the first block, /101 in the last
    cp "$data.engram" bad.engram
    poke bad.engram 1000 ffffffff
    try engram-walk -o out bad.engram /101
    expect 0
    engram-walk "$data.engram" /101 | same - out
    try engram-walk -o out2 bad.engram /100
    expect_like 3 'engram-walk: bad\.engram: /100: block 0 at offset 40 .*'
    left_behind . bad.engram out
}
