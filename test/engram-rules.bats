#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016  # inner shells expand their own
# Rules files: what engram-pack takes, does with it, and refuses, with line and column.

load helper
load engram

setup_file() {
    need zstd openssl cmp perl jq awk
    kinds_manifest >"$BATS_FILE_TMPDIR/kinds.manifest"
}

setup() {
    kinds=$BATS_FILE_TMPDIR/kinds.manifest
    mkdir "$BATS_TEST_TMPDIR/empty"
    cd "$BATS_TEST_TMPDIR/empty" || return
}

# Of each byte seven bits: what gets smaller by an eighth, and no more.
seven_bits() {
    tr '\200-\377' '\0-\177'
}

# Files of several kinds, by their names.
kinds_manifest() {
    local i=0 meta=(mode=644 uid=0 gid=0 mtime=0.000000000) name
    record manifest=1 data=inline
    record path=/ type=d "${meta[@]}"
    for name in 'a b.txt' a.gz a.so b.jpg c.txt; do
        record "path=/$name" type=f "${meta[@]}" size=300000 extent=0+300000
        i=$((i + 1))
        file_data $i 100000 | openssl base64 -A | head -c 100000
        file_data $((100 + i)) 200000 | seven_bits
    done
    record end=6 bytes=1500000
}

# Put a rules file into my.rules: its lines after the first, given as printf has them.
rules() {
    # shellcheck disable=SC2059  # the format is what is given
    printf "engram-rules 1\n$1" >my.rules
}

# The file is refused, at this line and column and with this text.
refused() {
    try engram-pack -r my.rules -o x.engram "$kinds"
    expect 2 "engram-pack: my.rules: $1"
    left_behind . my.rules
}

profiles="profiles are kernel, libraries, binaries, config, runtime, archive, database, media and balanced"

@test "what a built-in set prints gives the same engram, as a file and through a fifo" {
    for set in fast balanced max; do
        engram-pack -r $set --rules-dump >"$set.rules"
        engram-pack -r $set -o a.engram "$kinds"
        engram-pack -r "$set.rules" -o b.engram "$kinds"
        same a.engram b.engram
        engram-pack -r <(cat "$set.rules") "$kinds" | cmp - a.engram
    done
    engram-pack --rules-dump | cmp - balanced.rules
    run ! cmp -s fast.rules max.rules
}

@test "--rules-dump goes to a file, and prints a file's rules as they are" {
    rules 'rule x media # with a comment'
    engram-pack -r my.rules --rules-dump -o other.rules
    same my.rules other.rules
    rules 'rule'
    try engram-pack -r my.rules --rules-dump
    expect 2 "engram-pack: my.rules: line 2, column 5: a pattern is missing after 'rule'"
    [ -z "$output" ]
    try into /dev/full engram-pack --rules-dump
    expect 1 "engram-pack: standard output: write failed: No space left on device"
}

@test "a built-in set's name is not a file's" {
    echo nonsense >fast
    engram-pack -r fast -o a.engram "$kinds"
    try engram-pack -r ./fast -o a.engram "$kinds"
    expect 2 "engram-pack: ./fast: line 1, column 1: a rules file starts with the line 'engram-rules 1'"
}

@test "a file that is not there, or is none" {
    try engram-pack -r best "$kinds"
    expect 1 "engram-pack: best: no built-in rules have this name (fast, balanced and max), and no file"
    try engram-pack -r ./best "$kinds"
    expect 1 "engram-pack: ./best: cannot open: No such file or directory"
    mkdir dir
    try engram-pack -r dir "$kinds"
    expect 2 "engram-pack: dir: is a directory, not a file"
}

@test "a file that may not be read" {
    need_root
    rules ''
    chmod 0 my.rules
    chmod 755 . ..
    try setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all \
        "$(command -v engram-pack)" -r my.rules --rules-dump
    expect 1 "engram-pack: my.rules: cannot open: Permission denied"
}

@test "the rules are not overwritten by what they make" {
    rules ''
    try engram-pack -r my.rules -o ./my.rules "$kinds"
    expect 2 "engram-pack: ./my.rules: is the input itself: write to another file"
    [ "$(cat my.rules)" = "engram-rules 1" ]
}

# Kilobytes without any order, as a filter leaves them, then the same ones in another order: no chunk
# comes twice, and what repeats is far away.
shuffled_manifest() {
    record manifest=1 data=inline
    record path=/ type=d mode=755 uid=0 gid=0 mtime=0.000000000
    record path=/x type=f mode=644 uid=0 gid=0 mtime=0.000000000 size=3276800 extent=0+3276800
    file_data 1 1638400 | "$@" >pieces
    perl -e 'local $/; my $d = <STDIN>;
        print $d, map { substr $d, $_ * 557 % 1600 * 1024, 1024 } 0 .. 1599' <pieces
    record end=2 bytes=3276800
}

# packed SETTINGS: an engram x of shuffled_manifest, and its $size and how many $blocks it has.
packed() {
    rules "profile balanced $*"
    engram-pack -r my.rules -o x.engram shuffled
    engram-walk x.engram | cmp - shuffled
    size=$(stat -c %s x.engram)
    blocks=$(zstd -lv x.engram | sed -n 's/^# Zstandard Frames: //p')
}

@test "the settings do what they say" {
    shuffled_manifest seven_bits >shuffled
    packed level=9 block=4M
    [ "$blocks" -eq 1 ]
    [ "$size" -lt 2000000 ]
    packed level=9 block=4M window=64K
    [ "$size" -gt 2700000 ]
    packed store block=4M
    [ "$size" -gt 3276800 ]
    packed level=3 block=1M
    [ "$blocks" -ge 4 ]
}

@test "sizes in bytes, with other letters, and with units in full" {
    shuffled_manifest seven_bits >shuffled
    packed level=3 block=1M window=64K
    cp x.engram want
    for settings in 'block=1048576 window=65536' 'block=1m window=64k' 'block=1MiB window=64KiB' \
        'block=1024K window=64kib'; do
        # shellcheck disable=SC2086  # two words
        packed level=3 $settings
        same x.engram want
    done
}

@test "levels and long-distance matching reach zstd" {
    shuffled_manifest seven_bits >shuffled
    packed level=-7 block=4M
    quick=$size
    packed level=-7 block=4M long=yes
    [ "$size" -lt "$quick" ]
    packed level=-7 block=4M long=no
    [ "$size" -eq "$quick" ]
    packed level=19 block=4M
    [ "$size" -lt "$quick" ]
}

@test "what will not compress is stored, unless long-distance matching may find it again" {
    shuffled_manifest cat >shuffled
    packed level=9 block=4M
    [ "$size" -gt 3276800 ]
    packed level=9 block=4M long=yes
    [ "$size" -lt 2000000 ]
}

@test "rules put files of several profiles into blocks of their own" {
    rules 'rule a\\ b.txt config\nrule *.txt kernel\nrule /*.jpg media\n'
    engram-pack -r my.rules -o x.engram "$kinds"
    [ "$(zstd -lv x.engram | sed -n 's/^# Zstandard Frames: //p')" -eq 4 ]
    rules ''
    engram-pack -r my.rules -o x.engram "$kinds"
    [ "$(zstd -lv x.engram | sed -n 's/^# Zstandard Frames: //p')" -eq 1 ]
}

@test "a file of another version is refused as such" {
    echo 'engram-rules 2' >my.rules
    try engram-pack -r my.rules "$kinds"
    expect 4 "engram-pack: my.rules: line 1, column 14: version '2' is not known, only 1"
    printf 'engram-rules 1\r\n' >my.rules
    try engram-pack -r my.rules "$kinds"
    expect 2 "engram-pack: my.rules: line 1, column 14: the line ends with a carriage return; a newline alone ends lines"
}

@test "the first line is missing, or wrong" {
    : >my.rules
    refused "line 1, column 1: a rules file starts with the line 'engram-rules 1'"
    printf '# a\n# b\n' >my.rules
    refused "line 3, column 1: a rules file starts with the line 'engram-rules 1'"
    printf '\n  rule x media\nengram-rules 1\n' >my.rules
    refused "line 2, column 3: a rules file starts with the line 'engram-rules 1'"
    printf '\xef\xbb\xbfengram-rules 1\n' >my.rules
    refused "line 1, column 1: a byte order mark, which no rules file has"
    printf '\xef\xbb\xbf# mine\nengram-rules 1\n' >my.rules
    refused "line 1, column 1: a byte order mark, which no rules file has"
    echo engram-rules >my.rules
    refused "line 1, column 13: the version is missing: this is 'engram-rules 1'"
    echo 'engram-rules 1 x' >my.rules
    refused "line 1, column 16: 'x' is too much: 'engram-rules 1' stands alone"
}

@test "a line that starts with no known word" {
    rules 'ruel x media\n'
    refused "line 2, column 1: 'ruel' starts no line; lines start with 'profile' or 'rule'"
    rules '\n\t engram-rules 1\n'
    refused "line 3, column 3: 'engram-rules' starts no line; lines start with 'profile' or 'rule'"
    rules 'rule x media\r\n\x1b[2J\xff\n'
    refused "line 2, column 8: 'media\\x0d' is no profile; $profiles"
    rules '\x1b[2J\xff\n'
    refused "line 2, column 1: '\\x1b[2J\\xff' starts no line; lines start with 'profile' or 'rule'"
}

@test "a rule that lacks a word, or has one more" {
    rules 'rule\n'
    refused "line 2, column 5: a pattern is missing after 'rule'"
    rules 'rule  # x media\n'
    refused "line 2, column 7: a pattern is missing after 'rule'"
    rules 'rule *.gz'
    refused "line 2, column 10: a profile is missing after the pattern"
    rules 'rule a b media\n'
    refused "line 2, column 8: 'b' is no profile; $profiles"
    rules 'rule a media media\n'
    refused "line 2, column 14: 'media' is too much: a rule is one pattern and one profile"
}

@test "a pattern that can match nothing" {
    rules 'rule x media\nrule /etc/ config\n'
    refused "line 3, column 10: no file's path ends with a slash; '/*' is all that lies below"
    rules 'rule \\\n'
    refused "line 2, column 6: nothing stands behind this backslash"
    rules 'rule a\\\\\\\n'
    refused "line 2, column 9: nothing stands behind this backslash"
}

@test "a profile that is not known, or given twice" {
    rules 'profile\n'
    refused "line 2, column 8: a profile's name is missing after 'profile'"
    rules 'profile kernels level=3 block=1M\n'
    refused "line 2, column 9: 'kernels' is no profile; $profiles"
    rules 'profile media store block=1M\n\nprofile media store block=1M\n'
    refused "line 4, column 9: the profile media was given in line 2 already"
}

@test "settings that are missing, not known, given twice or beside store" {
    rules 'profile media\n'
    refused "line 2, column 14: level=N, or store, is missing"
    rules 'profile media level=3 # block=1M\n'
    refused "line 2, column 23: block=SIZE is missing"
    rules 'profile media levle=3 block=1M\n'
    refused "line 2, column 15: 'levle=3' is no setting; settings are level=N or store, block=SIZE, window=SIZE and long=yes|no"
    rules 'profile media level 3 block=1M\n'
    refused "line 2, column 15: 'level' is no setting; settings are level=N or store, block=SIZE, window=SIZE and long=yes|no"
    rules 'profile media stored block=1M\n'
    refused "line 2, column 15: 'stored' is no setting; settings are level=N or store, block=SIZE, window=SIZE and long=yes|no"
    rules 'profile media level=3 block=1M level=4\n'
    refused "line 2, column 32: 'level=4': this setting was given already"
    rules 'profile media level=3 block=1M store\n'
    refused "line 2, column 15: 'level=3': has no meaning beside 'store'"
    rules 'profile media store block=1M window=1M\n'
    refused "line 2, column 30: 'window=1M': has no meaning beside 'store'"
    rules 'profile media store block=1M long=no\n'
    refused "line 2, column 30: 'long=no': has no meaning beside 'store'"
}

@test "settings with values that make no sense" {
    for level in 23 -8 '' + 1.5 3K x 99999999999999999999 18446744073709551615; do
        rules "profile media level=$level block=1M\n"
        refused "line 2, column 15: 'level=$level': a level is a number from -7 to 22"
    done
    for block in 512K 64M 3M 1MB '' x -1M 18446744073709551616; do
        rules "profile media level=3 block=$block\n"
        refused "line 2, column 23: 'block=$block': a block is a power of two from 1M to 32M"
    done
    for window in 32K 64M 100K '' x; do
        rules "profile media level=3 window=$window block=1M\n"
        refused "line 2, column 23: 'window=$window': a window is a power of two from 64K to 32M"
    done
    rules 'profile media level=3 window=2M block=1M\n'
    refused "line 2, column 23: 'window=2M': a window is not larger than the block"
    rules 'profile media level=3 block=1M long=maybe\n'
    refused "line 2, column 32: 'long=maybe': is yes or no"
}

@test "files that are no text, and ones that are too long" {
    rules 'rule a\0b media\n'
    refused "line 2, column 7: a NUL byte, which no rules file has"
    rules "rule $(head -c 4086 /dev/zero | tr '\0' x) media"
    refused "line 2, column 4097: a line has 4096 bytes at most, this one has 4097"
    { echo engram-rules 1; yes 'rule x media' | head -n 4097; } >my.rules
    refused "line 4098, column 6: more than 4096 rules"
    { echo engram-rules 1; yes '#' | head -c 1048562; } >my.rules
    try engram-pack -r my.rules --rules-dump
    expect 2 "engram-pack: my.rules: has more than 1048576 bytes"
}

@test "the longest file, line and list that are taken" {
    rules "rule $(head -c 4085 /dev/zero | tr '\0' x) media"
    engram-pack -r my.rules --rules-dump | cmp - my.rules
    { echo engram-rules 1; yes 'rule x media' | head -n 4096; } >my.rules
    engram-pack -r my.rules --rules-dump | cmp - my.rules
    { echo engram-rules 1; yes '#' | head -c 1048561; } >my.rules
    engram-pack -r my.rules --rules-dump | cmp - my.rules
}

@test "the example of the page is a rules file" {
    awk '/^engram-rules 1/ { on = 1 } /^\.Ed/ { on = 0 } on' "$BATS_TEST_DIRNAME/../man/engram-rules.5" |
        sed 's/\\e/\\/g' >my.rules
    [ "$(grep -c '^rule' my.rules)" -eq 4 ]
    grep -qF 'My\ Photos' my.rules
    engram-pack -r my.rules "$kinds" | engram-walk | cmp - "$kinds"
}

# Rules for kinds.manifest with a line for every kind of file but one.
some_rules() {
    rules '\nrule a\\ b.txt config # a comment\nrule *.[gj][zp]* media\nrule /a.so kernel\n'
}

@test "--explain says which rule caught which file" {
    some_rules
    engram-pack -r my.rules --explain "$kinds" >list
    printf '%s\t%s\t300000\t/%s\n' config '3:a\\ b.txt' 'a b.txt' media '4:*.[gj][zp]*' a.gz \
        kernel 5:/a.so a.so media '4:*.[gj][zp]*' b.jpg balanced - c.txt >wanted
    same wanted list
    engram-pack -r my.rules --explain -o other.list - <"$kinds"
    same wanted other.list
}

@test "--explain of a built-in set counts lines as --rules-dump prints them" {
    for set in fast balanced max; do
        engram-pack -r $set --rules-dump >"$set.rules"
        engram-pack -r $set --explain "$kinds" >a.list
        engram-pack -r ./$set.rules --explain "$kinds" | cmp - a.list
        number=$(sed -n 's/^libraries\t\([0-9]*\):.*\t\/a.so$/\1/p' a.list)
        [ "$(sed -n "${number}p" $set.rules)" = 'rule *.so libraries' ]
    done
}

@test "the built-in sets take versions of libraries for such, and no other names with .so. in them" {
    local meta=(type=f mode=644 uid=0 gid=0 mtime=0.000000000 size=0)
    {
        record manifest=1 data=none
        record path=/ type=d mode=755 uid=0 gid=0 mtime=0.000000000
        record path=/etc type=d mode=755 uid=0 gid=0 mtime=0.000000000
        record path=/etc/ld.so.cache "${meta[@]}"
        record path=/etc/ld.so.conf "${meta[@]}"
        record path=/libc.so.6 "${meta[@]}"
        record path=/libx.so "${meta[@]}"
        record path=/libx.so.1.2.3 "${meta[@]}"
        record end=7 bytes=0
    } >names.manifest
    for set in fast balanced max; do
        engram-pack -r $set --explain names.manifest >list
        diff <(cut -f 1,4 list) - <<<'config	/etc/ld.so.cache
config	/etc/ld.so.conf
libraries	/libc.so.6
libraries	/libx.so
libraries	/libx.so.1.2.3'
    done
}

@test "--explain --json has the same, as objects" {
    some_rules
    engram-pack -r my.rules --explain --json "$kinds" >list
    jq -r '[.profile, .line // "-", .pattern // "-", .data, .path] | join(" ")' list >got
    printf '%s\n' 'config 3 a\ b.txt 300000 /a b.txt' 'media 4 *.[gj][zp]* 300000 /a.gz' \
        'kernel 5 /a.so 300000 /a.so' 'media 4 *.[gj][zp]* 300000 /b.jpg' \
        'balanced - - 300000 /c.txt' >wanted
    same wanted got
    [ "$(jq -c 'keys_unsorted' list | sort -u)" = '["profile","line","pattern","data","path"]' ]
    [ "$(tail -n 1 list | jq -c '[.line, .pattern]')" = '[null,null]' ]
}

@test "--explain lists regular files only, escaped, and needs no data" {
    small_manifest | engram-pack --explain >list
    printf '%s\n' 'binaries	71:/bin/*	6	/bin/a' 'binaries	71:/bin/*	6	/bin/b' \
        'config	80:/etc/*	0	/etc/empty' 'config	80:/etc/*	3	/etc/odd\n\xff\\ name' \
        'config	80:/etc/*	6	/etc/sparse' | sed 's/\t[0-9]*:/\t/' >wanted
    sed 's/\t[0-9]*:/\t/' list | cmp - wanted
    small_manifest | engram-pack -o x.engram
    engram-walk -n x.engram | engram-pack --explain | cmp - list
}

@test "--explain of a manifest that is cut short" {
    head -c -1 <"$kinds" >short
    engram-pack --explain "$kinds" >whole
    try into list engram-pack --explain short
    expect_like 3 'engram-pack: short: .*'
    same whole list
    try engram-pack --explain -o x.list short
    [ "$status" -eq 3 ]
    [ ! -e x.list ]
    try into /dev/full engram-pack --explain "$kinds"
    expect 1 "engram-pack: standard output: write failed: No space left on device"
}

# What the table of a dry run says on the line that starts with this word.
row() {
    awk -v name="$1" '$1 == name { $1 = ""; print substr($0, 2) }' table
}

@test "--dry-run's total is the size that the engram has" {
    for set in fast balanced; do
        engram-pack -r $set -o x.engram "$kinds"
        engram-pack -r $set --dry-run "$kinds" >table
        [ "$(row total | cut -d ' ' -f 1-4)" = "5 1500000 1500000 $(stat -c %s x.engram)" ]
        engram-pack -r $set --dry-run --json -j 3 "$kinds" | jq -e --argjson size "$(stat -c %s x.engram)" \
            '.size == $size and .index + .tables + .total.stored == $size and
                .total.stored == (.profiles | map(.stored) | add)' >/dev/null
    done
}

@test "--dry-run counts files, data and what is distinct, by profile" {
    same=(mode=644 uid=0 gid=0 mtime=0.000000000)
    {
        record manifest=1 data=inline
        record path=/ type=d "${same[@]}"
        record path=/a.conf type=f "${same[@]}" size=1048576 extent=0+100000
        file_data 1 100000
        record path=/b.conf type=f "${same[@]}" size=100000 extent=0+100000
        file_data 1 100000
        record path=/c.conf type=h link=/a.conf
        record path=/c.so type=f "${same[@]}" size=100000 extent=0+100000
        file_data 1 100000
        record path=/d type=f "${same[@]}" size=38893 extent=0+38893
        seq 8000
        record path=/e type=f "${same[@]}" size=0
        record end=7 bytes=338893
    } >some.manifest
    try engram-pack --dry-run some.manifest
    expect 0
    printf '%s\n' "$output" >table
    [ "$(row PROFILE)" = "FILES DATA DISTINCT STORED RATIO" ]
    [ "$(wc -l <table)" -eq 7 ]
    [[ $(row config) =~ ^2\ 200000\ 100000\ 1000[0-9][0-9]\ 2.00$ ]]
    [ "$(row libraries)" = "1 100000 0 0 -" ]
    [[ $(row balanced) =~ ^2\ 38893\ 38893\ [0-9]+\ [0-9]+\.[0-9][0-9]$ ]]
    [[ $(row index) =~ ^-\ -\ -\ [0-9]+\ -$ ]]
    [[ $(row tables) =~ ^-\ -\ -\ [0-9]+\ -$ ]]
    engram-pack -o x.engram some.manifest
    [ "$(row total)" = "5 338893 138893 $(stat -c %s x.engram) $(awk -v size="$(stat -c %s x.engram)" \
        'BEGIN { printf "%.2f", 338893 / size }')" ]
    engram-pack --dry-run --json some.manifest >json
    jq -r '.profiles[] | [.profile, .files, .data, .distinct, .stored] | join(" ")' json >got
    awk '$1 ~ /^[a-z]/ && $1 !~ "index|tables|total" { print $1, $2, $3, $4, $5 }' table | cmp - got
    jq -r '"index - - - \(.index) -\ntables - - - \(.tables) -\ntotal \(.total | "\(.files) \(.data) \(.distinct)") \(.size)"' \
        json >got
    awk '$1 ~ "index|tables"; $1 == "total" { NF = 5; print }' table | tr -s ' ' | cmp - got
    # The names, and what must be the same numbers, are those of engram-ls.
    engram-ls --stats --json x.engram >stats.json
    jq -s -e '.[0] as $dry | .[1] as $stats | ([$dry | paths | map(select(type == "string"))] - [$stats | paths | map(select(type == "string"))]) == [] and
        ([$dry, $stats | [.index, .tables, .size, .total.data, .total.distinct, .total.stored]] | .[0] == .[1])' json stats.json >&2
}

@test "--dry-run writes no engram, and says what packing would" {
    engram-pack --dry-run -o table "$kinds"
    left_behind . table
    [ "$(row total | cut -d ' ' -f 1)" = 5 ]
    record manifest=1 data=none >none
    record end=0 bytes=0 >>none
    try engram-pack --dry-run none
    expect 2 "engram-pack: none: the manifest has no data (data=none): there is nothing to pack"
    head -c 1000000 <"$kinds" >short
    try engram-pack --dry-run short
    expect_like 3 'engram-pack: short: .*'
    [ -z "$output" ]
    try into /dev/full engram-pack --dry-run "$kinds"
    expect 1 "engram-pack: standard output: write failed: No space left on device"
}
