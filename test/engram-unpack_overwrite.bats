#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # what helper.bash, tree.bash and bats set
# engram-unpack --overwrite: what is replaced, what stays, and that it stays until the new one is whole.
load helper
load tree

setup_file() {
    pack "$BATS_FILE_TMPDIR/tree.engram" "$tree_bytes" "${tree_records[@]}"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    tree=$BATS_FILE_TMPDIR/tree.engram
}

teardown() {
    chmod -R u+rwX "$BATS_TEST_TMPDIR"
}

# All that find, getfattr and sha256sum say of a tree.
shown() {
    (
        cd "$1" || return
        find . -printf '%P %y %#m %U:%G %T@ %n %l\n' | sort
        find . -type f -exec sha256sum {} + | sort -k2
        find . -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex
    )
}

# An engram of one file, /f, of SIZE bytes, that is whoever's runs the tests.
one_file() {
    local own
    own="uid=$(id -u)|gid=$(id -g)|mtime=5.000000000"
    {
        printf '%s' 'manifest=1|data=inline||' "path=/|type=d|mode=755|$own||" \
            "path=/f|type=f|mode=644|$own|size=$1|extent=0+$1||" | tr '|' '\0'
        openssl enc -aes-128-ctr -K 00 -iv 00 -in /dev/zero 2>/dev/null | head -c "$1"
        printf 'end=2|bytes=%s||' "$1" | tr '|' '\0'
    } | engram-pack -q -o x.engram
}

@test "a tree unpacked over itself, over another and over nothing is the same" {
    need_root
    engram-unpack -C want "$tree"
    try engram-unpack --overwrite -C out "$tree"
    expect 0
    diff <(shown want) <(shown out) >&2
    cp -al out old # so that no inode goes away, to be used again
    shown old | sed 's/ [0-9]* [^ ]*$//' >before
    try engram-unpack --overwrite -C out "$tree"
    expect 0
    diff <(shown want) <(shown out) >&2
    # Nothing that was there was written to: all but directories is new, or a name of what is new.
    diff before <(shown old | sed 's/ [0-9]* [^ ]*$//') >&2
    [ -z "$(comm -12 <(find old ! -type d -printf '%i\n' | sort) <(find out ! -type d -printf '%i\n' | sort))" ]
    # Other kinds have the names, and other links lead to the files.
    rm -r out
    mkdir -p out/dev out/etc
    mkfifo out/etc/hosts out/sparse
    ln -s hosts out/etc/link
    echo mine >out/etc/os-release
    ln out/etc/os-release out/dev/null
    ln -s /dev/null out/dev/vda
    echo mine >out/var
    try engram-unpack --overwrite -C out "$tree"
    expect 0
    diff <(shown want) <(shown out) >&2
}

@test "what is replaced is not written to: its other names, and who has it open, keep it" {
    mkdir -p out/etc
    echo mine >out/etc/hosts
    echo theirs >elsewhere
    ln out/etc/hosts other
    ln -s "$PWD/elsewhere" out/sparse
    exec 7<out/etc/hosts
    engram-unpack -q --overwrite -C out "$tree" 2>/dev/null || [ "$(id -u)" -ne 0 ]
    [ "$(cat <&7)" = mine ]
    exec 7<&-
    [ "$(cat other)" = mine ]
    [ "$(stat -c %h other)" -eq 1 ]
    [ "$(cat elsewhere)" = theirs ]
    printf '127.0.0.1 me\n' | same - out/etc/hosts
    [ -f out/sparse ] && [ ! -L out/sparse ]
}

@test "directories that exist are kept, with what else is in them, and take the metadata" {
    mkdir -p out/usr/lib out/usr/share
    echo mine >out/usr/share/mine
    echo more >out/usr/lib/more
    chmod 750 out out/usr out/usr/lib
    inode=$(stat -c %i out/usr/lib)
    engram-unpack -q --overwrite -C out "$tree" 2>/dev/null || [ "$(id -u)" -ne 0 ]
    [ "$(cat out/usr/share/mine out/usr/lib/more | tr '\n' ' ')" = "mine more " ]
    [ "$(stat -c '%i %a %Y' out/usr/lib)" = "$inode 755 1700000010" ]
    [ "$(stat -c '%a %Y' out/usr)" = "755 1700000009" ]
    printf 'NAME=test' | same - out/usr/lib/os-release
    left_behind out/usr lib lib/more lib/os-release share share/mine sudo
}

@test "a symbolic link to a directory makes place for a directory, and is not gone through" {
    mkdir out elsewhere
    ln -s ../elsewhere out/etc
    ln -s "$PWD/elsewhere" out/usr
    engram-unpack -q --overwrite -C out "$tree" 2>/dev/null || [ "$(id -u)" -ne 0 ]
    left_behind elsewhere
    [ -d out/etc ] && [ ! -L out/etc ]
    printf sud | same - out/usr/sudo
}

@test "a directory is not replaced by what is none: status 1, and it stays as it is" {
    local own path
    own="uid=$(id -u)|gid=$(id -g)|mtime=5.000000000"
    pack kinds.engram 1 "path=/|type=d|mode=755|$own||" "path=/a|type=f|mode=644|$own|size=1|extent=0+1||x" \
        "path=/b|type=h|link=/a||" "path=/c|type=l|mode=777|$own|target=x||" "path=/d|type=p|mode=600|$own||"
    for path in a b c d; do
        rm -rf out
        mkdir -p out/$path
        echo mine >out/$path/in
        chmod 711 out out/$path
        try engram-unpack --overwrite -C out kinds.engram
        expect 1 "engram-unpack: kinds.engram: /$path is a directory in out, which is not replaced"
        [ "$(cat out/$path/in)" = mine ]
        [ "$(stat -c %a out out/$path | tr '\n' ' ')" = "711 711 " ]
        [ -z "$(find out -name '.engram.*')" ]
        rm -r out/$path # nor is one that is empty
        mkdir out/$path
        try engram-unpack --overwrite -C out kinds.engram
        [ "$status" -eq 1 ]
        [ -d out/$path ]
    done
}

@test "what was there stays if the new file turns out damaged, and nothing else is left" {
    one_file 100000
    flip x.engram bad.engram 1000 0x01
    mkdir out
    echo mine >out/f
    chmod 711 out
    try engram-unpack --overwrite -C out bad.engram
    expect_like 3 'engram-unpack: bad\.engram: /f: block 0 at offset 40 .*: its SHA-256 is wrong'
    [ "$(cat out/f)" = mine ]
    left_behind out f
    [ "$(stat -c %a out)" = 711 ]
    try engram-unpack --overwrite -C out x.engram
    expect 0
    [ "$(stat -c %s out/f)" -eq 100000 ]
    left_behind out f
}

@test "directories that were being filled have their modes back after a failure" {
    local own
    own="uid=$(id -u)|gid=$(id -g)|mtime=5.000000000"
    pack deep.engram 0 "path=/|type=d|mode=755|$own||" "path=/a|type=d|mode=755|$own||" \
        "path=/a/b|type=d|mode=755|$own||" "path=/a/b/c|type=p|mode=644|$own||"
    mkdir -p out/a/b/c
    chmod 751 out out/a
    chmod 2715 out/a/b
    try engram-unpack --overwrite -C out deep.engram
    expect 1 "engram-unpack: deep.engram: /a/b/c is a directory in out, which is not replaced"
    [ "$(stat -c %a out out/a out/a/b | tr '\n' ' ')" = "751 751 2715 " ]
}

# The limit's signal comes in the middle of the file, whatever the time.
@test "a signal leaves neither a file cut short nor another name, and what was there stays" {
    one_file 300000
    mkdir out
    try bash -c 'ulimit -c 0; ulimit -f 100; engram-unpack -C out x.engram 2>/dev/null; echo $?'
    [ "$output" -eq $((128 + $(kill -l XFSZ))) ]
    left_behind out
    echo mine >out/f
    try bash -c 'ulimit -c 0; ulimit -f 100; engram-unpack --overwrite -C out x.engram 2>/dev/null; echo $?'
    [ "$output" -eq $((128 + $(kill -l XFSZ))) ]
    left_behind out f
    [ "$(cat out/f)" = mine ]
}

@test "names like those of files that are being written, and one as long as can be, are just names" {
    local own long i records=()
    own="uid=$(id -u)|gid=$(id -g)|mtime=5.000000000"
    long=$(printf '%0255d' 0)
    records=("path=/|type=d|mode=755|$own||")
    for i in 0 1 2; do
        records+=("path=/.engram.1.$i|type=f|mode=644|$own|size=1|extent=0+1||$i")
    done
    records+=("path=/$long|type=f|mode=644|$own|size=1|extent=0+1||x")
    pack x.engram 4 "${records[@]}"
    for i in 1 2; do
        try engram-unpack --overwrite -C out x.engram
        expect 0
        left_behind out .engram.1.0 .engram.1.1 .engram.1.2 "$long"
        [ "$(cat out/.engram.1.*)" = 012 ]
    done
}

@test "without root: directories whose modes keep their owner out, and what cannot be made" {
    open_up
    local own="uid=65534|gid=65534|mtime=5.000000000"
    pack x.engram 1 "path=/|type=d|mode=755|$own||" "path=/a|type=d|mode=0|$own||" "path=/a/b|type=d|mode=311|$own||" \
        "path=/a/b/f|type=f|mode=0|$own|size=1|extent=0+1||x" "path=/dev|type=c|mode=666|$own|rdev=1:3||"
    for _ in 1 2; do
        try as_nobody engram-unpack --overwrite -C theirs/out x.engram
        [ "$(id -u)" -ne 0 ] || expect 5 "engram-unpack: x.engram: /dev: device not made: Operation not permitted
engram-unpack: x.engram: 1 name could not be restored in full"
        [ "$(stat -c %a theirs/out/a)" = 0 ]
    done
    # What has the name of a device that cannot be made stays.
    as_nobody bash -c 'echo mine >theirs/out/dev'
    try as_nobody engram-unpack --overwrite -C theirs/out x.engram
    [ "$status" -eq 5 ]
    [ "$(cat theirs/out/dev)" = mine ]
    chmod 755 theirs/out/a
    [ "$(stat -c %a theirs/out/a/b theirs/out/a/b/f | tr '\n' ' ')" = "311 0 " ]
    [ -z "$(find theirs -name '.engram.*')" ]
}
