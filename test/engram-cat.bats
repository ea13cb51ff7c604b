#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # what helper.bash, tree.bash and bats set
# engram-cat: the bytes of files, against what went in.
load helper
load tree
load engram

setup_file() {
    pack "$BATS_FILE_TMPDIR/tree.engram" "$tree_bytes" "${tree_records[@]}"
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return
}

# links N: an engram in which /0 leads to a file through N symbolic links.
links() {
    local records=("$root") n=$1 i
    for ((i = 0; i < n; i++)); do
        records+=("path=/$(printf %02d "$i")|type=l|${meta}target=$(printf %02d $((i + 1)))||")
    done
    records+=("path=/$(printf %02d "$n")|type=f|${meta}size=3|extent=0+3||end")
    pack "$BATS_TEST_TMPDIR/links$n.engram" 3 "${records[@]}"
}

@test "--help and --version go to standard output" {
    try engram-cat --help
    expect 0
    [[ $output == "Usage: engram-cat [OPTION]... ENGRAM PATH..."* ]]
    try engram-cat --version
    expect 0
    [[ $output == "engram-cat (engram-tools) "* ]]
}

@test "unknown options and missing operands are usage errors" {
    try engram-cat -Z tree.engram /etc/hosts
    expect 2 "engram-cat: unknown option '-Z'
Try 'engram-cat --help'."
    try engram-cat tree.engram
    expect 2 "engram-cat: an ENGRAM and at least one PATH are needed
Try 'engram-cat --help'."
}

@test "a file that is missing, and one that is no engram" {
    try engram-cat missing.engram /etc/hosts
    expect 1 "engram-cat: missing.engram: cannot open: No such file or directory"
    head -c 4096 /dev/zero >zeros
    try engram-cat zeros /etc/hosts
    [ "$status" -eq 3 ]
    [[ $stderr == "engram-cat: zeros: "* ]]
}

@test "the bytes of a file, of several, and of an empty one" {
    engram-cat tree.engram /etc/hosts >out
    printf '127.0.0.1 me\n' | same - out
    engram-cat tree.engram etc/shadow /usr/sudo /etc/shadow ./usr/lib/../sudo >out
    printf 'sudsud' | same - out
}

@test "hard links and symbolic links lead to their files, within the tree only" {
    engram-cat tree.engram /etc/link /etc/os-release /etc/../../../etc/hosts >out
    printf '127.0.0.1 me\nNAME=test127.0.0.1 me\n' | same - out
    # An absolute link means the engram's root, not the host's; out of the tree leads nowhere.
    pack "$BATS_TEST_TMPDIR/abs.engram" 2 "$root" "path=/etc|type=d|$meta|" \
        "path=/etc/abs|type=l|${meta}target=/etc/passwd||" \
        "path=/etc/passwd|type=f|${meta}size=2|extent=0+2||me" "path=/host|type=l|${meta}target=$BATS_TEST_TMPDIR||" "path=/out|type=l|${meta}target=../../../etc/passwd||" \
        "path=/real|type=l|${meta}target=/etc/passwd||"
    engram-cat "$BATS_TEST_TMPDIR/abs.engram" /out /real /etc/abs >out
    printf 'mememe' | same - out
    try engram-cat "$BATS_TEST_TMPDIR/abs.engram" /host/abs.engram
    expect 1 "engram-cat: $BATS_TEST_TMPDIR/abs.engram: /host/abs.engram leads to $BATS_TEST_TMPDIR/abs.engram, which the engram does not have"
}

@test "forty symbolic links are followed, one more is not, nor is a loop" {
    links 40
    try engram-cat "$BATS_TEST_TMPDIR/links40.engram" /00
    expect 0
    [ "$output" = end ]
    links 41
    try engram-cat "$BATS_TEST_TMPDIR/links41.engram" /00
    expect 1 "engram-cat: $BATS_TEST_TMPDIR/links41.engram: /00: more than 40 symbolic links"
    pack "$BATS_TEST_TMPDIR/loop.engram" 0 "$root" "path=/a|type=l|${meta}target=b/..||" "path=/b|type=l|${meta}target=a||"
    try engram-cat "$BATS_TEST_TMPDIR/loop.engram" /a
    expect 1 "engram-cat: $BATS_TEST_TMPDIR/loop.engram: /a: more than 40 symbolic links"
}

@test "what is no file is an error, and the others are written all the same" {
    try engram-cat tree.engram /usr /usr/sudo /dev/null /var/run/pipe /var/run/sock /etc/none /usr/sudo/x /etc/hosts/
    expect 1 "engram-cat: tree.engram: /usr is a directory, not a file
engram-cat: tree.engram: /dev/null is a device, not a file
engram-cat: tree.engram: /var/run/pipe is a named pipe, not a file
engram-cat: tree.engram: /var/run/sock is a socket, not a file
engram-cat: tree.engram: there is no /etc/none
engram-cat: tree.engram: there is no /usr/sudo/x: /usr/sudo is no directory
engram-cat: tree.engram: there is no /etc/hosts/: /etc/hosts is no directory"
    [ "$output" = sud ]
    try engram-cat tree.engram '' /usr/sudo
    expect 1 "engram-cat: tree.engram: an empty path"
    [ "$output" = sud ]
}

@test "holes are zeros in a pipe and holes in a file" {
    truncate -s 3M want
    printf mid | dd of=want bs=1 seek=1M conv=notrunc status=none
    engram-cat tree.engram /sparse | same - want
    engram-cat tree.engram /sparse >out
    same out want
    [ "$(du -k out | cut -f1)" -lt 200 ]
    engram-cat -o out2 tree.engram /sparse
    same out2 want
    [ "$(du -k out2 | cut -f1)" -lt 200 ]
}

@test "-o FILE appears whole or not at all" {
    mkdir "$BATS_TEST_TMPDIR/dir"
    cd "$BATS_TEST_TMPDIR/dir"
    engram-cat --output=out "$BATS_FILE_TMPDIR/tree.engram" /usr/sudo
    [ "$(cat out)" = sud ]
    try engram-cat -o new "$BATS_FILE_TMPDIR/tree.engram" /usr/sudo /none
    [ "$status" -eq 1 ]
    left_behind . out
    try engram-cat -o missing/new "$BATS_FILE_TMPDIR/tree.engram" /usr/sudo
    [ "$status" -eq 1 ]
    left_behind . out
}

@test "an engram on standard input, seekable or not" {
    engram-cat - /usr/sudo <tree.engram >out
    printf sud | same - out
    # shellcheck disable=SC2002  # a pipe is what is tested
    cat tree.engram | engram-cat - /usr/sudo >out
    printf sud | same - out
}

@test "a large file comes whole, through a pipe and into a file" {
    openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 -in /dev/zero 2>/dev/null | head -c 40000000 >data
    {
        printf '%s' 'manifest=1|data=inline||' "$root" "path=/f|type=f|${meta}size=40000000|extent=0+40000000||" | tr '|' '\0'
        cat data
        printf 'end=2|bytes=40000000||' | tr '|' '\0'
    } | engram-pack -q -o big.engram
    engram-cat big.engram /f | same - data
    engram-cat -o out big.engram /f
    same out data
}

@test "a reader that has enough is no error, a full disk is one" {
    run --separate-stderr bash -o pipefail -c 'engram-cat tree.engram /sparse | head -c 1'
    expect 0
    run --separate-stderr bash -c 'engram-cat tree.engram /usr/sudo >/dev/full'
    expect 1 "engram-cat: standard output: write failed: No space left on device"
}

# Whatever byte is damaged: either the answer is right, or it is status 3 and no byte of it is wrong.
@test "damage anywhere never gives other bytes" {
    local size offset seen=0
    size=$(stat -c %s tree.engram)
    for ((offset = 0; offset < size; offset += 11)); do
        flip tree.engram bad "$offset" 0x55
        try engram-cat -o out.bad bad /etc/hosts
        if [ "$status" -eq 0 ]; then
            printf '127.0.0.1 me\n' | same - out.bad
            rm out.bad
        else
            [ "$status" -eq 3 ] || [ "$status" -eq 4 ]
            [ ! -e out.bad ]
            seen=$((seen + 1))
        fi
    done
    [ "$seen" -gt 5 ]
}

@test "an engram that is cut anywhere is refused" {
    local size cut
    size=$(stat -c %s tree.engram)
    for cut in 0 1 20 $((size / 2)) $((size - 100)) $((size - 1)); do
        head -c "$cut" tree.engram >cut.engram
        try engram-cat cut.engram /etc/hosts
        [ "$status" -eq 3 ]
        [ "$output" = "" ]
        [[ $stderr == "engram-cat: cut.engram: "* ]]
    done
}

@test "a pattern takes the files that it matches, in order" {
    # /usr/lib/os-release and /usr/sudo; the directory /usr/lib and the link /etc/os-release are no files
    engram-cat tree.engram '/usr/*' >out
    printf 'NAME=testsud' | same - out
    engram-cat tree.engram '*s*' >out
    # hosts, shadow (empty), sparse, os-release, sudo
    { printf '127.0.0.1 me\n' && engram-cat tree.engram sparse && printf NAME=testsud; } | same - out
    # a hard link is a file
    engram-cat tree.engram 'etc/lin[k]' >out
    printf '127.0.0.1 me\n' | same - out
    # the way to the first wildcard may be a link
    pack "$BATS_TEST_TMPDIR/way.engram" 2 "$root" "path=/lib|type=l|${meta}target=usr/lib||" \
        "path=/usr|type=d|$meta|" "path=/usr/lib|type=d|$meta|" "path=/usr/lib/a|type=f|${meta}size=1|extent=0+1||a" \
        "path=/usr/lib/b|type=f|${meta}size=1|extent=0+1||b"
    try engram-cat "$BATS_TEST_TMPDIR/way.engram" '/lib/?'
    expect 0
    [ "$output" = ab ]
}

@test "a pattern that matches no file is told, and the others are written" {
    try engram-cat tree.engram 'no*' /usr/sudo '/var/*' '[' '/etc/os-rel?ase'
    expect 1 "engram-cat: tree.engram: no file matches no*
engram-cat: tree.engram: no file matches /var/*
engram-cat: tree.engram: there is no [
engram-cat: tree.engram: no file matches /etc/os-rel?ase"
    [ "$output" = sud ]
}

@test "a name with wildcards in it is that name" {
    pack "$BATS_TEST_TMPDIR/odd.engram" 3 "$root" "path=/[a]|type=f|${meta}size=1|extent=0+1||1" \
        "path=/a|type=f|${meta}size=1|extent=0+1||2" "path=/a*|type=f|${meta}size=1|extent=0+1||3"
    try engram-cat "$BATS_TEST_TMPDIR/odd.engram" '[a]' 'a*' 'a?' '[ab]'
    expect 0
    [ "$output" = 1332 ]
}

@test "--range gives just these bytes, holes too" {
    engram-cat tree.engram /sparse >whole
    for range in 0+0 0+5 1048570+20 1048576+3 1048577+1 1048579+100 3145727+1 3145728+0 1048570+2097158; do
        engram-cat --range=$range tree.engram /sparse >out
        dd if=whole bs=64K iflag=skip_bytes,count_bytes skip=${range%+*} count=${range#*+} status=none | same - out
    done
    engram-cat -o out --range=100+3145628 tree.engram /sparse
    tail -c +101 whole | same - out
    [ "$(du -k out | cut -f1)" -lt 200 ]
    engram-cat --range=4+3 tree.engram 'hos*' >out
    printf 0.0 | same - out
}

@test "--range past the end, of several files, and that is none" {
    try engram-cat --range=10+4 tree.engram /etc/link
    expect 2 "engram-cat: tree.engram: --range=10+4 passes the end of /etc/link (13 bytes)"
    try engram-cat --range=14+0 tree.engram 'h[o]sts'
    expect 2 "engram-cat: tree.engram: --range=14+0 passes the end of /etc/hosts (13 bytes)"
    try engram-cat --range=0+1 tree.engram /etc/hosts /usr/sudo
    expect 2 "engram-cat: option '--range' is for one PATH, not 2
Try 'engram-cat --help'."
    try engram-cat --range=0+1 tree.engram '/usr/*'
    expect 2 "engram-cat: tree.engram: '--range' is for one file, but more match"
    [ "$output" = "" ]
    try engram-cat --range=5 tree.engram /etc/hosts
    expect 2 "engram-cat: option '--range' takes OFF+LEN, not '5'
Try 'engram-cat --help'."
    try engram-cat --range=18446744073709551615+1 tree.engram /etc/hosts
    [ "$status" -eq 2 ]
    try engram-cat --range=0+1 tree.engram /usr
    expect 1 "engram-cat: tree.engram: /usr is a directory, not a file"
}

# stored_length FILE BLOCK: by the tables, whose place is in the footer.
stored_length() {
    local tables
    tables=$(number "$1" $(($(stat -c %s "$1") - 136)) 8)
    number "$1" $((tables + 8 + 44 * $2)) 4
}

# Three files of bytes that do not compress and so lie in order in a block; the last few of each,
# which are too few to tell, are in the block before.
@test "a file in a block that is damaged before, in or behind it" {
    local start length i
    need openssl
    data_manifest 300000 300000 300000 | engram-pack -q -o block.engram
    start=$((40 + $(stored_length block.engram 0)))
    length=$(stored_length block.engram 1)
    [ "$length" -gt 890000 ]
    for i in 100 101 102; do
        file_data $i 300000 >data.$i
    done
    flip block.engram bad $((start + length / 2)) 0x01
    for i in 100 102; do
        try into out engram-cat bad /$i
        expect 0
        same data.$i out
    done
    try into out engram-cat bad /101
    expect 3 "engram-cat: bad: /101: block 1 at offset $start ($length bytes): its SHA-256 is wrong"
    [ "$(stat -c %s out)" -gt 100000 ]
    head -c "$(stat -c %s out)" data.101 | same - out
    try into out engram-cat --range=0+1000 bad /101
    expect 0
    head -c 1000 data.101 | same - out
    try engram-verify -q bad
    expect_like 3 '.*engram-verify: bad: /101: its data is damaged.*'
}

# The frame's blocks depend on each other: what is damaged spoils all behind it, and nothing before.
@test "a file in a compressed block that is damaged at its start, or at its end" {
    local records=("$root") stored i
    for i in 1 2 3; do
        seq -f "$i %.0f" 60000 >text.$i
        records+=("path=/$i|type=f|${meta}size=$(stat -c %s text.$i)|extent=0+$(stat -c %s text.$i)||$(cat text.$i)"$'\n')
    done
    pack text.engram "$(cat text.? | wc -c)" "${records[@]}"
    stored=$(stored_length text.engram 0)
    [ "$stored" -lt "$(stat -c %s text.1)" ]
    cp text.engram bad
    poke bad $((40 + 9)) ffffff
    for i in 1 2 3; do
        try engram-cat bad /$i
        expect 3 "engram-cat: bad: /$i: block 0 at offset 40 ($stored bytes): its SHA-256 is wrong"
        [ -z "$output" ]
    done
    flip text.engram bad $((40 + stored - 1)) 0xff # the frame's checksum
    for i in 1 2 3; do
        try into out engram-cat bad /$i
        expect 0
        same text.$i out
    done
    try engram-walk bad
    expect_like 3 ".*block 0 at offset 40 \($stored bytes\): its SHA-256 is wrong"
}

@test "a range of a long file, of which the rest is damaged" {
    openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 -in /dev/zero 2>/dev/null | head -c 40000000 >data
    {
        printf '%s' 'manifest=1|data=inline||' "$root" "path=/f|type=f|${meta}size=40000000|extent=0+40000000||" | tr '|' '\0'
        cat data
        printf 'end=2|bytes=40000000||' | tr '|' '\0'
    } | engram-pack -q -o big.engram
    for offset in 0 1048575 20000000 39999990; do
        engram-cat --range=$offset+10 big.engram /f >out
        tail -c +$((offset + 1)) data | head -c 10 | same - out
    done
    poke big.engram 1000 ffffffff
    try into out engram-cat --range=39999990+10 big.engram /f
    expect 0
    tail -c 10 data | same - out
    try engram-cat --range=0+10 big.engram /f
    expect_like 3 'engram-cat: big\.engram: /f: block 0 at offset 40 .*'
    [ "$output" = "" ]
}
