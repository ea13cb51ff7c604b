#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # what helper.bash, tree.bash and bats set
# engram-ls: names and metadata, against the manifest that went in and against find.
load helper
load tree

setup_file() {
    pack "$BATS_FILE_TMPDIR/tree.engram" "$tree_bytes" "${tree_records[@]}"
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return
}

@test "--help and --version go to standard output" {
    try engram-ls --help
    expect 0
    [[ $output == "Usage: engram-ls [OPTION]... [ENGRAM [PATH...]]"* ]]
    try engram-ls --version
    expect 0
    [[ $output == "engram-ls (engram-tools) "* ]]
}

@test "unknown options, and options that exclude each other, are usage errors" {
    try engram-ls --frobnicate
    expect 2 "engram-ls: unknown option '--frobnicate'
Try 'engram-ls --help'."
    while IFS=: read -r pair message; do
        # shellcheck disable=SC2086  # two options
        try engram-ls $pair tree.engram
        expect 2 "engram-ls: $message
Try 'engram-ls --help'."
    done <<'END'
-l -0:'--null' goes with neither '--long' nor '--json'
-0 --json:'--null' goes with neither '--long' nor '--json'
-l --json:only one of '--long' and '--json' can be asked for
--sha256 -l:only one of '--sha256' and '--long' can be asked for
--json --sha256:only one of '--json' and '--sha256' can be asked for
--directory -R:only one of '--directory' and '--recursive' can be asked for
--stats -l:'--stats' goes with '--json' only
--stats -0:'--stats' goes with '--json' only
--stats -R:'--stats' goes with '--json' only
--stats --directory:'--stats' goes with '--json' only
--stats --sha256:'--stats' goes with '--json' only
END
    try engram-ls --stats tree.engram /etc
    expect 2 "engram-ls: with '--stats', one ENGRAM at most, not 2
Try 'engram-ls --help'."
}

@test "a file that is missing, and one that is no engram" {
    try engram-ls missing.engram
    expect 1 "engram-ls: missing.engram: cannot open: No such file or directory"
    head -c 4096 /dev/zero >zeros
    try engram-ls zeros
    [ "$status" -eq 3 ]
    [ "$output" = "" ]
    [[ $stderr == "engram-ls: zeros: "* ]]
}

@test "the root's children, without a PATH" {
    try engram-ls tree.engram
    expect 0
    [ "$output" = "/dev
/etc
/etc.d
/run
/sparse
/usr
/var" ]
}

@test "what a directory holds, a file itself, and PATHs without a slash in front" {
    try engram-ls tree.engram /usr etc/hosts ./var//
    expect 0
    [ "$output" = "/usr/lib
/usr/sudo
/etc/hosts
/var/run" ]
}

@test "-R lists everything below, and only that" {
    try engram-ls -R tree.engram /usr /dev/null
    expect 0
    [ "$output" = "/usr/lib
/usr/lib/os-release
/usr/sudo
/dev/null" ]
    try engram-ls --recursive tree.engram
    expect 0
    [ "$(wc -l <<<"$output")" -eq $((${#tree_records[@]} - 1)) ]
}

@test "-l shows mode, owners, size or device, mtime and links" {
    try engram-ls -lR tree.engram
    expect 0
    [ "$output" = "drwxr-xr-x      0     0            0 2023-11-14 22:13:21 /dev
crw-rw-rw-      0     0          1,3 1970-01-01 00:00:00 /dev/null
brw-rw----      0     6    259,70000 1969-12-31 23:59:59 /dev/vda
drwxr-xr-x      0     0            0 2023-11-14 22:13:22 /etc
-rw-r--r--      0     0           13 2023-11-14 22:13:23 /etc/hosts
hrw-r--r--      0     0           13 2023-11-14 22:13:23 /etc/link link to /etc/hosts
lrwxrwxrwx      0     0           21 2023-11-14 22:13:24 /etc/os-release -> ../usr/lib/os-release
-rw-r-----+     0    42            0 2023-11-14 22:13:25 /etc/shadow
drwxrwxrwt   1000  1001            0 2023-11-14 22:13:26 /etc.d
-rw-------   1000  1001            1 2023-11-14 22:13:27 /etc.d/odd\\n\\x1b[2J\\xff
lrwxrwxrwx      0     0            9 2023-11-14 22:13:28 /run -> /var/run/
-rw-------      0     0      3145728 2100-01-01 00:00:00 /sparse
drwxr-xr-x      0     0            0 2023-11-14 22:13:29 /usr
drwxr-xr-x      0     0            0 2023-11-14 22:13:30 /usr/lib
-rw-r--r--      0     0            9 2023-11-14 22:13:31 /usr/lib/os-release
-rwsr-xr-x      0     0            3 2023-11-14 22:13:32 /usr/sudo
drwxr-xr-x      0     0            0 2023-11-14 22:13:33 /var
drwxr-sr-x      0     5            0 2023-11-14 22:13:34 /var/run
prw-------      0     0            0 2023-11-14 22:13:35 /var/run/pipe
srwx------      0     0            0 2023-11-14 22:13:36 /var/run/sock" ]
}

@test "every permission bit is shown as ls shows it" {
    local modes=(0 1 2 4 7 10 20 40 70 100 200 400 700 777 1000 1001 2000 2010 4000 4100 7777 7666)
    local records=("$root") want=() m
    mkdir "$BATS_TEST_TMPDIR/modes"
    for m in "${modes[@]}"; do
        records+=("path=/m$m|type=p|mode=$m|uid=0|gid=0|mtime=0.000000000||")
    done
    mapfile -t records < <(printf '%s\n' "${records[@]}" | LC_ALL=C sort -t'|' -k1,1)
    pack "$BATS_TEST_TMPDIR/modes.engram" 0 "${records[@]}"
    for m in "${modes[@]}"; do
        mkfifo "$BATS_TEST_TMPDIR/modes/m$m"
        chmod "$m" "$BATS_TEST_TMPDIR/modes/m$m"
    done
    mapfile -t want < <(cd "$BATS_TEST_TMPDIR/modes" && find . -mindepth 1 -printf '%M /%P\n' | sort -k2)
    diff <(printf '%s\n' "${want[@]}") \
        <(engram-ls -l "$BATS_TEST_TMPDIR/modes.engram" | awk '{print $1, $NF}' | sort -k2) >&2
}

@test "links on the way are followed, the last one only with a slash after it" {
    try engram-ls tree.engram /run/pipe /run /run/
    expect 0
    [ "$output" = "/var/run/pipe
/run
/var/run/pipe
/var/run/sock" ]
    try engram-ls tree.engram /etc/../usr/./lib
    expect 0
    [ "$output" = /usr/lib/os-release ]
}

@test "a link that leads nowhere is told with where it leads" {
    pack dangling.engram 0 "$root" "path=/a|type=l|${meta}target=b||" "path=/b|type=l|${meta}target=none/../x||"
    try engram-ls dangling.engram /a /a/ /a/y
    expect 1 "engram-ls: dangling.engram: /a/ leads to /none/../x/, which the engram does not have
engram-ls: dangling.engram: /a/y leads to /none/../x/y, which the engram does not have"
    [ "$output" = /a ]
}

@test "a PATH that is not there is told, the others are listed" {
    try engram-ls tree.engram /usr /nothing /etc/hosts/x /var
    expect 1 "engram-ls: tree.engram: there is no /nothing
engram-ls: tree.engram: there is no /etc/hosts/x: /etc/hosts is no directory"
    [ "$output" = "/usr/lib
/usr/sudo
/var/run" ]
    try engram-ls tree.engram '' /run
    expect 1 "engram-ls: tree.engram: an empty path"
    [ "$output" = /run ]
    try engram-ls tree.engram $'/no\x1b[2J'
    expect 1 'engram-ls: tree.engram: there is no /no\x1b[2J'
}

@test "what fails otherwise ends the run: a link to itself" {
    pack loop.engram 0 "$root" "path=/loop|type=l|${meta}target=loop||" "path=/z|type=f|${meta}size=0||"
    try engram-ls loop.engram /loop/ /z
    expect 1 "engram-ls: loop.engram: /loop/: more than 40 symbolic links"
    [ "$output" = "" ]
}

@test "-0 gives the names as they are" {
    engram-ls -0 tree.engram /etc.d >names
    printf '/etc.d/odd\n\033[2J\377\0' | same - names
}

@test "--json gives one object to a line" {
    try engram-ls --json tree.engram /etc /dev/vda
    expect 0
    [ "$output" = '{"path": "/etc/hosts", "type": "f", "mode": "644", "uid": 0, "gid": 0, "mtime": "1700000003.123456789", "size": 13, "data": 13, "sha256": "'"$(printf '127.0.0.1 me\n' | sha256sum | cut -d' ' -f1)"'"}
{"path": "/etc/link", "type": "h", "link": "/etc/hosts"}
{"path": "/etc/os-release", "type": "l", "mode": "777", "uid": 0, "gid": 0, "mtime": "1700000004.000000001", "target": "../usr/lib/os-release"}
{"path": "/etc/shadow", "type": "f", "mode": "640", "uid": 0, "gid": 42, "mtime": "1700000005.000000000", "size": 0, "data": 0, "xattr": {"user.note": "6869"}, "sha256": "'"$(sha256sum </dev/null | cut -d' ' -f1)"'"}
{"path": "/dev/vda", "type": "b", "mode": "660", "uid": 0, "gid": 6, "mtime": "-1.500000000", "rdev": "259:70000"}' ]
}

@test "--json is JSON that a reader takes, odd bytes included" {
    need python3
    engram-ls --json -R tree.engram | python3 -c '
import json, sys
entries = [json.loads(line) for line in sys.stdin]
assert len(entries) == 20, len(entries)
odd = [e["path"] for e in entries if e["path"].startswith("/etc.d/")]
assert odd == ["/etc.d/odd\n\x1b[2J\udcff"], odd
'
}

@test "an engram on standard input, seekable or not" {
    engram-ls -lR tree.engram >want
    engram-ls -lR - <tree.engram | same - want
    # shellcheck disable=SC2002  # a pipe is what is tested
    cat tree.engram | engram-ls -lR | same - want
}

@test "an empty tree lists nothing, and has no root to name" {
    pack "$BATS_TEST_TMPDIR/empty.engram" 0
    try engram-ls "$BATS_TEST_TMPDIR/empty.engram"
    expect 0
    [ "$output" = "" ]
    try engram-ls "$BATS_TEST_TMPDIR/empty.engram" /
    expect 1 "engram-ls: $BATS_TEST_TMPDIR/empty.engram: there is no /"
}

@test "a full disk is an error, a reader that has enough is none" {
    run --separate-stderr bash -c 'engram-ls -R tree.engram >/dev/full'
    expect 1 "engram-ls: standard output: write failed: No space left on device"
    set -o pipefail
    records=("$root")
    for i in $(seq -w 20000); do
        records+=("path=/$i|type=p|$meta|")
    done
    pack "$BATS_TEST_TMPDIR/many.engram" 0 "${records[@]}"
    run --separate-stderr bash -o pipefail -c "engram-ls -lR '$BATS_TEST_TMPDIR/many.engram' | head -c 1"
    expect 0
}

@test "an engram that is cut anywhere is refused" {
    local size
    size=$(stat -c %s tree.engram)
    for cut in 0 1 20 $((size / 2)) $((size - 100)) $((size - 1)); do
        head -c "$cut" tree.engram >"$BATS_TEST_TMPDIR/cut"
        try engram-ls "$BATS_TEST_TMPDIR/cut"
        [ "$status" -eq 3 ]
        [ "$output" = "" ]
        [[ $stderr == "engram-ls: $BATS_TEST_TMPDIR/cut: "* ]]
    done
}

@test "patterns list the names that they match, with -R what these hold" {
    try engram-ls tree.engram '/*r*n'
    expect 0
    [ "$output" = "/run
/var/run" ]
    try engram-ls -R tree.engram '/va?' 'o*'
    expect 0
    [ "$output" = "/var
/var/run
/var/run/pipe
/var/run/sock
/etc/os-release
/etc.d/odd\\n\\x1b[2J\\xff
/usr/lib/os-release" ]
    # a link on the way is followed; the pattern's own names are those of where it leads
    try engram-ls tree.engram '/run/*'
    expect 0
    [ "$output" = "/var/run/pipe
/var/run/sock" ]
    try engram-ls tree.engram 'no*' /usr '/etc/?'
    expect 1 "engram-ls: tree.engram: no name matches no*
engram-ls: tree.engram: no name matches /etc/?"
    [ "$output" = "/usr/lib
/usr/sudo" ]
}

@test "--directory lists directories themselves" {
    try engram-ls --directory tree.engram /usr /etc/hosts / /run/
    expect 0
    [ "$output" = "/usr
/etc/hosts
/
/var/run" ]
    try engram-ls -l --directory tree.engram
    expect 0
    [ "$output" = "drwxr-xr-x      0     0            0 2023-11-14 22:13:20 /" ]
}

# The same tree twice: a manifest of it, and a directory made by other tools.
odd_files() {
    local records=("$root") name i=0
    mkdir tree
    for name in ' x ' '*[a]' $'\\' a 'a\b' $'cr\r' $'n\nl\n' $'\xff\x1b[2J'; do
        printf %02d "$i" >"tree/$name"
        records+=("path=/$name|type=f|${meta}size=2|extent=0+2||$(printf %02d "$i")")
        i=$((i + 1))
    done
    pack odd.engram 16 "${records[@]}"
}

@test "--sha256 is what sha256sum -c takes, whatever the names" {
    need sha256sum
    cd "$BATS_TEST_TMPDIR"
    odd_files
    engram-ls --sha256 odd.engram >sums
    (cd tree && sha256sum -c --strict ../sums >../verdicts)
    [ "$(grep -c ': OK$' verdicts)" -eq 8 ]
    # and the other way round, with NULs and without
    (cd tree && LC_ALL=C && sha256sum -- *) | sort >want
    sort sums | same - want
    engram-ls -0 --sha256 odd.engram | sort -z >sums
    (cd tree && sha256sum -z -- *) | sort -z | same - sums
    # a name that drives a terminal does not reach one
    try script -qec "engram-ls --sha256 odd.engram" /dev/null
    expect 0
    [[ $output == *'  \xff\x1b[2J'* ]]
    [[ $output != *$'\x1b'* ]]
}

@test "--sha256 lists hard links, and files with holes as they are with these" {
    need sha256sum
    mkdir "$BATS_TEST_TMPDIR/t" "$BATS_TEST_TMPDIR/t/"{etc,etc.d,usr,usr/lib}
    (
        cd "$BATS_TEST_TMPDIR/t"
        printf '127.0.0.1 me\n' >etc/hosts
        ln etc/hosts etc/link
        : >etc/shadow
        printf x >$'etc.d/odd\n\e[2J\xff'
        truncate -s 3M sparse
        printf mid | dd of=sparse bs=1 seek=1M conv=notrunc status=none
        printf NAME=test >usr/lib/os-release
        printf sud >usr/sudo
        find . -type f -printf '%P\0' | sort -z | xargs -0 sha256sum -z >../want
    )
    engram-ls -R -0 --sha256 tree.engram | sort -z -k2 | same - <(sort -z -k2 "$BATS_TEST_TMPDIR/want")
    engram-ls -R --sha256 tree.engram >"$BATS_TEST_TMPDIR/sums"
    (cd "$BATS_TEST_TMPDIR/t" && sha256sum --quiet -c --strict ../sums)
    # of a hard link by its own name, with holes behind it
    pack "$BATS_TEST_TMPDIR/link.engram" 1 "$root" "path=/a|type=f|${meta}size=5|extent=2+1||x" "path=/b|type=h|link=/a||"
    try engram-ls --sha256 "$BATS_TEST_TMPDIR/link.engram" /b
    expect 0
    [ "$output" = "$(printf '\0\0x\0\0' | sha256sum | cut -d' ' -f1)  b" ]
}

@test "--stats adds up to the file, and to what zstd and the files say" {
    need jq zstd
    local size files data
    cd "$BATS_TEST_TMPDIR"
    # data twice, in two profiles, and one that is there before
    head -c 3000000 /dev/urandom >rnd
    {
        printf '%s' 'manifest=1|data=inline||' "$root" "path=/a|type=f|${meta}size=3000000|extent=0+3000000||" | tr '|' '\0'
        cat rnd
        printf '%s' "path=/b.conf|type=f|${meta}size=3000000|extent=0+3000000||" | tr '|' '\0'
        cat rnd
        printf '%s' "path=/c.gz|type=f|${meta}size=100|extent=50+4||abcd" "path=/d|type=f|${meta}size=7||" \
            "path=/e|type=h|link=/a||" 'end=6|bytes=6000004||' | tr '|' '\0'
    } | engram-pack -q -o s.engram
    size=$(stat -c %s s.engram)
    engram-ls --stats --json s.engram >stats.json
    jq -e --argjson size "$size" '
        .size == $size and .size == ([.profiles[].stored] | add) + .index + .tables and
        .total.stored == ([.profiles[].stored] | add) and
        .names == 6 and .empty == 1 and .total.files == 3 and
        .total.data == 6000004 and .total.distinct == 3000004 and
        ([.profiles[].data] | add) == 6000004 and ([.profiles[].distinct] | add) == 3000004 and
        ([.profiles[].files] | add) == 3 and ([.profiles[].blocks] | add) == .total.blocks and
        ([.profiles[] | select(.data < .distinct)] | length) == 0' stats.json >&2
    # what all blocks decode to, by zstd itself
    [ "$(zstd -dcq <s.engram | wc -c)" -eq "$(jq .total.distinct stats.json)" ]
    # the profile of the first that has it; the other's file is counted there, too
    jq -e '[.profiles[] | select(.files == 2)] == [.profiles[] | select(.data == 6000000)]' stats.json >&2
    jq -e '.profiles | map(.profile) == ["archive", "balanced"]' stats.json >&2

    try engram-ls --stats s.engram
    expect 0
    [ "$(sed -n 1p <<<"$output" | tr -s ' ')" = "PROFILE FILES DATA DISTINCT SAVED STORED RATIO CHUNKS BLOCKS" ]
    read -r _ files data distinct saved stored _ <<<"$(tail -1 <<<"$output")"
    [ "$files $data $distinct $saved $stored" = "4 6000004 3000004 3000000 $size" ]
    [ "$(awk 'NR > 1 && $1 != "total" && $1 != "no" { sum += $6 } END { print sum }' <<<"$output")" -eq "$size" ]
}

@test "--stats of an engram that holds nothing" {
    pack "$BATS_TEST_TMPDIR/empty.engram" 0
    try engram-ls --stats "$BATS_TEST_TMPDIR/empty.engram"
    expect 0
    [ "$(tail -1 <<<"$output" | tr -s ' ')" = "total 0 0 0 0 $(stat -c %s "$BATS_TEST_TMPDIR/empty.engram") 0.00 0 0" ]
}

@test "damage in the data matters where a digest is computed, not to a list" {
    cd "$BATS_TEST_TMPDIR"
    pack bad.engram 1 "$root" "path=/a|type=f|${meta}size=5|extent=2+1||x"
    poke bad.engram 44 ffff # in the one block, which starts at 40
    try engram-ls -l bad.engram
    expect 0
    try engram-ls --sha256 bad.engram
    expect_like 3 'engram-ls: bad\.engram: /a: block 0 at offset 40 \([0-9]+ bytes\): its SHA-256 is wrong'
    [ "$output" = "" ]
}
