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
    for pair in '-l -0' '-l --json' '-0 --json'; do
        # shellcheck disable=SC2086  # two options
        try engram-ls $pair tree.engram
        expect 2 "engram-ls: only one of '--long', '--null' and '--json' can be asked for
Try 'engram-ls --help'."
    done
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

@test "a PATH that is not there is told, the others are listed" {
    try engram-ls tree.engram /usr /nothing /etc/hosts/x /var
    expect 1 "engram-ls: tree.engram: there is no /nothing
engram-ls: tree.engram: there is no /etc/hosts/x"
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
