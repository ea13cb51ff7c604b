# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Manifests for the tests of the engram commands.

# record FIELD...: one record of a manifest.
record() {
    printf '%s\0' "$@"
    printf '\0'
}

# A few entries of every kind, to standard output: times before 1970 and after 2038, attributes, an
# ACL, holes, a hard link, files that are the same, one without data, names that are odd.
small_manifest() {
    local root=(mode=755 uid=0 gid=0 mtime=1700000000.123456789)
    record manifest=1 data=inline
    record path=/ type=d "${root[@]}"
    record path=/bin type=d mode=1777 uid=1 gid=4294967295 mtime=-1.999999999
    record path=/bin/a type=f mode=4755 uid=0 gid=0 mtime=4102444800.000000000 size=6 extent=0+6
    printf 'hello\n'
    record path=/bin/b type=f mode=644 uid=0 gid=0 mtime=0.000000000 size=6 extent=0+6
    printf 'hello\n'
    record path=/bin/c type=h link=/bin/a
    record path=/dev type=d "${root[@]}"
    record path=/dev/null type=c mode=666 uid=0 gid=0 mtime=0.000000000 rdev=1:3
    record path=/dev/sda type=b mode=660 uid=0 gid=6 mtime=0.000000000 rdev=8:0
    record path=/etc type=d "${root[@]}" xattr=system.posix_acl_default=0200000001
    record path=/etc/empty type=f mode=0 uid=0 gid=0 mtime=0.000000000 size=0
    record $'path=/etc/odd\n\xff\\ name' type=f mode=600 uid=7 gid=8 mtime=0.000000000 size=3 \
        xattr=user.a=b=00ff xattr=user.empty= extent=0+3
    printf 'a\0b'
    record path=/etc/sparse type=f mode=600 uid=0 gid=0 mtime=0.000000000 size=1099511627776 \
        extent=4096+4 extent=1073741824+2
    printf 'dataXY'
    record path=/fifo type=p mode=600 uid=0 gid=0 mtime=0.000000000
    record path=/link type=l mode=777 uid=0 gid=0 mtime=0.000000000 target=../x
    record path=/sock type=s mode=600 uid=0 gid=0 mtime=0.000000000
    record end=15 bytes=21
}

# A manifest of one directory and files named after their numbers, each as long as its argument
# says and of bytes that hardly compress: data_manifest LENGTH...
data_manifest() {
    local i=100 total=0 length
    record manifest=1 data=inline
    record path=/ type=d mode=755 uid=0 gid=0 mtime=0.000000000
    for length; do
        record path=/$i type=f mode=644 uid=0 gid=0 mtime=0.000000000 size="$length" \
            extent="0+$length"
        file_data "$i" "$length"
        total=$((total + length)) i=$((i + 1))
    done
    record end=$(($# + 1)) bytes=$total
}

# The bytes of file NUMBER of a data_manifest.
file_data() {
    openssl enc -aes-128-ctr -K "$(printf '%032x' "$1")" -iv 0 -in /dev/zero 2>/dev/null |
        head -c "$2"
}

# Where the leaves of an engram begin: ${leaf_at[0]} to ${leaf_at[leaves - 1]}.
find_leaves() {
    local footer=$(($(stat -c %s "$1") - 176)) tables blocks at=40 i
    tables=$(number "$1" $((footer + 40)) 8)
    blocks=$(number "$1" $((footer + 68)) 4)
    leaves=$(number "$1" $((footer + 72)) 4)
    leaf_at=()
    for ((i = 0; i < blocks + leaves; i++)); do
        [ "$i" -lt "$blocks" ] || leaf_at+=("$at")
        at=$((at + $(number "$1" $((tables + 8 + 44 * i)) 4)))
    done
    [ "$at" -eq "$tables" ]
}

# leafy.engram, whose index has several leaves: directories /a to /d with 4000 empty files each, a
# file with data in front, /a/0, and at the end, /e, and hard links to the first and last empty file.
leafy() {
    perl -e 'my $meta = "uid=0\0gid=0\0mtime=0.000000000\0";
        print "manifest=1\0data=inline\0\0path=/\0type=d\0mode=755\0$meta\0";
        for my $d ("a" .. "d") {
            print "path=/$d\0type=d\0mode=755\0$meta\0";
            print "path=/a/0\0type=f\0mode=644\0${meta}size=3\0extent=0+3\0\0abc" if $d eq "a";
            printf "path=/$d/%05d\0type=f\0mode=644\0${meta}size=0\0\0", $_ for 1 .. 4000;
        }
        print "path=/e\0type=f\0mode=644\0${meta}size=3\0extent=0+3\0\0def";
        print "path=/f\0type=h\0link=/a/00001\0\0path=/g\0type=h\0link=/d/04000\0\0";
        print "end=16009\0bytes=6\0\0"' | engram-pack -o leafy.engram
    find_leaves leafy.engram
    [ "$leaves" -ge 4 ]
}

# What engram-walk prints of paths, in their order.
paths_of() {
    engram-walk -n "$1" | tr '\0' '\n' | sed -n 's/^path=//p'
}
