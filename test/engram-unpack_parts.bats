#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # what helper.bash, tree.bash and bats set
# engram-unpack of a part: PATHs, patterns, --exclude and --strip-components, with tar as the judge.
load helper
load tree

setup_file() {
    need tar
    pack "$BATS_FILE_TMPDIR/tree.engram" "$tree_bytes" "${tree_records[@]}"
    engram-unpack -q -C "$BATS_FILE_TMPDIR/all" "$BATS_FILE_TMPDIR/tree.engram" 2>/dev/null || [ "$(id -u)" -ne 0 ]
    tar -C "$BATS_FILE_TMPDIR/all" --xattrs --numeric-owner --exclude=./var/run/sock -cf "$BATS_FILE_TMPDIR/all.tar" .
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    all=$BATS_FILE_TMPDIR/all
    tree=$BATS_FILE_TMPDIR/tree.engram
}

# All that find says of a tree but of its root, and with what links are to the same file.
shown() {
    (cd "$1" && find . -mindepth 1 -printf '%P %y %#m %U:%G %T@ %n %l\n' | sed 's/^\([^ ]* d .*\) [0-9]* $/\1/' | sort)
}

# What is at these paths in the whole tree, and nothing more, is in `out`: parts PATH...
parts() {
    local path
    for path; do
        [ ! -d "$all/$path" ] || [ -L "$all/$path" ] || printf '%s/\n' "$path"
        [ -d "$all/$path" ] && [ ! -L "$all/$path" ] || printf '%s\n' "$path"
    done | sed 's,/$,,' | sort >want
    (cd out && find . -mindepth 1 -printf '%P\n' | sort) | diff want - >&2
    while IFS= read -r path; do
        diff <(stat -c '%F %a %u:%g %.9Y' "$all/$path") <(stat -c '%F %a %u:%g %.9Y' "out/$path") >&2
        [ ! -f "out/$path" ] || same "$all/$path" "out/$path"
    done <want
}

@test "PATHs: what they name with all it holds, and the directories on the way with their metadata" {
    need_root
    try engram-unpack -C out "$tree" etc/hosts /usr/lib var/run/pipe
    expect 0
    parts etc etc/hosts usr usr/lib usr/lib/os-release var var/run var/run/pipe
    [ "$(stat -c '%a %Y' out)" = "$(stat -c '%a %Y' "$all")" ]
    rm -r out
    try engram-unpack -C out "$tree" /
    expect 0
    diff <(shown "$all") <(shown out) >&2
}

@test "progress counts the names that are made" {
    try engram-unpack -P --strip-components=1 -C out "$tree"
    last=$(tr '\r' '\n' <<<"$stderr" | grep '/s ' | tail -1)
    [[ $last =~ ^'engram-unpack: '.*'/s  '([0-9]+)' names'\ *$ ]]
    [ "${BASH_REMATCH[1]}" -eq "$(find "$all" -mindepth 2 -printf x | wc -c)" ]
}

@test "patterns and --exclude" {
    need_root
    try engram-unpack -C out -x sudo "$tree" 'usr/*' '*/shadow'
    expect 0
    parts etc etc/shadow usr usr/lib usr/lib/os-release
    rm -r out
    try engram-unpack -C out -x /var -x '/etc*' -x dev "$tree"
    expect 0
    parts run sparse usr usr/lib usr/lib/os-release usr/sudo
}

@test "a hard link whose first name is not selected becomes the file" {
    need_root
    try engram-unpack -C out "$tree" etc/link
    expect 0
    parts etc etc/link
    [ "$(stat -c %h out/etc/link)" -eq 1 ]
}

@test "a name that is not there: told, status 1, and nothing is made" {
    try engram-unpack -C out "$tree" etc/hosts etc/none usr/nil
    expect 1 "engram-unpack: $tree: there is no etc/none
engram-unpack: $tree: there is no usr/nil"
    [ ! -e out ]
}

@test "a pattern that matches nothing: told, status 1, and the rest is unpacked" {
    try engram-unpack -C out "$tree" 'run' '*/nothing*'
    [ "$status" -eq 1 ]
    [[ $stderr == *"engram-unpack: $tree: no name matches */nothing*" ]]
    left_behind out run
    rm -r out
    # Then it is a new directory like any other, or as it was.
    (umask 027 && ! engram-unpack -C out "$tree" 'nothing*' 2>/dev/null)
    [ "$(stat -c %a out)" = 750 ]
    chmod 711 out
    try engram-unpack -C out "$tree" 'nothing*'
    [ "$status" -eq 1 ]
    [ "$(stat -c %a out)" = 711 ]
    left_behind out
}

@test "--strip-components is tar's" {
    need_root
    local n
    for n in 0 1 2 3; do
        rm -rf out want
        mkdir want
        tar -C want --numeric-owner -xpf "$BATS_FILE_TMPDIR/all.tar" --strip-components=$((n + 1))
        try engram-unpack -C out -x sock --strip-components=$n "$tree"
        expect 0
        diff <(shown want) <(shown out) >&2
        [ "$n" -eq 3 ] || [ -n "$(shown out)" ]
        (cd want && find . -type f -exec cmp {} ../out/{} \;) >&2
    done
}

@test "stripped of its first names a tree has no root: the directory keeps its metadata" {
    mkdir out
    chmod 2751 out
    touch -d @5 out
    engram-unpack -q --strip-components=1 -C out "$tree" etc 2>/dev/null || [ "$(id -u)" -ne 0 ]
    [ "$(stat -c %a out)" = 2751 ]
    left_behind out hosts link os-release shadow
    (umask 022 && engram-unpack -q --strip-components=1 -C new "$tree" etc 2>/dev/null) || [ "$(id -u)" -ne 0 ]
    [ "$(stat -c %a new)" = 755 ]
}

@test "hard links whose first name is stripped away: the first that stays becomes the file" {
    local own
    own="uid=$(id -u)|gid=$(id -g)|mtime=5.000000000"
    pack x.engram 3 "path=/|type=d|mode=755|$own||" "path=/a|type=f|mode=640|$own|size=3|extent=0+3||abc" \
        "path=/b|type=h|link=/a||" "path=/d|type=d|mode=755|$own||" "path=/d/one|type=h|link=/a||" \
        "path=/d/two|type=h|link=/a||" "path=/e|type=d|mode=755|$own||" "path=/e/f|type=d|mode=755|$own||" \
        "path=/e/f/three|type=h|link=/a||"
    try engram-unpack --strip-components=1 -C out x.engram
    expect 0
    left_behind out f f/three one two
    [ "$(cat out/one)" = abc ]
    [ "$(stat -c '%a %h %Y' out/one)" = "640 3 5" ]
    [ out/one -ef out/two ] && [ out/one -ef out/f/three ]
    # The first that is selected is one that goes away: still the same file.
    try engram-unpack --strip-components=1 -C new x.engram b e
    expect 0
    left_behind new f f/three
    [ "$(stat -c '%a %h %Y %s' new/f/three)" = "640 1 5 3" ]
    # Links to a name that is left under another path.
    try engram-unpack --strip-components=2 -C deep x.engram
    expect 0
    left_behind deep three
    [ "$(cat deep/three)" = abc ]
}

@test "names that become one: a fault, or with --overwrite the later one; directories are merged" {
    local own
    own="uid=$(id -u)|gid=$(id -g)|mtime=5.000000000"
    pack x.engram 4 "path=/|type=d|mode=755|$own||" "path=/a|type=d|mode=755|$own||" "path=/a/d|type=d|mode=700|$own||" \
        "path=/a/d/1|type=f|mode=600|$own|size=1|extent=0+1||1" "path=/a/f|type=f|mode=600|$own|size=1|extent=0+1||A" \
        "path=/b|type=d|mode=755|$own||" "path=/b/d|type=d|mode=750|$own||" \
        "path=/b/d/2|type=f|mode=600|$own|size=1|extent=0+1||2" "path=/b/f|type=f|mode=600|$own|size=1|extent=0+1||B" \
        "path=/b/g|type=h|link=/b/f||" "path=/c|type=d|mode=755|$own||" "path=/c/f|type=h|link=/b/f||"
    try engram-unpack --strip-components=1 -C out x.engram
    expect 1 "engram-unpack: x.engram: /d exists already in out; nothing is overwritten without --overwrite"
    try engram-unpack --strip-components=1 -C out --overwrite x.engram
    expect 0
    left_behind out d d/1 d/2 f g
    [ "$(stat -c %a out/d)" = 750 ]
    [ "$(cat out/d/1 out/d/2 out/f)" = 12B ]
    [ "$(stat -c %h out/f)" -eq 2 ] && [ out/f -ef out/g ]
}

@test "a hostile link does not lead out of the directory, stripped or not" {
    mkdir out elsewhere
    echo secret >elsewhere/f
    ln -s ../elsewhere out/d
    local own
    own="uid=$(id -u)|gid=$(id -g)|mtime=5.000000000"
    # Stripped, /a/d is a link and then a directory: the link is gone by then.
    pack x.engram 2 "path=/|type=d|mode=755|$own||" "path=/a|type=d|mode=755|$own||" \
        "path=/a/d|type=l|mode=777|$own|target=../elsewhere||" "path=/b|type=d|mode=755|$own||" \
        "path=/b/d|type=d|mode=755|$own||" "path=/b/d/f|type=f|mode=644|$own|size=1|extent=0+1||x" \
        "path=/c|type=d|mode=755|$own||" "path=/c/d|type=d|mode=755|$own||" "path=/c/d/g|type=f|mode=644|$own|size=1|extent=0+1||y"
    try engram-unpack --strip-components=1 --overwrite -C out x.engram
    expect 0
    left_behind elsewhere f
    [ "$(cat elsewhere/f)" = secret ]
    left_behind out d d/f d/g
    # The other way round it is a directory that stays.
    pack y.engram 1 "path=/|type=d|mode=755|$own||" "path=/a|type=d|mode=755|$own||" "path=/a/d|type=d|mode=755|$own||" \
        "path=/b|type=d|mode=755|$own||" "path=/b/d|type=l|mode=777|$own|target=../elsewhere||" \
        "path=/c|type=d|mode=755|$own||" "path=/c/d|type=d|mode=755|$own||" "path=/c/d/f|type=f|mode=644|$own|size=1|extent=0+1||z"
    try engram-unpack --strip-components=1 --overwrite -C new y.engram
    expect 1 "engram-unpack: y.engram: /d is a directory in new, which is not replaced"
    [ "$(cat elsewhere/f)" = secret ]
}
