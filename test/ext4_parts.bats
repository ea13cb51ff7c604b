# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2002,SC2016,SC2030,SC2031,SC2154  # pipes are the point; each test is a subshell of its own; helpers set variables
# ext4walk for parts of a tree, by PATH and by -x, and its lists: -0 and --json.

load helper
load ext4
load ext4_damage

setup_file() {
    need mke2fs debugfs jq perl
    local tree=$BATS_FILE_TMPDIR/tree
    export GOOD=$BATS_FILE_TMPDIR/good
    small_tree "$tree"
    (
        cd "$tree"
        # Names that start like others, and things of the same name in several places.
        mkdir -p dir2 dir.x nest/a/b/cache nest/cache other odd
        echo 2 >dir2/file
        echo y >dir.x/y
        touch nest/a/b/{x,y}.o nest/a/b/cache/z nest/cache/q nest/keep.c cache.txt
        ln dir/file other/hard
        ln dir/file other/hard2
        touch odd/$'\xff\xfe' odd/$'new\nline' odd/'back\slash' odd/'qu"ote' odd/$'\xc3\xa9'
        find . -exec touch -h -d @1600000000 {} +
    )
    mkfs "$GOOD" 4M -t ext4 -b 1024 -O ^has_journal -d "$tree"
    printf 'v%.0s' {1..500} >"$BATS_FILE_TMPDIR/value"
    debugfs -w -f /dev/stdin "$GOOD" >/dev/null 2>&1 <<-COMMANDS
	ea_set dir/file user.k value
	ea_set -f $BATS_FILE_TMPDIR/value numbers user.big
	COMMANDS
    ext4walk -o "$GOOD.whole" "$GOOD"
}

setup() {
    own_directory
}

# part KEEP: of the whole manifest those records for which the perl expression KEEP is true of the
# path in $_.  If the first name of a file is not among them, the next that is becomes the file.  Their
# paths go to the file want.names, each with a NUL.
part() {
    perl -e 'binmode STDOUT; local $/; open my $names, ">", "want.names" or die; open my $in, "<:raw", $ARGV[0] or die; my $m = <$in>;
        my $keep = eval "sub { local \$_ = shift; $ARGV[1] }" or die $@;
        my ($records, $bytes, %file, %first) = (0, 0);
        while ($m =~ /\G((?:[^\0]+\0)+)\0/gc) {
            my ($head, $data) = ($1, 0);
            $data += $1 while $head =~ /\0extent=\d+\+(\d+)(?=\0)/g;
            my $content = substr $m, pos $m, $data;
            pos($m) += $data;
            if ($head =~ /^end=/) { print "end=$records\0bytes=$bytes\0\0"; last }
            if ($head !~ /^path=([^\0]*)/) { print "$head\0"; next }
            my $path = $1;
            my ($link) = $head =~ /^path=[^\0]*\0type=h\0link=([^\0]*)/;
            $file{$path} = [$head, $content] unless defined $link;
            next unless $keep->($path);
            if (defined $link && $first{$link}) {
                $head = "path=$path\0type=h\0link=$first{$link}\0";
            } elsif (defined $link) {
                ($head, $content) = @{$file{$link}};
                $head =~ s/^path=[^\0]*/path=$path/;
                $first{$link} = $path;
            } else {
                $first{$path} = $path;
            }
            $records++;
            $bytes += length $content;
            print $names "$path\0";
            print "$head\0$content";
        }' "$GOOD.whole" "$1"
}

# walks KEEP ARGUMENT...: with these arguments, the first after the image, exactly that part comes,
# and engram-pack takes it; the list of names is of the same.
walks() {
    local keep=$1
    shift
    part "$keep" >want
    walk -o out "$@"
    expect 0
    same want out
    engram-pack -q -j 1 -r fast out >/dev/null
    walk -0 -o names "$@"
    expect 0
    same want.names names
}

# ---- PATH ----

@test "the judge of parts takes a manifest apart and puts it together" {
    part 1 >out
    same "$GOOD.whole" out
}

@test "one PATH: it, what it holds, and the way to it" {
    walks 'm,^/(dir(/.*)?)?$,s' "$GOOD" /dir
    # With or without a slash, and with what leads nowhere.
    local path
    ext4walk -o want "$GOOD" /nest/a
    for path in nest/a nest/a/ //nest///a/// ./nest/./a nest/cache/../a ../../nest/a /nest/a/b/..; do
        walk -o out "$GOOD" "$path"
        expect 0
        same want out
    done
    part 'm,^/(nest(/a(/.*)?)?)?$,s' | same - want
}

@test "a PATH that is a file, a symbolic link, a fifo, an empty directory" {
    walks 'm,^/(dir(/file)?)?$,' "$GOOD" dir/file
    walks 'm,^/(short)?$,' "$GOOD" /short
    walks 'm,^/(fifo)?$,' "$GOOD" /fifo
    walks 'm,^/(lost.found)?$,' "$GOOD" /lost+found
    walks 'm,^/(odd(/\xff\xfe)?)?$,' "$GOOD" $'/odd/\xff\xfe'
}

@test "the root as PATH is everything" {
    local path
    for path in / . // /.. dir/..; do
        walk -o out "$GOOD" "$path"
        expect 0
        same "$GOOD.whole" out
    done
    walk -o out "$GOOD" /dir / /dir/file
    expect 0
    same "$GOOD.whole" out
}

@test "several PATHs, in any order, twice, and nested in each other" {
    walks 'm,^/(dir.*|short|nest(/cache(/.*)?)?)?$,s && !m,^/dir[2.],' "$GOOD" /short nest/cache dir
    walks 'm,^/(dir(/.*)?)?$,s' "$GOOD" /dir/sub /dir /dir/sub/again /dir
    walks 'm,^/(nest(/a(/b(/x.o|/cache(/z)?)?)?)?)?$,' "$GOOD" nest/a/b/cache/z nest/a/b/x.o
}

@test "hard links whose first name is outside: the next name is the file" {
    walks 'm,^/(other(/.*)?)?$,' "$GOOD" /other
    ext4walk -n "$GOOD" /other | tr '\0' '\n' >records
    grep -A1 -x path=/other/hard records | grep -x type=f
    grep -A2 -x path=/other/hard2 records | grep -x link=/other/hard
    walks 'm,^/(other(/hard2)?)?$,' "$GOOD" /other/hard2
    walks 'm,^/(dir(/sub(/.*)?)?|other(/.*)?)?$,' "$GOOD" /other /dir/sub
    walks '!m,^/dir/file,' -x /dir/file "$GOOD"
}

@test "a PATH that is not there: status 1, before anything is written" {
    local path text
    while read -r path text; do
        walk -o out "$GOOD" /dir "$path"
        expect 1 "ext4walk: $GOOD: $text"
        left_behind .
        try ext4walk "$GOOD" /dir "$path" /none/either
        expect 1 "ext4walk: $GOOD: $text"
        [ "$output" = '' ]
        try bash -c 'cat "$1" | ext4walk -0 - "$2"' - "$GOOD" "$path"
        expect 1 "ext4walk: standard input: $text"
        [ "$output" = '' ]
    done <<-PATHS
	/none there is no /none
	none there is no /none
	dir/none there is no /dir/none
	dir/../fil there is no /fil
	/numbers/x /numbers/x: what is on the way is not a directory
	/short/x /short/x: a symbolic link is on the way
	/dir/sub/none/deeper there is no /dir/sub/none/deeper
	PATHS
    # Bytes that a terminal would obey are shown otherwise.
    walk "$GOOD" $'\e[2J\xff'
    expect 1 "ext4walk: $GOOD: there is no /\\x1b[2J\\xff"
    # A name cannot be longer than this, so no such path can be.
    walk "$GOOD" "$(printf 'n/%.0s' {1..33000})"
    expect_like 1 "ext4walk: $GOOD: there is no /(n/)+.*"
    walk "$GOOD" ''
    expect_like 2 'ext4walk: an empty PATH: the root is /
.*'
}

@test "a symbolic link is not followed, whether it leads to a directory or not" {
    mkdir -p tree/real
    echo x >tree/real/file
    ln -s real tree/link
    mkfs image 2M -t ext4 -b 1024 -O ^has_journal -d tree
    walk -o out image /link/file
    expect 1 "ext4walk: image: /link/file: a symbolic link is on the way"
    walk -0 -o out image /link
    expect 0
    printf '/\0/link\0' | same - out
}

@test "a PATH with damage on the way: told once, and a name that is lost is not there" {
    local left='contains a slash or a NUL: this name is left out'
    bad
    record file 9 2f
    walk --keep-going --no-verify -0 -o out bad /dir/sub
    expect 5 "ext4walk: bad: /dir: directory block 0, byte $at: the name 'f/le' $left"
    ext4walk -0 -o want "$GOOD" /dir/sub
    same want out
    rm out want
    walk --keep-going --no-verify -o out bad /dir/file
    expect 5 "ext4walk: bad: /dir: directory block 0, byte $at: the name 'f/le' $left"
    ext4walk -o want -x '/dir/*' "$GOOD" /dir
    same want out
    rm out want
    walk --keep-going --no-verify -o out bad /none
    expect 1 "ext4walk: bad: there is no /none"
    # Damage that is elsewhere is not met at all.
    walk -o out bad /nest /numbers
    expect 0
    rm out
    walk --no-verify -o out bad /dir/sub
    expect_like 3 "ext4walk: bad: /dir/sub: inode [0-9]+: directory block 0, byte $at: the name 'f/le' contains a slash or a NUL"
    left_behind . bad
}

# ---- -x ----

@test "-x with a slash in front is for whole paths" {
    walks '!m,^/dir(/|$),' -x /dir "$GOOD"
    walks '!m,^/nest/cache,' -x /nest/cache "$GOOD"
    walks '1' -x /cache "$GOOD"
    walks '!m,^/dir(/|$),' -x /dir/// "$GOOD"
    walks '!m,^/dir(/|$),' -x ././dir/ "$GOOD"
    walks '!m,/cache(/|$),' -x cache/ "$GOOD"
    local glob
    for glob in '' / ./ ; do
        try ext4walk -x "$glob" "$GOOD"
        expect_like 2 "ext4walk: --exclude: '$glob' matches no name
.*"
    done
    walks '!m,^/cache[.]txt,' -x /cache.txt "$GOOD"
}

@test "-x without any is for names, whatever directory they are in; with one inside, for whole paths" {
    walks '!m,/cache(/|$),' -x cache "$GOOD"
    walks '!m,^/nest/cache,' -x nest/cache "$GOOD"
    walks '1' -x cache/x "$GOOD"
    walks '!m,[.]o$,' -x '*.o' "$GOOD"
    walks '!m,^/dir/file|^/dir2/file,' -x file "$GOOD"
    walks '1' -x ache "$GOOD"
}

@test "-x: the wildcards stand for slashes, too" {
    walks '!m,^/nest/.*/cache(/|$),' -x '/nest/*/cache' "$GOOD"
    walks '!m,^/nest/.*[xz],s' -x '/nest/*[xz]*' "$GOOD"
    walks '!m,^/dir.file,' -x '/dir?file' "$GOOD"
    walks '!m,^/dir.x(/|$),' -x '/dir?x' "$GOOD"
    walks '$_ eq "/"' -x '*' "$GOOD"
    walks '$_ eq "/"' -x '/*' "$GOOD"
    walks '$_ eq "/"' -x '?*' "$GOOD"
}

@test "-x: several, sets, escapes, and bytes that are no UTF-8" {
    walks '!m,^/dir(/|$)|[.]o$|^/short,' -x /dir --exclude='*.o' -x short "$GOOD"
    walks '!m,^/dir[2.],' -x '/dir[2.]*' "$GOOD"
    walks '!m,^/dir.x(/|$)|^/dir2,' -x '/dir[!/]*' "$GOOD"
    walks '!m,\\,' -x '*\\*' "$GOOD"
    walks '!m,\xff,' -x $'\xff*' "$GOOD"
    walks '!m,\xc3\xa9,' -x $'*\xa9' "$GOOD"
    walks '!m,\n,' -x $'new\nline' "$GOOD"
}

@test "-x together with PATHs" {
    walks 'm,^/(nest(/.*)?)?$,s && !m,/cache(/|$),' -x cache "$GOOD" /nest
    # What is excluded stays so, also if it was asked for, or is on the way to that.
    walks 'm,^/(nest)?$,' -x cache "$GOOD" /nest/cache
    walks '$_ eq "/"' -x /nest "$GOOD" /nest/a/b
    walks 'm,^/(short)?$,' -x /nest "$GOOD" /nest/a/b /short
}

# ---- lists ----

@test "-0 gives the names of the manifest as they are, in its order" {
    walk -0 -o out "$GOOD"
    expect 0
    perl -0777 -ne 'print "$1\0" while /\0\0path=([^\0]*)\0type=/g' <(ext4walk -n "$GOOD") >want
    same want out
    perl -0 -ne 'BEGIN { $last = "" } chomp; my $key = join "\0", split m,/,; die "order: $_" if $key le $last && $last; $last = $key' out
    try bash -c 'cat "$1" | ext4walk --null' - "$GOOD"
    expect 0
    try bash -c 'cat "$1" | ext4walk --null | cmp - out' - "$GOOD"
    expect 0
}

# json_of: the records of a manifest on standard input, as JSON, a line each.
json_of() {
    perl -e 'local $/; my $m = <STDIN>;
        sub string { my $s = shift;
            my $utf8 = qr/[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}/;
            $s =~ s/($utf8)|([\x80-\xff])|([\x00-\x1f\x22\x5c])/defined $1 ? $1 : defined $2 ? sprintf "\\udc%02x", ord $2 : sprintf "\\u%04x", ord $3/ge;
            "\"$s\"" }
        for (split /\0\0/, $m) {
            next unless /^path=/;
            my (%o, @x, $data);
            for (split /\0/) {
                my ($k, $v) = split /=/, $_, 2;
                if ($k eq "extent") { $data += (split /\+/, $v)[1]; next }
                if ($k eq "xattr") { $v =~ /^(.*)=(.*)$/s; push @x, string($1) . ":\"$2\""; next }
                $o{$k} = $k =~ /^(uid|gid|size)$/ ? $v : string($v);
            }
            $o{data} = $data // 0 if $o{type} eq "\"f\"";
            $o{xattr} = "{" . join(",", @x) . "}" if @x;
            print "{", join(",", map { "\"$_\":$o{$_}" } sort keys %o), "}\n";
        }'
}

@test "--json: each line is an object with what the manifest's record says" {
    local options
    for options in '' --times=all '--times=mtime -x /dir/file'; do
        # shellcheck disable=SC2086  # several options
        walk --json -o out $options "$GOOD"
        expect 0
        # shellcheck disable=SC2086
        diff <(ext4walk -n $options "$GOOD" | json_of | jq -cS .) <(jq -cS . out) >&2
        [ "$(wc -l <out)" -ge 33 ]
        jq -e 'type == "object"' out >/dev/null
    done
    # Line by line, and whatever a name is.
    while IFS= read -r line; do
        jq -e . <<<"$line"
    done <out >/dev/null
    grep -qxF '{"path": "/odd/\udcff\udcfe", "type": "f", "mode": "644", "uid": 0, "gid": 0, "mtime": "1600000000.000000000", "size": 0, "data": 0}' out
    ext4walk --json "$GOOD" /dir/sub | tail -n 1 | grep -qx '{"path": "/dir/sub/again", "type": "f", .*"xattr": {"user.k": "76616c7565"}}'
}

@test "--json of parts, from a pipe, and of devices" {
    cp "$GOOD" image
    debugfs -w -R 'mknod null c 1 3' image >/dev/null 2>&1
    try bash -c 'cat image | ext4walk --json - /null /hole | jq -r "[.path, .type, .rdev, .size, .data] | @csv"'
    expect 0
    [ "$output" = '"/","d",,,
"/hole","f",,100003,675
"/null","c","1:3",,' ]
}

@test "lists with -o appear whole or not at all, and end early with damage" {
    bad
    damage_inode /numbers 2 01
    local kind
    for kind in -0 --json; do
        walk $kind -o out bad
        expect_like 3 "ext4walk: bad: /numbers: inode [0-9]+: checksum 0x[0-9a-f]+, computed 0x[0-9a-f]+"
        left_behind . bad
        # On standard output are all names that come before.
        ext4walk $kind -x numbers "$GOOD" >whole
        ext4walk $kind bad 2>/dev/null >names || [ $? -eq 3 ]
        [ -s names ]
        cmp -n "$(stat -c %s names)" names whole
        ext4walk $kind "$GOOD" >all
        [ "$(stat -c %s names)" -eq "$(grep -abo '/numbers' all | head -1 | perl -ne '
            /^(\d+)/; open my $f, "<:raw", "all"; read $f, my $b, $1; $b =~ s/[^\0\n]*\z//s; print length $b')" ]
        rm whole names all
        try bash -c 'ext4walk "$1" "$2" >/dev/full' - $kind "$GOOD"
        expect 1 "ext4walk: standard output: write failed: No space left on device"
        try bash -c 'set -o pipefail; ext4walk "$1" "$2" | head -c 1 >/dev/null' - $kind "$GOOD"
        expect 0
    done
    # What there is no room for in a list is not looked at: attributes, with -0.
    bad
    damage_inode /dir/file 0xa4 ff
    walk --no-verify -0 -o out bad
    expect 0
    walk --no-verify --json -o out bad
    expect_like 3 "ext4walk: bad: /dir/file: inode [0-9]+: attributes in the inode: the table does not end within its 92 bytes"
}

@test "a terminal gets --json, but neither a manifest nor names that end with NUL" {
    need script
    run script -qec "ext4walk -0 '$GOOD'; echo status \$?" /dev/null
    [[ $output == *terminal*'status 2'* ]]
    run script -qec "ext4walk -n '$GOOD'; echo status \$?" /dev/null
    [[ $output == *terminal*'status 2'* ]]
    run script -qec "ext4walk --json '$GOOD' /fifo; echo status \$?" /dev/null
    [[ $output == *'{"path": "/fifo", "type": "p",'*'status 0'* ]]
    # A file is none.
    run script -qec "ext4walk -0 -o '$PWD/names' '$GOOD' /fifo; echo status \$?" /dev/null
    [[ $output == *'status 0'* ]]
    printf '/\0/fifo\0' | same - names
}
