#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # what helper.bash, tree.bash and bats set
# engram-unpack: what stat, getfattr, getfacl and the kernel say of what was made.
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
    ! mountpoint -q mnt || umount mnt
    chmod -R u+rwX "$BATS_TEST_TMPDIR" # who is not root could not remove what is left
}

@test "--help and --version go to standard output" {
    try engram-unpack --help
    expect 0
    [[ $output == "Usage: engram-unpack [OPTION]... [ENGRAM [PATH...]]"* ]]
    try engram-unpack --version
    expect 0
    [[ $output == "engram-unpack (engram-tools) "* ]]
}

@test "unknown options and what makes no sense are usage errors" {
    try engram-unpack --frobnicate "$tree"
    expect 2 "engram-unpack: unknown option '--frobnicate'
Try 'engram-unpack --help'."
    try engram-unpack --strip-components=-1 "$tree"
    expect 2 "engram-unpack: option '--strip-components' takes a number from 0 to 65535, not '-1'
Try 'engram-unpack --help'."
    try engram-unpack "$tree" ''
    expect 2 "engram-unpack: an empty PATH: the root is /
Try 'engram-unpack --help'."
}

@test "a file that is missing, and one that is no engram: no directory is made" {
    try engram-unpack -C out missing.engram
    expect 1 "engram-unpack: missing.engram: cannot open: No such file or directory"
    head -c 4096 /dev/zero >zeros
    try engram-unpack -C out zeros
    [ "$status" -eq 3 ]
    [ ! -e out ]
}

@test "a directory that cannot be made, or is none" {
    try engram-unpack -C no/where "$tree"
    expect 1 "engram-unpack: no/where: cannot make the directory: No such file or directory"
    echo >file
    try engram-unpack -C file "$tree"
    expect 1 "engram-unpack: file: cannot open the directory: Not a directory"
    try engram-unpack -C '' "$tree"
    expect 2 "engram-unpack: option '--directory' needs the name of a directory
Try 'engram-unpack --help'."
}

@test "every type, with owner, mode, size, device and nanoseconds, as stat sees them" {
    need_root
    try engram-unpack -C out "$tree"
    expect 0
    [ "$output" = "" ]
    run bash -c "cd out && find . -printf '%y %#m %U:%G %T@ %n /%P\n' | sed '/^.\[2J/d' | sort -k6"
    diff - <(echo "$output") >&2 <<'EOF'
d 0755 0:0 1700000000.0000000000 7 /
d 0755 0:0 1700000001.0000000000 2 /dev
c 0666 0:0 0.0000000000 1 /dev/null
b 0660 0:6 -1.5000000000 1 /dev/vda
d 0755 0:0 1700000002.0000000000 2 /etc
d 01777 1000:1001 1700000006.0000000000 2 /etc.d
f 0600 1000:1001 1700000007.0000000000 1 /etc.d/odd
f 0644 0:0 1700000003.1234567890 2 /etc/hosts
f 0644 0:0 1700000003.1234567890 2 /etc/link
l 0777 0:0 1700000004.0000000010 1 /etc/os-release
f 0640 0:42 1700000005.0000000000 1 /etc/shadow
l 0777 0:0 1700000008.0000000000 1 /run
f 0600 0:0 4102444800.0000000000 1 /sparse
d 0755 0:0 1700000009.0000000000 3 /usr
d 0755 0:0 1700000010.0000000000 2 /usr/lib
f 0644 0:0 1700000011.0000000000 1 /usr/lib/os-release
f 04755 0:0 1700000012.0000000000 1 /usr/sudo
d 0755 0:0 1700000013.0000000000 3 /var
d 02755 0:5 1700000014.0000000000 2 /var/run
p 0600 0:0 1700000015.0000000000 1 /var/run/pipe
s 0700 0:0 1700000016.0000000000 1 /var/run/sock
EOF
    [ "$(stat -c '%t,%T' out/dev/null out/dev/vda | tr '\n' ' ')" = "1,3 103,11170 " ]
    [ "$(readlink out/etc/os-release)" = ../usr/lib/os-release ]
    [ "$(readlink out/run)" = /var/run/ ]
    [ out/etc/hosts -ef out/etc/link ]
    printf '127.0.0.1 me\n' | same - out/etc/hosts
    [ "$(cat $'out/etc.d/odd\n\x1b[2J\xff')" = x ]
    [ "$(getfattr -d -m - --absolute-names out/etc/shadow)" = "# file: out/etc/shadow
user.note=\"hi\"" ]
    [ -z "$(getfattr -d -m - --absolute-names out/etc/hosts)" ]
}

@test "holes stay holes, also at the end" {
    engram-unpack -q -C out "$tree" 2>/dev/null || [ "$(id -u)" -ne 0 ]
    truncate -s 3M want
    printf mid | dd of=want bs=1 seek=1M conv=notrunc status=none
    same out/sparse want
    [ "$(du -k out/sparse | cut -f1)" -lt 200 ]
}

# system.posix_acl_access: user::rw-, user:1234:rwx, group::r--, mask::rwx, other::---
acl=0200000001000600ffffffff02000700d204000004000400ffffffff10000700ffffffff20000000ffffffff
# security.capability, revision 2: cap_net_raw, permitted and effective
capability=0100000200200000000000000000000000000000

@test "attributes: ACLs, capabilities, trusted and user names, on files, directories and links" {
    need_root
    pack x.engram 1 "path=/|type=d|${meta}xattr=system.posix_acl_default=$acl||" \
        "path=/acl|type=f|mode=670|uid=1|gid=2|mtime=5.000000000|size=0|xattr=system.posix_acl_access=$acl||" \
        "path=/cap|type=f|mode=4755|uid=7|gid=8|mtime=5.000000000|size=1|xattr=security.capability=$capability|xattr=trusted.t=00ff|xattr=user.empty=|extent=0+1||x" \
        "path=/dir|type=d|mode=700|uid=1|gid=2|mtime=5.000000000|xattr=system.posix_acl_default=$acl||" \
        "path=/dir/plain|type=f|mode=666|uid=0|gid=0|mtime=5.000000000|size=0||" \
        "path=/link|type=l|mode=777|uid=3|gid=4|mtime=5.000000000|target=none|xattr=trusted.l=01||"
    try engram-unpack -C out x.engram
    expect 0
    (cd out && getfattr -h -d -m - -e hex . acl cap dir dir/plain link | grep .) >got
    diff - got >&2 <<EOF
# file: .
system.posix_acl_default=0x$acl
# file: acl
system.posix_acl_access=0x$acl
# file: cap
security.capability=0x$capability
trusted.t=0x00ff
user.empty=0x
# file: dir
system.posix_acl_default=0x$acl
# file: link
trusted.l=0x01
EOF
    [ "$(getfacl -cpn out/acl | grep .)" = "user::rw-
user:1234:rwx
group::r--
mask::rwx
other::---" ]
    [ "$(stat -c '%a %u:%g %Y' out/acl out/cap out/dir out/dir/plain out/link | tr '\n' ,)" = \
        "670 1:2 5,4755 7:8 5,700 1:2 5,666 0:0 5,777 3:4 5," ]
}

@test "a directory that exists takes the root's metadata, and its ACLs are not inherited" {
    need_root
    mkdir out
    echo mine >out/mine
    setfacl -m u:1234:rwx out
    setfacl -d -m u:1234:rwx out
    try engram-unpack -C out "$tree"
    expect 0
    (cd out && find . -exec getfattr -h -d -m '^system' {} +) >acls
    diff acls /dev/null >&2
    [ "$(stat -c '%a %Y' out)" = "755 1700000000" ]
    [ "$(cat out/mine)" = mine ]
}

@test "a default ACL that cannot be removed is told, and nothing has inherited it" {
    open_up
    setfacl -d -m u:1234:rwx theirs
    pack x.engram 0 "path=/|type=d|mode=777|uid=65534|gid=65534|mtime=5.000000000||" \
        "path=/d|type=d|mode=770|uid=65534|gid=65534|mtime=5.000000000||" \
        "path=/f|type=f|mode=660|uid=65534|gid=65534|mtime=5.000000000|size=0||" \
        "path=/p|type=p|mode=660|uid=65534|gid=65534|mtime=5.000000000||"
    try as_nobody engram-unpack -C theirs x.engram
    if [ "$(id -u)" -eq 0 ]; then
        expect_like 5 'engram-unpack: x.engram: /: inherited system.posix_acl_default not removed: Operation not permitted
engram-unpack: x.engram: /: owner is 0:0, not 65534:65534
engram-unpack: x.engram: /: mtime is .*, not 5.000000000
engram-unpack: x.engram: 1 name could not be restored in full'
    fi
    [ -z "$(getfattr -d -m '^system' --absolute-names theirs/d theirs/f theirs/p)" ]
    [ "$(stat -c %a theirs/d theirs/f theirs/p | tr '\n' ' ')" = "770 660 660 " ]
}

@test "a directory of somebody else's that has no ACLs: none is told" {
    open_up
    pack x.engram 0 "path=/|type=d|mode=777|uid=65534|gid=65534|mtime=5.000000000||" \
        "path=/f|type=f|mode=660|uid=65534|gid=65534|mtime=5.000000000|size=0||"
    try as_nobody engram-unpack -C theirs x.engram
    [[ $stderr != *posix_acl* ]]
    if [ "$(id -u)" -eq 0 ]; then
        [ "$status" -eq 5 ]
    fi
}

@test "without root: a hard link to a file in a directory that can be entered but not read; and not entered" {
    open_up
    local own="uid=65534|gid=65534|mtime=5.000000000"
    pack x.engram 0 "path=/|type=d|mode=755|$own||" "path=/a|type=d|mode=311|$own||" \
        "path=/a/f|type=f|mode=644|$own|size=0||" "path=/b|type=h|link=/a/f||" "path=/c|type=f|mode=644|$own|size=0||"
    try as_nobody engram-unpack -C theirs/out x.engram
    [ "$(id -u)" -ne 0 ] || expect 0
    [ "$(stat -c %h theirs/out/b)" -eq 2 ]
    pack y.engram 0 "path=/|type=d|mode=755|$own||" "path=/a|type=d|mode=600|$own||" \
        "path=/a/f|type=f|mode=644|$own|size=0||" "path=/b|type=h|link=/a/f||" "path=/c|type=f|mode=644|$own|size=0||"
    try as_nobody engram-unpack -C theirs/two y.engram
    [ "$(id -u)" -ne 0 ] || expect 5 "engram-unpack: y.engram: /b: hard link not made: Permission denied
engram-unpack: y.engram: 1 name could not be restored in full"
    [ -f theirs/two/c ]
}

@test "the current directory is the default, and the engram may come through a pipe" {
    mkdir here
    cd here
    # shellcheck disable=SC2002  # a pipe is what is tested
    cat "$tree" | engram-unpack -q 2>/dev/null || [ "$(id -u)" -ne 0 ]
    printf sud | same - usr/sudo
}

@test "nothing that exists is overwritten, whatever it is" {
    local -A made=(
        [dev/null]='mkdir out/dev' [etc/hosts]='mkdir out/etc; echo mine > out/etc/hosts'
        [etc/link]='mkdir out/etc; ln -s /etc/passwd out/etc/link' [usr]='ln -s . out/usr'
        [etc]='mkfifo out/etc' [run]='mkdir out/run' [sparse]='ln -s nowhere out/sparse')
    local path want
    for path in "${!made[@]}"; do
        rm -rf out
        mkdir out
        eval "${made[$path]}"
        want=/$path
        [[ ${made[$path]} == 'mkdir out/'* ]] && want=/${path%%/*}
        before=$(cd out && find . ! -type d -printf '%P %y %s %l\n' | sort)
        try engram-unpack -C out "$tree"
        [ "$status" -eq 1 ]
        [[ $stderr == *"engram-unpack: $tree: $want exists already in out; nothing is overwritten without --overwrite" ]]
        [ -z "$before" ] || [[ $(cd out && find . ! -type d -printf '%P %y %s %l\n') == *"$before"* ]]
    done
}

@test "without root what cannot be set is told, name by name and as a sum: status 5" {
    open_up
    pack x.engram 6 "path=/|type=d|mode=755|uid=65534|gid=65534|mtime=1700000000.000000000||" \
        "path=/cap|type=f|mode=755|uid=65534|gid=65534|mtime=5.000000000|size=1|xattr=security.capability=$capability|xattr=user.a=61|extent=0+1||x" \
        "path=/dev|type=c|mode=666|uid=65534|gid=65534|mtime=5.000000000|rdev=1:3||" \
        "path=/dev2|type=h|link=/dev||" \
        "path=/dir|type=d|mode=500|uid=65534|gid=65534|mtime=1700000001.000000000||" \
        "path=/dir/in|type=f|mode=400|uid=65534|gid=65534|mtime=5.000000000|size=2|extent=0+2||in" \
        "path=/root|type=f|mode=6755|uid=0|gid=0|mtime=5.000000000|size=3|extent=0+3||sud" \
        "path=/sgid|type=f|mode=2755|uid=65534|gid=65534|mtime=5.000000000|size=0||"
    try as_nobody engram-unpack -C theirs/out x.engram
    if [ "$(id -u)" -eq 0 ]; then
        expect 5 "engram-unpack: x.engram: /cap: attribute security.capability not set: Operation not permitted
engram-unpack: x.engram: /dev: device not made: Operation not permitted
engram-unpack: x.engram: /dev2: hard link not made: its first name was not made
engram-unpack: x.engram: /root: owner is 65534:65534, not 0:0
engram-unpack: x.engram: /root: mode is 0755, not 6755
engram-unpack: x.engram: 4 names could not be restored in full"
    fi
    [ "$status" -eq 5 ]
    [ "$(stat -c '%a %Y' theirs/out theirs/out/dir theirs/out/dir/in theirs/out/root | tr '\n' ,)" = \
        "755 1700000000,500 1700000001,400 5,755 5," ]
    [ "$(cat theirs/out/root)" = sud ]
    [ "$(getfattr --only-values -n user.a --absolute-names theirs/out/cap)" = a ]
}

@test "without root: ACLs are set on what is one's own, trusted attributes are losses, groups of one's own are not" {
    need_root
    open_up
    pack x.engram 0 "path=/|type=d|mode=755|uid=65534|gid=65534|mtime=5.000000000||" \
        "path=/d|type=d|mode=700|uid=65534|gid=65534|mtime=5.000000000|xattr=system.posix_acl_default=$acl||" \
        "path=/f|type=f|mode=670|uid=0|gid=77|mtime=5.000000000|size=0|xattr=system.posix_acl_access=$acl|xattr=trusted.t=00||" \
        "path=/g|type=f|mode=640|uid=65534|gid=77|mtime=5.000000000|size=0||" \
        "path=/p|type=p|mode=600|uid=5|gid=65534|mtime=5.000000000||"
    try setpriv --reuid=65534 --regid=65534 --groups=77 engram-unpack -C theirs/out x.engram
    expect 5 "engram-unpack: x.engram: /f: attribute trusted.t not set: Operation not permitted
engram-unpack: x.engram: /f: owner is 65534:77, not 0:77
engram-unpack: x.engram: /p: owner is 65534:65534, not 5:65534
engram-unpack: x.engram: 2 names could not be restored in full"
    [ "$(getfattr -e hex --absolute-names -n system.posix_acl_default theirs/out/d | tail -n +2)" = "system.posix_acl_default=0x$acl" ]
    [ "$(getfattr -e hex --absolute-names -n system.posix_acl_access theirs/out/f | tail -n +2)" = "system.posix_acl_access=0x$acl" ]
    [ "$(stat -c '%a %u:%g' theirs/out/g)" = "640 65534:77" ]
}

@test "--no-same-owner: what is made is whoever's unpacks, setuid and setgid only the owner's; nothing is told" {
    open_up
    local nobody="uid=65534|gid=65534|mtime=5.000000000" roots="uid=0|gid=0|mtime=5.000000000"
    pack x.engram 3 "path=/|type=d|mode=755|$roots||" "path=/d|type=d|mode=2755|uid=65534|gid=0|mtime=5.000000000||" \
        "path=/d/p|type=p|mode=600|$roots||" "path=/link|type=l|mode=777|$roots|target=x||" \
        "path=/mine|type=f|mode=6755|$nobody|size=0||" "path=/sticky|type=d|mode=1777|$roots||" \
        "path=/theirs|type=f|mode=6755|$roots|size=3|extent=0+3||sud" "path=/theirs2|type=h|link=/theirs||"
    try as_nobody engram-unpack --no-same-owner -C theirs/out x.engram
    expect 0
    [ "$(cat theirs/out/theirs2)" = sud ]
    (cd theirs/out && find . -printf '%U %m %T@ /%P\n' | sort -k4) >got
    uid=$(as_nobody id -u)
    [ "$uid" = 65534 ] && mine=6755 || mine=755
    diff - got >&2 <<EOF
$uid 755 5.0000000000 /
$uid 755 5.0000000000 /d
$uid 600 5.0000000000 /d/p
$uid 777 5.0000000000 /link
$uid $mine 5.0000000000 /mine
$uid 1777 5.0000000000 /sticky
$uid 755 5.0000000000 /theirs
$uid 755 5.0000000000 /theirs2
EOF
    # what else the system does not allow is told all the same
    pack y.engram 0 "path=/|type=d|mode=755|$roots||" "path=/dev|type=c|mode=666|$roots|rdev=1:3||"
    try as_nobody engram-unpack --no-same-owner -C theirs/two y.engram
    expect 5 "engram-unpack: y.engram: /dev: device not made: Operation not permitted
engram-unpack: y.engram: 1 name could not be restored in full"
}

@test "--no-same-owner as root: nobody else's file, as tar has it" {
    need_root
    pack x.engram 0 "path=/|type=d|mode=755|uid=1|gid=2|mtime=5.000000000||" \
        "path=/other|type=f|mode=4755|uid=1|gid=0|mtime=5.000000000|size=0||" \
        "path=/root|type=f|mode=4755|uid=0|gid=0|mtime=5.000000000|size=0||"
    try engram-unpack --no-same-owner -C out x.engram
    expect 0
    [ "$(stat -c '%u:%g %a' out out/other out/root | tr '\n' ,)" = "0:0 755,0:0 755,0:0 4755," ]
    mkdir from tar
    touch from/other
    chown 1:0 from/other
    tar -C from -c other | tar -C tar -x --no-same-owner
    [ "$(stat -c %u:%g tar/other)" = "$(stat -c %u:%g out/other)" ]
    # without the option they are
    try engram-unpack -C same x.engram
    expect 0
    [ "$(stat -c '%u:%g %a' same same/other | tr '\n' ,)" = "1:2 755,1:0 4755," ]
}

@test "losses are told also with --quiet; ctime and crtime are among them" {
    need_root
    pack x.engram 0 "path=/|type=d|${meta}atime=9.000000001|ctime=1.000000000||" \
        "path=/f|type=f|${meta}atime=7.000000005|crtime=1.000000000|size=0||"
    try engram-unpack -q -C out x.engram
    expect 5 "engram-unpack: x.engram: 2 names have a ctime or crtime, which cannot be set"
    [ "$(stat -c '%.9X' out/f)" = 7.000000005 ]
}

@test "an owner that is no owner and a time out of the file system's range are losses" {
    need_root
    truncate -s 4M fs
    mke2fs -q -t ext2 -I 128 -N 64 fs # seconds only, up to 2038
    mkdir mnt
    mount -o loop fs mnt
    pack x.engram 0 "$root" "path=/f|type=f|mode=644|uid=4294967295|gid=0|mtime=4294967296.500000000|size=0||"
    try engram-unpack -C mnt/out x.engram
    umount mnt
    expect_like 5 "engram-unpack: x.engram: /f: owner is 0:0, not 4294967295:0
engram-unpack: x.engram: /f: mtime is [0-9]+.000000000, not 4294967296.500000000
engram-unpack: x.engram: 1 name could not be restored in full"
}

@test "a full disk is an error, and the file that did not fit is not left" {
    need_root
    mkdir mnt
    mount -t tmpfs -o size=64k tmpfs mnt
    {
        printf '%s' 'manifest=1|data=inline||' "$root" "path=/f|type=f|${meta}size=1000000|extent=0+1000000||" | tr '|' '\0'
        head -c 1000000 /dev/zero
        printf 'end=2|bytes=1000000||' | tr '|' '\0'
    } | engram-pack -q -o x.engram
    try engram-unpack -C mnt x.engram
    local left
    left=$(find mnt -mindepth 1)
    umount mnt
    expect 1 "engram-unpack: mnt/f: write failed: No space left on device"
    [ -z "$left" ]
}

@test "a tree a thousand directories deep" {
    local path='' i owner
    owner="uid=$(id -u)|gid=$(id -g)"
    local records=("path=/|type=d|mode=755|$owner|mtime=0.000000000||")
    for i in {1..1000}; do
        path+=/dddddddd
        records+=("path=$path|type=d|mode=700|$owner|mtime=$i.000000000||")
    done
    records+=("path=$path/leaf|type=f|mode=600|$owner|mtime=5.000000000|size=4|extent=0+4||deep")
    pack deep.engram 4 "${records[@]}"
    (ulimit -n 40 && engram-unpack -C out deep.engram)
    [ "$(find out -name leaf -printf '%d ' -execdir cat {} \;)" = "1001 deep" ]
    [ "$(find out -mindepth 1 -type d -printf '%d %T@\n' | awk '$1 != $2 + 0' | wc -l)" -eq 0 ]
    rm -rf out
}

@test "a manifest whose file lies below a symbolic link is refused before it is an engram" {
    try pack x.engram 1 "$root" "path=/a|type=l|${meta}target=$BATS_TEST_TMPDIR||" \
        "path=/a/evil|type=f|${meta}size=1|extent=0+1||x"
    expect_like 3 'engram-pack: standard input: record at offset [0-9]+: /a/evil lies below what is not a directory: /a'
    [ ! -e evil ]
}

@test "a link planted in the directory is not gone through" {
    mkdir out elsewhere
    ln -s ../elsewhere out/etc
    try engram-unpack -C out "$tree"
    [ "$status" -eq 1 ]
    [[ $stderr == *"/etc exists already in out; nothing is overwritten without --overwrite" ]]
    left_behind elsewhere
}

# Whatever byte is damaged: what is unpacked is right as far as it goes, and status 0 means all of it.
@test "any number of threads makes the same tree, and stops at the same damage" {
    local i records=("$root") jobs
    for i in 1 2 3 4 5; do
        head -c 900000 /dev/urandom | base64 -w 0 | head -c 900000 >"data$i"
        records+=("path=/file$i|type=f|${meta}size=900000|extent=0+900000||$(cat "data$i")")
    done
    manifest 4500000 "${records[@]}" | engram-pack -q -r <(small_blocks) -o x.engram
    flip x.engram bad.engram 2000000 0x01
    for jobs in 1 2 8; do
        try engram-unpack -j $jobs -C out$jobs x.engram
        [ "$(id -u)" -ne 0 ] || expect 0
        for i in 1 2 3 4 5; do
            same "out$jobs/file$i" "data$i"
        done
        try engram-unpack -j $jobs -C bad$jobs bad.engram
        expect_like 3 'engram-unpack: bad\.engram: /file[2-4]: block [1-9] at offset [0-9]+ \([0-9]+ bytes\): its SHA-256 is wrong'
        [ -f bad$jobs/file1 ] && [ ! -e bad$jobs/file5 ]
        [ "$stderr" = "${said:=$stderr}" ]
        [ "$(ls bad$jobs)" = "$(ls bad1)" ]
    done
    try engram-unpack --jobs=x x.engram
    expect 2 "engram-unpack: option '--jobs' takes a number from 1 to 256, not 'x'
Try 'engram-unpack --help'."
}

@test "damage anywhere never gives a wrong file" {
    local size offset seen=0
    size=$(stat -c %s "$tree")
    engram-unpack -q -C good "$tree" 2>/dev/null || true
    for ((offset = 3; offset < size; offset += 29)); do
        flip "$tree" bad "$offset" 0x41
        rm -rf out
        try engram-unpack -q -C out bad
        if [ "$status" -eq 3 ] || [ "$status" -eq 4 ]; then
            seen=$((seen + 1))
            [ -d out ] || continue
        fi
        while IFS= read -r -d '' name; do
            same "out/$name" "good/$name"
        done < <(cd out && find . -type f -print0)
    done
    [ "$seen" -gt 20 ]
}

@test "an engram that is cut anywhere is refused, and nothing is made" {
    local size cut
    size=$(stat -c %s "$tree")
    for cut in 0 1 20 $((size / 2)) $((size - 100)) $((size - 1)); do
        head -c "$cut" "$tree" >cut.engram
        try engram-unpack -C out cut.engram
        [ "$status" -eq 3 ]
        [[ $stderr == "engram-unpack: cut.engram: "* ]]
        [ ! -e out ]
    done
}

# The kernel's ext4 at both ends: what it shows of the original and of what was unpacked.
@test "a tree on ext4, through ext4walk and engram-pack, is the same again" {
    need_root
    need getfattr setfacl
    truncate -s 64M fs
    mke2fs -q -t ext4 -b 4096 fs
    mkdir mnt
    mount -o loop fs mnt
    cp -a /etc /usr/include/linux mnt/ 2>/dev/null || cp -a /etc mnt/
    mkdir -p mnt/d/{a,b}
    ln mnt/etc/passwd mnt/d/a/passwd
    ln mnt/etc/passwd mnt/d/zzz
    mknod -m 604 mnt/d/null c 1 3
    mkfifo mnt/d/a/fifo
    ln -s ../../../etc mnt/d/a/out
    truncate -s 10M mnt/d/holes
    printf x | dd of=mnt/d/holes bs=1 seek=5M conv=notrunc status=none
    setfattr -n user.long -v "$(head -c 2000 /dev/zero | tr '\0' v)" mnt/d/holes
    setfacl -m u:1234:rx mnt/d/a
    setfacl -d -m g:77:rwx mnt/d/b
    touch -h -d '1930-02-03 04:05:06.123456789' mnt/d/a/out
    touch -d '2200-02-03 04:05:06.987654321' mnt/d/holes
    chmod 7755 mnt/d/zzz
    chown -R 4000000000:3000000000 mnt/d/b
    umount mnt
    ext4walk fs | engram-pack -q -o x.engram
    try engram-unpack -C out x.engram
    expect 0
    mount -o loop,ro fs mnt
    shown() {
        (cd "$1" && find . -printf '%y %#m %U:%G %T@ %n %s %l %P\n' | sed '/^d/s/ [0-9]* [0-9]*  / /' | sort)
        (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
        (cd "$1" && find . -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex)
        (cd "$1" && find . \( -type b -o -type c \) -exec stat -c '%n %t,%T' {} +)
        (cd "$1" && find . -type f -links +1 -printf '%i %p\n' | sort -k2 | awk '{ if (!($1 in n)) n[$1] = NR; print n[$1], $2 }')
    }
    shown mnt >want
    umount mnt
    shown out >got
    [ "$(wc -l <want)" -gt 500 ]
    diff want got >&2
    [ "$(du -k out/d/holes | cut -f1)" -lt 200 ]
}
