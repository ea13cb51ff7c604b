#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2154  # inner shells expand their own; bats sets stderr
# engram-pack: what it writes is judged by zstd, and by engram-walk and cmp.

load helper
load engram

setup_file() {
    need zstd openssl sha256sum cmp
    small_manifest >"$BATS_FILE_TMPDIR/small.manifest"
    data_manifest 3000000 10 1048576 1048577 5000000 >"$BATS_FILE_TMPDIR/data.manifest"
}

setup() {
    small=$BATS_FILE_TMPDIR/small.manifest
    data=$BATS_FILE_TMPDIR/data.manifest
    mkdir "$BATS_TEST_TMPDIR/empty"
    cd "$BATS_TEST_TMPDIR/empty" || return
}

# Stored bytes of an engram, in FILE.
size_of() {
    stat -c %s "$1"
}

@test "--help and --version" {
    try engram-pack --help
    expect 0
    [[ $output == *"engram-pack [OPTION]... [MANIFEST]"* ]]
    [[ $output == *--rules*--rules-dump*--explain*--dry-run*--json*--jobs*--output*--quiet*--progress* ]]
    try engram-pack --version
    expect 0
    [[ $output == "engram-pack "* ]]
}

@test "what makes no sense is a usage error" {
    try engram-pack --frobnicate
    [ "$status" -eq 2 ]
    try engram-pack --rules-dump "$small"
    expect 2 "engram-pack: option '--rules-dump' reads no MANIFEST
Try 'engram-pack --help'."
    for two in '--rules-dump --explain' '--explain --dry-run' '--dry-run --rules-dump'; do
        # shellcheck disable=SC2086  # two options
        try engram-pack $two
        expect 2 "engram-pack: only one of '--rules-dump', '--explain' and '--dry-run' can be asked for
Try 'engram-pack --help'."
    done
    for other in -q --rules-dump; do
        try engram-pack $other --json
        expect 2 "engram-pack: option '--json' goes with '--explain' or '--dry-run'
Try 'engram-pack --help'."
    done
    try engram-pack -j 0
    expect 2 "engram-pack: option '--jobs' takes a number from 1 to 256, not '0'
Try 'engram-pack --help'."
    try engram-pack a b
    expect 2 "engram-pack: one MANIFEST at most, not 2
Try 'engram-pack --help'."
}

@test "a missing file" {
    try engram-pack -o x.engram nothing
    expect 1 "engram-pack: nothing: cannot open: No such file or directory"
    try engram-pack -o out .
    expect 2 "engram-pack: .: is a directory, not a manifest"
    left_behind .
}

@test "an engram keeps every kind of entry: engram-walk gives the manifest back" {
    for set in fast balanced max; do
        engram-pack -r $set "$small" >x.engram
        zstd -tq x.engram
        engram-walk x.engram >y.manifest
        same "$small" y.manifest
    done
}

@test "from standard input and a file, to a pipe and with -o: the same bytes" {
    engram-pack -o a.engram "$data"
    engram-pack - <"$data" | cat >b.engram
    # shellcheck disable=SC2002  # a pipe is what is meant
    cat "$data" | engram-pack >c.engram
    same a.engram b.engram
    same a.engram c.engram
    engram-walk a.engram | cmp - "$data"
}

@test "one thread and many write the same bytes" {
    for set in fast max; do
        engram-pack -r $set -j 1 -o one.engram "$data"
        for jobs in 2 3 8; do
            engram-pack -r $set -j $jobs "$data" | cmp - one.engram
        done
    done
}

@test "the data can be had back with zstd alone" {
    data_manifest 100 200 300 | engram-pack >x.engram
    zstd -dcq x.engram >unpacked
    { file_data 100 100; file_data 101 200; file_data 102 300; } >wanted
    same wanted unpacked
}

@test "files that are the same are stored once" {
    {
        record manifest=1 data=inline
        record path=/ type=d mode=755 uid=0 gid=0 mtime=0.000000000
        for i in 1 2 3 4 5; do
            record path=/$i type=f mode=644 uid=0 gid=0 mtime=0.000000000 size=1500000 \
                extent=0+1500000
            file_data 9 1500000
        done
        record end=6 bytes=7500000
    } >same.manifest
    engram-pack -o x.engram same.manifest
    [ "$(size_of x.engram)" -lt 1510000 ]
    [ "$(zstd -dcq x.engram | wc -c)" -eq 1500000 ]
    engram-walk x.engram | cmp - same.manifest
}

@test "data that will not compress grows by less than a five hundredth" {
    engram-pack -o x.engram "$data"
    [ "$(size_of x.engram)" -lt $((10097163 + 20194)) ]
}

@test "an empty manifest, and one of the root only" {
    record manifest=1 data=inline >empty.manifest
    record end=0 bytes=0 >>empty.manifest
    engram-pack -o empty.engram empty.manifest
    zstd -tq empty.engram
    engram-walk empty.engram | cmp - empty.manifest
    data_manifest >root.manifest
    engram-pack root.manifest | engram-walk | cmp - root.manifest
}

@test "a manifest without data is refused" {
    record manifest=1 data=none >none.manifest
    record end=0 bytes=0 >>none.manifest
    try engram-pack -o x.engram none.manifest
    expect 2 "engram-pack: none.manifest: the manifest has no data (data=none): there is nothing to pack"
    left_behind . none.manifest
}

@test "a writer that failed is told, and nothing is left" {
    record manifest=1 data=inline >broken.manifest
    record path=/ type=d mode=755 uid=0 gid=0 mtime=0.000000000 >>broken.manifest
    record 'error=the disk is on fire' >>broken.manifest
    try engram-pack -o x.engram broken.manifest
    [ "$status" -eq 3 ]
    [[ $stderr == *"the disk is on fire"* ]]
    left_behind . broken.manifest
}

@test "a manifest cut anywhere leaves no engram" {
    size=$(size_of "$small")
    for cut in 0 1 12 25 26 100 330 $((size / 2)) $((size - 20)) $((size - 1)); do
        head -c $cut "$small" >cut.manifest
        try engram-pack -o x.engram cut.manifest
        expect_like 3 'engram-pack: cut\.manifest: .*'
        left_behind . cut.manifest
    done
}

@test "an old file stays when packing fails" {
    echo precious >x.engram
    try engram-pack -o x.engram /dev/null
    [ "$status" -eq 3 ]
    [ "$(cat x.engram)" = precious ]
}

@test "a full disk" {
    run --separate-stderr bash -c 'engram-pack "$1" >/dev/full' - "$data"
    expect 1 "engram-pack: standard output: write failed: No space left on device"
}

@test "a reader that goes away ends it quietly" {
    try bash -o pipefail -c 'engram-pack "$1" | head -c 1 >first' - "$data"
    expect 0
    [ "$(wc -c <first)" -eq 1 ]
}

@test "no engram goes to a terminal" {
    try script -qec "engram-pack '$small'" /dev/null
    [ "$status" -eq 2 ]
    [[ $output == *"is a terminal"* ]]
}

@test "progress says how far, how much, how fast and where" {
    try engram-pack -P -o x.engram "$data"
    [ "$status" -eq 0 ]
    # A file's share is known, a pipe's is not.
    last=$(tr '\r' '\n' <<<"$stderr" | tail -1)
    [[ $last =~ ^'engram-pack: 100%  9.7M of 9.7M to 9.7M  '[0-9.]+[KMG]'/s  '[0-9]+' names'\ *$ ]]
    engram-pack -P -o x.engram <"$data" 2>err
    [[ $(<err) == *'engram-pack: 100%'* ]]
    # shellcheck disable=SC2002  # a pipe is wanted
    cat "$data" | engram-pack -P -o x.engram 2>err
    [[ $(<err) != *%* ]]
    try engram-pack -q -P -o x.engram "$data"
    expect 0
}

@test "progress goes on where names have no data" {
    {
        record manifest=1 data=inline
        record path=/ type=d mode=755 uid=0 gid=0 mtime=0.000000000
        record path=/0 type=f mode=644 uid=0 gid=0 mtime=0.000000000 size=8000000 extent=0+8000000
        file_data 1 8000000 | tr '\200-\377' '\0-\177'
        for i in {100000..130000}; do
            printf '%s\0' "path=/$i" type=d mode=755 uid=0 gid=0 mtime=0.000000000 ''
        done
        record end=30003 bytes=8000000
    } >names.manifest
    # The end takes long enough for the line to be drawn, when the last name is no longer there.
    try engram-pack -P -r max -o x.engram names.manifest
    [ "$status" -eq 0 ]
    [[ $stderr == *' 30003 names'* ]]
    (head -c 9000000 names.manifest; sleep 0.3; tail -c +9000001 names.manifest) |
        engram-pack -P -r fast -o x.engram 2>err
    tr '\r' '\n' <err | grep -q ' names  /1[0-2][0-9]\{4\} *$'
}

@test "memory: fewer threads where it is little, the same engram, and a refusal below one" {
    engram-pack -j 8 -o x.engram "$data"
    engram-pack -j 8 --memory=300M -o y.engram "$data"
    cmp x.engram y.engram
    try engram-pack --memory=100M -o z.engram "$data"
    expect_like 2 "engram-pack: --memory=100M is too little: these rules need 2[0-9]{2}M for one thread
Try 'engram-pack --help'."
    try engram-pack --memory=300 -o z.engram "$data"
    expect_like 2 "engram-pack: --memory=300 is too little: these rules need 2[0-9]{2}M for one thread
Try 'engram-pack --help'."
    # What packs nothing needs none.
    try engram-pack --memory=1M --explain -o list "$data"
    expect 0
    try engram-pack --memory=1M --rules-dump -o rules
    expect 0
    try engram-pack --memory=1M --dry-run "$data"
    expect_like 2 ".*--memory=1M is too little.*"
    for wrong in '' x 5Q -1; do
        try engram-pack --memory="$wrong" "$data"
        expect 2 "engram-pack: option '--memory' takes a size such as 512M or 2G, not '$wrong'
Try 'engram-pack --help'."
    done
    [ ! -e z.engram ]
}

# What a run needs at most, in KiB, as the system counted it.
peak() {
    python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}

@test "memory stays within the limit for any number of threads" {
    sanitized && skip "the sanitizers need memory of their own"
    data_manifest 30000000 30000000 30000000 30000000 | tr '\200-\377' '\0-\177' >large.manifest
    [ "$(peak engram-pack -j 64 -o x.engram large.manifest)" -lt $((512 * 1024)) ]
    [ "$(peak engram-pack -j 64 --memory=300M -o y.engram large.manifest)" -lt $((300 * 1024)) ]
    cmp x.engram y.engram
}

# Directories of 20 MiB of extended attributes each.
large_records() {
    python3 -c 'import sys
def record(*fields):
    sys.stdout.buffer.write(b"".join(f + b"\0" for f in fields) + b"\0")
meta = [b"type=d", b"mode=755", b"uid=0", b"gid=0", b"mtime=0.000000000"]
large = [b"xattr=user.%05d=" % i + b"61" * 60000 for i in range(174)]
record(b"manifest=1", b"data=inline")
record(b"path=/", *meta)
for i in range(20):
    record(b"path=/%03d" % i, *meta, *large)
record(b"end=21", b"bytes=0")'
}

@test "memory for records of unusual size does not pile up with the threads" {
    sanitized && skip "the sanitizers need memory of their own"
    large_records >large.manifest
    [ "$(peak engram-pack -r fast -j 16 -o x.engram large.manifest)" -lt $((200 * 1024)) ]
    engram-walk x.engram | cmp - large.manifest
}
