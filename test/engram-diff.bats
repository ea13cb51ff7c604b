#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2088,SC2154  # inner shells expand their own, ~ is no home; what bats sets
# engram-diff: every field, hard links, real file systems judged by find, and damage in either engram.
load helper
load tree

setup_file() {
    need jq find sha256sum mke2fs debugfs
    pack "$BATS_FILE_TMPDIR/tree.engram" "$tree_bytes" "${tree_records[@]}"
    pack "$BATS_FILE_TMPDIR/empty.engram" 0
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    tree=$BATS_FILE_TMPDIR/tree.engram
    empty=$BATS_FILE_TMPDIR/empty.engram
}

# The bytes of data that records say they have.
bytes_of() {
    local record total=0
    for record; do
        while [[ $record =~ \|extent=[0-9]+\+([0-9]+)(.*) ]]; do
            total=$((total + BASH_REMATCH[1])) record=${BASH_REMATCH[2]}
        done
    done
    echo $total
}

# pack_root FILE RECORD...: the engram of a root with these records in it.
pack_root() {
    pack "$1" "$(bytes_of "${@:2}")" "$root" "${@:2}"
}

# one RECORD RECORD LINE: engrams with one name each differ by just this line.
one() {
    pack_root a.engram "$1"
    pack_root b.engram "$2"
    try engram-diff a.engram b.engram
    expect 1
    if [ "$output" != "$3" ]; then
        printf '%s\nwanted: %s\n' "$output" "$3" >&2
        return 1
    fi
}

# forge FROM TO HEX: an engram with another tree digest in a footer that is signed.
forge() {
    local size sum
    size=$(stat -c %s "$1")
    cp "$1" "$2"
    poke "$2" $((size - 176 + 112)) "$3"
    sum=$(tail -c 176 "$2" | head -c 144 | sha256sum)
    poke "$2" $((size - 32)) "${sum%% *}"
}

@test "--help and --version go to standard output" {
    try engram-diff --help
    expect 0
    [[ $output == "Usage: engram-diff [OPTION]... A B [PATH...]"* ]]
    try engram-diff --version
    expect 0
    [[ $output == "engram-diff (engram-tools) "* ]]
}

@test "what makes no sense is a usage error" {
    usage() {
        local message=$1
        shift
        try engram-diff "$@"
        expect 2 "engram-diff: $message
Try 'engram-diff --help'."
        [ -z "$output" ]
    }
    usage "unknown option '--frobnicate'" --frobnicate
    usage "two engrams are needed: A and B"
    usage "two engrams are needed: A and B" "$tree"
    usage "only one of A and B can be standard input" - -
    usage "an empty PATH: the root is /" "$tree" "$tree" ''
    for pair in '-q -0' '-q --json' '-0 --json' '-q --summary' '-0 --summary'; do
        # shellcheck disable=SC2086  # two options
        usage "of '--quiet', '--null' and '--json' or '--summary' only one can be given" $pair "$tree" "$tree"
    done
    for list in '' type mtime,foo 'mtime,' ,mtime mtimes; do
        usage "option '--ignore' takes some of link, content, size, extent, target, rdev, mode, uid, gid, mtime, atime, ctime, crtime, xattr; not '$list'" \
            --ignore="$list" "$tree" "$tree"
    done
}

@test "the same tree, however it was packed and wherever it comes from" {
    engram-walk "$tree" | engram-pack -r max >max.engram
    for options in '' -q -0 --json; do
        # shellcheck disable=SC2086  # none or one
        try engram-diff $options "$tree" max.engram
        expect 0
        [ -z "$output" ]
    done
    try engram-diff - "$tree" <max.engram
    expect 0
    try bash -c 'cat max.engram | engram-diff "$1" -' - "$tree"
    expect 0
    try engram-diff "$empty" "$empty"
    expect 0
    [ -z "$output" ]
}

@test "every field that a file can differ in" {
    f='path=/x|type=f|'
    one "$f${meta}size=0||" "$f${meta/755/4644}size=0||" '~ /x: mode 755 -> 4644'
    one "$f${meta}size=0||" "$f${meta/uid=0/uid=4294967295}size=0||" '~ /x: uid 0 -> 4294967295'
    one "$f${meta}size=0||" "$f${meta/gid=0/gid=7}size=0||" '~ /x: gid 0 -> 7'
    one "$f${meta}size=0||" "$f${meta/.000000000/.000000001}size=0||" \
        '~ /x: mtime 2023-11-14 22:13:20 -> 2023-11-14 22:13:20.000000001'
    one "$f${meta}size=0||" "$f${meta/1700000000/-9000000000000000000}size=0||" \
        '~ /x: mtime 2023-11-14 22:13:20 -> @-9000000000000000000'
    one "$f${meta}size=0||" "$f${meta}size=5||" '~ /x: size 0 -> 5'
    one "$f${meta}size=3|extent=0+3||abc" "$f${meta}size=3|extent=0+3||abd" '~ /x: content'
    one "$f${meta}size=3|extent=0+3||abc" "$f${meta}size=4|extent=0+4||abcd" '~ /x: content, size 3 -> 4'
    one "$f${meta}size=9|extent=0+3||abc" "$f${meta}size=9|extent=4+3||abc" '~ /x: extent'
    one "$f${meta}size=9|extent=0+3||abc" "$f${meta}size=9|extent=0+1|extent=4+2||abc" '~ /x: extent'
    one "$f${meta}size=9|extent=0+3||abc" "$f${meta}size=9|extent=0+4||abcd" '~ /x: content, extent'
    one "$f${meta}size=9|extent=0+3||abc" "$f${meta}size=8|extent=1+3||abc" '~ /x: size 9 -> 8, extent'
}

@test "times that both have, and that only one has" {
    f='path=/x|type=f|'
    i=0
    for time in atime ctime crtime; do
        one "$f$meta$time=5.000000000|size=0||" "$f$meta$time=6.250000000|size=0||" \
            "~ /x: $time 1970-01-01 00:00:05 -> 1970-01-01 00:00:06.250000000"
        one "$f$meta$time=5.000000000|size=0||" "$f${meta}size=0||" "~ /x: $time 1970-01-01 00:00:05 -> none"
        try engram-diff --json b.engram a.engram
        [ "$(jq -c .fields <<<"$output")" = "{\"$time\":{\"a\":null,\"b\":\"5.000000000\"}}" ]
        try engram-diff --ignore=$time a.engram b.engram
        expect 0
        i=$((i + 1))
    done
    [ $i -eq 3 ]
}

@test "extended attributes: added, removed, changed, each by its name" {
    f="path=/x|type=f|${meta}size=0|"
    one "$f|" "${f}xattr=user.a=||" '~ /x: xattr user.a added'
    one "${f}xattr=user.a=00||" "$f|" '~ /x: xattr user.a removed'
    one "${f}xattr=user.a=00||" "${f}xattr=user.a=01||" '~ /x: xattr user.a changed'
    one "${f}xattr=user.a=00||" "${f}xattr=user.a=0000||" '~ /x: xattr user.a changed'
    one "${f}xattr=user.a=00|xattr=user.c=00|xattr=user.d=00|xattr=user.e=02||" \
        "${f}xattr=user.b=00|xattr=user.c=00|xattr=user.d=01|xattr=user.e=02|xattr=user.f=||" \
        '~ /x: xattr user.a removed, xattr user.b added, xattr user.d changed, xattr user.f added'
    try engram-diff --json a.engram b.engram
    [ "$(jq -c .fields.xattr <<<"$output")" = \
        '{"a":{"user.a":"00","user.d":"00"},"b":{"user.b":"00","user.d":"01","user.f":""}}' ]
    one "path=/d|type=d|$meta|" "path=/d|type=d|${meta}xattr=system.posix_acl_default=02||" \
        '~ /d: xattr system.posix_acl_default added'
}

@test "links, devices and kinds" {
    one "path=/x|type=l|${meta}target=a||" "path=/x|type=l|${meta}target=../b||" '~ /x: target a -> ../b'
    one "path=/x|type=c|${meta}rdev=1:3||" "path=/x|type=c|${meta}rdev=1:5||" '~ /x: rdev 1:3 -> 1:5'
    one "path=/x|type=b|${meta}rdev=1:3||" "path=/x|type=b|${meta}rdev=2:3||" '~ /x: rdev 1:3 -> 2:3'
    one "path=/x|type=c|${meta}rdev=1:3||" "path=/x|type=b|${meta}rdev=1:3||" '~ /x: type c -> b'
    one "path=/x|type=c|${meta}rdev=1:3||" "path=/x|type=b|${meta}rdev=1:4||" '~ /x: type c -> b, rdev 1:3 -> 1:4'
    one "path=/x|type=f|${meta}size=3|extent=0+3||abc" "path=/x|type=l|${meta/755/777}target=b||" \
        '~ /x: type f -> l, mode 755 -> 777'
    one "path=/x|type=p|$meta|" "path=/x|type=s|$meta|" '~ /x: type p -> s'
    try engram-diff --json a.engram b.engram
    [ "$(jq -c '[.type, .fields]' <<<"$output")" = '["s",{"type":{"a":"p","b":"s"}}]' ]
}

@test "names that one of them has, with all that is in a directory, in the order of manifests" {
    pack_root a.engram "path=/a|type=d|$meta|" "path=/a/b|type=p|$meta|" "path=/a.x|type=p|$meta|" "path=/c|type=p|$meta|"
    pack_root b.engram "path=/a|type=p|$meta|" "path=/b|type=d|$meta|" "path=/b/b|type=p|$meta|" "path=/c|type=p|$meta|"
    try engram-diff a.engram b.engram
    expect 1
    [ "$output" = '~ /a: type d -> p
- /a/b
- /a.x
+ /b
+ /b/b' ]
    try engram-diff "$empty" a.engram
    expect 1
    [ "$output" = '+ /
+ /a
+ /a/b
+ /a.x
+ /c' ]
    try engram-diff a.engram "$empty"
    expect 1
    [ "$output" = '- /
- /a
- /a/b
- /a.x
- /c' ]
}

@test "a change to a file with several names is told of at the first" {
    pack_root a.engram "path=/a|type=f|${meta}size=1|extent=0+1||x" "path=/b|type=h|link=/a||" "path=/c|type=h|link=/a||"
    pack_root b.engram "path=/a|type=f|${meta}size=1|extent=0+1||y" "path=/b|type=h|link=/a||"
    try engram-diff a.engram b.engram
    expect 1
    [ "$output" = '~ /a: content
- /c' ]
    try engram-diff a.engram b.engram /b
    expect 1
    [ "$output" = '~ /b: content' ]
}

@test "names of a file that lost, got or changed the first one" {
    file="type=f|${meta}size=1|extent=0+1||x"
    pack_root a.engram "path=/b|$file" "path=/c|type=h|link=/b||" "path=/d|$file"
    pack_root b.engram "path=/a|$file" "path=/b|type=h|link=/a||" "path=/c|type=h|link=/a||" "path=/d|type=h|link=/a||"
    try engram-diff a.engram b.engram
    expect 1
    [ "$output" = '+ /a
~ /b: link none -> /a
~ /c: link /b -> /a
~ /d: link none -> /a' ]
    try engram-diff --json b.engram a.engram
    [ "$(jq -c '[.change, .path, .type, .fields]' <<<"$output")" = '["removed","/a","f",null]
["changed","/b","f",{"link":{"a":"/a","b":null}}]
["changed","/c","h",{"link":{"a":"/a","b":"/b"}}]
["changed","/d","f",{"link":{"a":"/a","b":null}}]' ]
    try engram-diff --ignore=link a.engram b.engram
    expect 1
    [ "$output" = '+ /a' ]
    # What the names lead to is compared as well.
    pack_root b.engram "path=/a|${file/755/700}" "path=/b|type=h|link=/a||" "path=/c|type=h|link=/a||" \
        "path=/d|type=l|${meta}target=a||"
    try engram-diff --ignore=link a.engram b.engram
    expect 1
    [ "$output" = '+ /a
~ /b: mode 755 -> 700
~ /c: mode 755 -> 700
~ /d: type f -> l' ]
}

@test "each name is compared with its own file, where one after another leads elsewhere" {
    p="path=/p|$meta" q="path=/q|${meta/755/700}"
    pack_root a.engram "${p/|/|type=f|}size=0||" "${q/|/|type=f|}size=0||" "path=/x|type=h|link=/p||" \
        "path=/y|type=h|link=/q||"
    pack_root b.engram "${p/|/|type=f|}size=0||" "${q/|/|type=f|}size=0||" "path=/x|type=f|${meta}size=0||" \
        "path=/y|type=f|${meta/755/711}size=0||"
    try engram-diff a.engram b.engram
    expect 1
    [ "$output" = '~ /x: link /p -> none
~ /y: link /q -> none, mode 700 -> 711' ]
}

@test "content is told by the SHA-256 that sha256sum gives, an extent by its runs" {
    pack_root a.engram "path=/x|type=f|${meta}size=9|extent=0+3||abc"
    pack_root b.engram "path=/x|type=f|${meta}size=9|extent=1+2|extent=5+4||uvwxyz"
    try engram-diff --json a.engram b.engram
    expect 1
    [ "$(jq -r '.fields.content | .a, .b' <<<"$output")" = "$(printf abc | sha256sum | cut -c1-64)
$(printf uvwxyz | sha256sum | cut -c1-64)" ]
    [ "$(jq -c '.fields.extent' <<<"$output")" = '{"a":["0+3"],"b":["1+2","5+4"]}' ]
    [ "$(jq -c 'del(.fields)' <<<"$output")" = '{"change":"changed","path":"/x","type":"f"}' ]
}

@test "JSON spells every other field as engram-ls does" {
    pack_root a.engram "path=/c|type=c|${meta}rdev=1:3||" "path=/f|type=f|mode=4755|uid=1|gid=2|mtime=-1.500000000|size=3||" \
        "path=/l|type=l|${meta}target=x||"
    pack_root b.engram "path=/c|type=c|${meta}rdev=1:4||" "path=/f|type=f|mode=0|uid=3|gid=4|mtime=2.000000000|size=5||" \
        $'path=/l|type=l|'"${meta}"$'target=\xff"||'
    spelled() {
        jq -c 'select(.path != "/") | [.path, .rdev, .mode, .uid, .gid, .mtime, .size, .target]'
    }
    engram-diff --json a.engram b.engram >differences || [ $? -eq 1 ]
    [ "$(jq -r '.fields | keys_unsorted | join(" ")' differences)" = 'rdev
size mode uid gid mtime
target' ]
    for side in a b; do
        jq -c --arg side $side '.fields |= map_values(.[$side]) | .fields + {path}' differences | spelled >told
        engram-ls -R --json $side.engram | spelled >listed
        # What did not change is not told.
        jq -c -s '.[:3] as $told | .[3:] | to_entries[] | .key as $i | .value | to_entries
            | map(if $told[$i][.key] == null then null else .value end)' told listed >wanted
        same told wanted
    done
}

@test "JSON has what was added and removed as engram-ls prints it" {
    engram-ls -R --json "$tree" | jq -c 'del(.sha256)' >listed
    for change in added removed; do
        [ $change = added ] && pair=("$empty" "$tree") || pair=("$tree" "$empty")
        engram-diff --json "${pair[@]}" >differences || [ $? -eq 1 ]
        [ "$(jq -r .change differences | sort | uniq -c | tr -s ' ')" = " ${#tree_records[@]} $change" ]
        jq -c '.entry | select(.path != "/") | del(.sha256)' differences | same - listed
        jq -e -s 'all(.path == .entry.path and .type == .entry.type)' differences
        [ "$(jq -r 'select(.path == "/usr/sudo").entry.sha256' differences)" = "$(printf sud | sha256sum | cut -c1-64)" ]
    done
}

@test "-0 gives the names as they are, lines give them fit for a terminal" {
    odd=$'/n\n\x1b[2J\xff'
    pack_root a.engram "path=$odd|type=p|$meta|" "path=/x|type=l|${meta}target=a||" "path=/y|type=f|${meta}size=0||"
    pack_root b.engram "path=${odd}2|type=p|$meta|" "path=/x|type=l|${meta}target=$odd||" \
        "path=/y|type=f|${meta}size=0|"$'xattr=user.\n\x1b[1m=00||'
    try engram-diff a.engram b.engram
    expect 1
    [ "$output" = '- /n\n\x1b[2J\xff
+ /n\n\x1b[2J\xff2
~ /x: target a -> /n\n\x1b[2J\xff
~ /y: xattr user.\n\x1b[1m added' ]
    engram-diff -0 a.engram b.engram >names || [ $? -eq 1 ]
    printf '%s\0' "-$odd" "+${odd}2" '~/x' '~/y' | same - names
    pack_root a.engram "path=$odd|type=f|${meta}size=0||" "path=/z|type=h|link=$odd||"
    pack_root b.engram "path=$odd|type=f|${meta}size=0||" "path=/z|type=f|${meta}size=0||"
    try engram-diff a.engram b.engram
    [ "$output" = '~ /z: link /n\n\x1b[2J\xff -> none' ]
}

@test "fields that are ignored" {
    pack_root a.engram "path=/x|type=f|${meta}size=0|xattr=user.a=00||" "path=/y|type=p|$meta|"
    pack_root b.engram "path=/x|type=f|mode=700|uid=1|gid=1|mtime=0.000000000|size=0||" "path=/y|type=p|${meta/170/180}|"
    try engram-diff --ignore=mtime a.engram b.engram
    expect 1
    [ "$output" = '~ /x: mode 755 -> 700, uid 0 -> 1, gid 0 -> 1, xattr user.a removed' ]
    try engram-diff --ignore mode,uid --ignore=mtime,gid a.engram b.engram
    expect 1
    [ "$output" = '~ /x: xattr user.a removed' ]
    try engram-diff --ignore=xattr,mode,uid,gid,mtime a.engram b.engram
    expect 0
    [ -z "$output" ]
    for field in content,size extent target rdev; do
        case $field in
        content,size)
            pack_root a.engram "path=/x|type=f|${meta}size=1|extent=0+1||x"
            pack_root b.engram "path=/x|type=f|${meta}size=2|extent=0+2||xy"
            ;;
        extent)
            pack_root a.engram "path=/x|type=f|${meta}size=2|extent=0+1||x"
            pack_root b.engram "path=/x|type=f|${meta}size=2|extent=1+1||x"
            ;;
        target)
            pack_root a.engram "path=/x|type=l|${meta}target=a||"
            pack_root b.engram "path=/x|type=l|${meta}target=b||"
            ;;
        rdev)
            pack_root a.engram "path=/x|type=c|${meta}rdev=1:3||"
            pack_root b.engram "path=/x|type=c|${meta}rdev=1:4||"
            ;;
        esac
        try engram-diff -q a.engram b.engram
        expect 1
        try engram-diff --ignore=$field a.engram b.engram
        expect 0
    done
}

@test "--summary counts names, and the data of files" {
    file() {
        printf '%s' "path=$1|type=f|$2size=10|extent=2+${#3}||$3"
    }
    pack_root a.engram "$(file /a "$meta" abc)" "$(file /b "$meta" abcd)" "$(file /c "$meta" ab)" "path=/d|type=p|$meta|"
    pack_root b.engram "$(file /b "$meta" abcde)" "$(file /c "${meta/755/700}" ab)" "$(file /e "$meta" abcdefg)" \
        "path=/f|type=h|link=/e||"
    try engram-diff --summary a.engram b.engram
    expect 1
    [ "$output" = 'added: 2 (7 bytes)
removed: 2 (3 bytes)
changed: 2 (5 bytes)' ]
    try engram-diff --summary --json a.engram b.engram
    expect 1
    [ "$(jq -c . <<<"$output")" = \
        '{"added":{"names":2,"bytes":7},"removed":{"names":2,"bytes":3},"changed":{"names":2,"bytes":5}}' ]
    try engram-diff --summary a.engram a.engram
    expect 0
    [ "$output" = 'added: 0 (0 bytes)
removed: 0 (0 bytes)
changed: 0 (0 bytes)' ]
}

@test "PATHs limit what is compared" {
    pack_root a.engram "path=/a|type=d|$meta|" "path=/a/x|type=p|$meta|" "path=/a.b|type=p|$meta|" "path=/c|type=p|$meta|"
    pack_root b.engram "path=/a|type=d|$meta|" "path=/a.b|type=s|$meta|" "path=/c|type=s|$meta|"
    try engram-diff a.engram b.engram /a
    expect 1
    [ "$output" = '- /a/x' ]
    try engram-diff a.engram b.engram c ./a//
    expect 1
    [ "$output" = '~ /c: type p -> s
- /a/x' ]
    pack_root b.engram "path=/a|type=d|$meta|" "path=/a/x|type=p|$meta|"
    try engram-diff a.engram b.engram a
    expect 0
    [ -z "$output" ]
    try engram-diff a.engram b.engram /nowhere a /a.c
    expect 1 'engram-diff: /nowhere: is in neither engram
engram-diff: /a.c: is in neither engram'
    [ -z "$output" ]
    try engram-diff "$empty" b.engram /a/x
    expect 1
    [ "$output" = '+ /a/x' ]
}

@test "PATHs may be patterns: what they match is compared, and what that holds" {
    local d="path=%s|type=d|$meta|"
    # shellcheck disable=SC2059  # the path goes in
    dir() { printf "$d" "$1"; }
    pack_root a.engram "$(dir /a)" "$(dir /a/x.d)" "path=/a/x.d/f|type=p|$meta|" "path=/a/y|type=p|$meta|" \
        "path=/b|type=p|$meta|" "path=/c.d|type=p|$meta|"
    pack_root b.engram "path=/[ab]|type=p|$meta|" "$(dir /a)" "$(dir /a/x.d)" "path=/a/x.d/f|type=s|$meta|" "path=/a/y|type=s|$meta|" \
        "path=/b|type=s|$meta|" "$(dir /c.d)" "path=/c.d/n|type=p|$meta|"
    want() {
        try engram-diff "$@"
        expect 1
        [ "$output" = "$wanted" ]
    }
    wanted='~ /a/x.d/f: type p -> s
~ /c.d: type p -> d
+ /c.d/n'
    want a.engram b.engram '*.d'
    want a.engram b.engram './*.d'
    wanted='~ /a/x.d/f: type p -> s'
    want a.engram b.engram '/a/x*'
    want a.engram b.engram 'a/*.d'
    want a.engram b.engram '?/x.d'
    # A name, if one of them has it.
    wanted='+ /[ab]'
    want a.engram b.engram '[ab]'
    wanted='- /[ab]'
    want b.engram a.engram '[ab]'
    wanted='~ /a/x.d/f: type p -> s
~ /a/y: type p -> s
~ /b: type p -> s'
    want a.engram b.engram '[a-b]'
    try engram-diff a.engram b.engram '*.none' '/a/z*'
    expect 1 "engram-diff: *.none: matches no name of either engram
engram-diff: /a/z*: matches no name of either engram"
    [ -z "$output" ]
    try engram-diff a.engram b.engram 'a/x.?'
    expect 1
    try engram-diff a.engram a.engram '*'
    expect 0
}

@test "a change to a file is told of at the first of its names that a pattern matches" {
    pack_root a.engram "path=/1|type=f|${meta}size=0||" "path=/2|type=h|link=/1||" "path=/3|type=h|link=/1||"
    pack_root b.engram "path=/1|type=f|${meta/755/600}size=0||" "path=/2|type=h|link=/1||" "path=/3|type=h|link=/1||"
    try engram-diff a.engram b.engram '/[23]*'
    expect 1
    [ "$output" = '~ /2: mode 755 -> 600
~ /3: mode 755 -> 600' ]
    try engram-diff a.engram b.engram '/[12]'
    expect 1
    [ "$output" = '~ /1: mode 755 -> 600' ]
}

@test "-q prints nothing and stops at the first difference" {
    pack_root a.engram "path=/a|type=p|$meta|"
    pack_root b.engram "path=/a|type=s|$meta|"
    try engram-diff -q a.engram b.engram
    expect 1
    [ -z "$output" ]
    # Had it gone on, it would have met the wrong digest in the end.
    forge b.engram bad.engram 00112233
    try engram-diff -q a.engram bad.engram
    expect 1
    try engram-diff -q a.engram bad.engram /a /nowhere
    expect 1
    try engram-diff -q b.engram bad.engram
    expect 3 'engram-diff: bad.engram: footer: the SHA-256 of the tree is wrong'
}

# What find says of each name in a directory, and sha256sum of each file: one line a name.
listing() {
    (cd "$1" && find . \( -type f -printf '/%P %y %m %U %G %T@ %s ' -exec sha256sum {} \; \) -o \
        -type l -printf '/%P %y %m %U %G %T@ %l\n' -o -printf '/%P %y %m %U %G %T@\n') | sort
}

# The names whose lines differ between two listings, as -0 with newlines has them.
judged() {
    join -a 1 -a 2 -t $'\t' -o 0,1.2,2.2 -e missing <(sed 's/ /\t/' "$1") <(sed 's/ /\t/' "$2") |
        awk -F '\t' '$2 == $3 { next } $2 == "missing" { print "+" $1; next }
            $3 == "missing" { print "-" $1; next } { print "~" $1 }' | sort
}

@test "two real trees: the names that find and sha256sum tell apart" {
    need_root
    mkdir -p one/etc/deep one/usr/lib one/gone
    for i in $(seq 40); do
        echo "$i" >"one/etc/$i"
        seq "$i" >"one/usr/lib/$i.so"
    done
    ln -s 7 one/etc/link
    ln -s 8 one/etc/same
    mkfifo one/etc/fifo
    echo gone >one/gone/file
    find one -exec touch -h -d @1700000000 {} +
    cp -a one two
    echo changed >two/etc/3
    echo 14 >>two/etc/14
    chmod 600 two/etc/15
    chown 7:8 two/etc/16
    chown 7 two/etc/deep
    touch -d @1600000000 two/etc/17 two/usr/lib
    ln -sfn 9 two/etc/link
    rm two/etc/20 two/etc/fifo
    mkdir two/etc/20
    echo new >two/etc/41
    mv two/gone two/usr/moved
    touch -d @1700000000 two/etc/link -h
    for side in one two; do
        mke2fs -q -t ext4 -d $side $side.ext4 4M 2>/dev/null
        ext4walk $side.ext4 | engram-pack -q -o $side.engram
        # mke2fs makes a root directory and a lost+found of its own.
        listing $side | grep -v '^/ ' >$side.listing
    done
    judged one.listing two.listing >wanted
    [ "$(wc -l <wanted)" -eq 17 ] # or the judge is blind
    engram-diff -0 one.engram two.engram >names || [ $? -eq 1 ]
    tr '\0' '\n' <names | grep -vx -e '~/' -e '~/lost+found' | sort | same - wanted
    # As diff sees them: what differs in content, or is in one only.
    diff -rq --no-dereference one two >seen || true
    sed -n 's,^Files one\(/[^ ]*\) and .*,\1,p; s,^Symbolic links one\(/[^ ]*\) and .*,\1,p' seen | sort >wanted
    engram-diff --json one.engram two.engram >differences || [ $? -eq 1 ]
    jq -r 'select(.fields.content or .fields.target).path' differences | sort | same - wanted
    [ "$(wc -l <wanted)" -eq 3 ]
}

@test "what debugfs did to an image" {
    ext4walk -p 2 "$BATS_TEST_DIRNAME/data/vm.qcow2" | engram-pack -q -o before.engram
    qcow2cat "$BATS_TEST_DIRNAME/data/vm.qcow2" | partextract -o root.ext4 2
    printf '%s\n' 'rm /etc/hostname' 'sif /etc/shadow mode 0100644' 'ln /etc/passwd /etc/passwd-' \
        'sif /etc/passwd links_count 2' 'sif /usr/bin uid 7' 'sif /home/ada/notes mtime 20240301000000' >commands
    debugfs -w -f commands root.ext4 >/dev/null 2>&1
    try bash -o pipefail -c 'ext4walk root.ext4 | engram-pack | engram-diff before.engram -'
    expect 1
    [ "$output" = '- /etc/hostname
+ /etc/passwd-
~ /etc/shadow: mode 640 -> 644
~ /home/ada/notes: mtime 2024-02-29 12:34:56 -> 2024-03-01 00:00:00
~ /usr/bin: uid 0 -> 7' ]
}

@test "a file that is missing, or is no engram, is named" {
    try engram-diff missing "$tree"
    expect 1 'engram-diff: missing: cannot open: No such file or directory'
    try engram-diff "$tree" missing
    expect 1 'engram-diff: missing: cannot open: No such file or directory'
    head -c 4096 /dev/zero >zeros
    for pair in "zeros $tree" "$tree zeros"; do
        # shellcheck disable=SC2086  # two files
        try engram-diff $pair
        expect_like 3 'engram-diff: zeros: [^:]+.*'
    done
    try engram-diff "$tree" - <zeros
    expect_like 3 'engram-diff: standard input: [^:]+.*'
    head -c 1000 "$tree" >cut.engram
    try engram-diff "$tree" cut.engram
    expect_like 3 'engram-diff: cut\.engram: .*'
    try engram-diff cut.engram "$tree"
    expect_like 3 'engram-diff: cut\.engram: .*'
}

@test "damage in the index of either is found, with the file that it is in" {
    size=$(stat -c %s "$tree")
    tables=$(number "$tree" $((size - 176 + 40)) 8)
    flip "$tree" bad.engram $((tables - 5)) 0x40
    for options in '' -q --summary; do
        for pair in "bad.engram $tree" "$tree bad.engram"; do
            # shellcheck disable=SC2086  # none or one option, two files
            try engram-diff $options $pair
            expect_like 3 'engram-diff: bad\.engram: leaf 0 at offset [0-9]+ \([0-9]+ bytes, entries 0 to 20\): its SHA-256 is wrong'
            [ -z "$output" ]
        done
    done
    try engram-diff - "$tree" <bad.engram
    expect_like 3 'engram-diff: standard input: leaf 0 .*'
}

@test "tree-digest-of-another, in a footer that is signed: the differences are seen all the same" {
    pack_root a.engram "path=/x|type=p|$meta|"
    pack_root b.engram "path=/x|type=p|${meta/755/4755}|"
    forge b.engram bad.engram "$(peek a.engram $(($(stat -c %s a.engram) - 176 + 112)) 32)"
    try engram-diff a.engram bad.engram
    expect 3 'engram-diff: bad.engram: footer: the SHA-256 of the tree is wrong'
    [ "$output" = '~ /x: mode 755 -> 4755' ]
    try engram-diff bad.engram a.engram
    expect 3 'engram-diff: bad.engram: footer: the SHA-256 of the tree is wrong'
    [ "$output" = '~ /x: mode 4755 -> 755' ]
}

@test "a full disk is an error, a reader that has enough still learns that they differ" {
    run --separate-stderr bash -c 'engram-diff "$1" "$2" >/dev/full' - "$empty" "$tree"
    expect 1 "engram-diff: standard output: write failed: No space left on device"
    {
        echo "manifest=1|data=inline||$root"
        seq -w 20000 | sed "s,.*,path=/&|type=p|$meta|,"
        echo 'end=20001|bytes=0||'
    } | tr -d '\n' | tr '|' '\0' | engram-pack -q -o many.engram
    run --separate-stderr bash -o pipefail -c 'engram-diff "$1" many.engram | head -c 1' - "$empty"
    expect 1
    [ "$output" = + ]
}
