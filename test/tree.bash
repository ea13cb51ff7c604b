# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034  # what is set here is used by those who load it
# Small engrams with known content, from manifests that are written by hand: `load tree`.

# Metadata that the tests do not care about.
meta='mode=755|uid=0|gid=0|mtime=1700000000.000000000|'
root="path=/|type=d|$meta|"

# manifest BYTES RECORD...: a manifest (a `|` is a NUL) with so many bytes of data in it.  A record
# is given with its last empty field and its data.
manifest() {
    local bytes=$1
    shift
    printf '%s' 'manifest=1|data=inline||' "$@" "end=$#|bytes=$bytes||" | tr '|' '\0'
}

# pack FILE BYTES RECORD...: the engram of such a manifest.
pack() {
    local file=$1
    shift
    manifest "$@" | engram-pack -q -o "$file"
}

# A tree with every type, odd names, links of every kind, holes, attributes and times out of the way.
tree_records=(
    "path=/|type=d|mode=755|uid=0|gid=0|mtime=1700000000.000000000||"
    "path=/dev|type=d|mode=755|uid=0|gid=0|mtime=1700000001.000000000||"
    "path=/dev/null|type=c|mode=666|uid=0|gid=0|mtime=0.000000000|rdev=1:3||"
    "path=/dev/vda|type=b|mode=660|uid=0|gid=6|mtime=-1.500000000|rdev=259:70000||"
    "path=/etc|type=d|mode=755|uid=0|gid=0|mtime=1700000002.000000000||"
    "path=/etc/hosts|type=f|mode=644|uid=0|gid=0|mtime=1700000003.123456789|size=13|extent=0+13||127.0.0.1 me
"
    "path=/etc/link|type=h|link=/etc/hosts||"
    "path=/etc/os-release|type=l|mode=777|uid=0|gid=0|mtime=1700000004.000000001|target=../usr/lib/os-release||"
    "path=/etc/shadow|type=f|mode=640|uid=0|gid=42|mtime=1700000005.000000000|size=0|xattr=user.note=6869||"
    "path=/etc.d|type=d|mode=1777|uid=1000|gid=1001|mtime=1700000006.000000000||"
    $'path=/etc.d/odd\n\x1b[2J\xff|type=f|mode=600|uid=1000|gid=1001|mtime=1700000007.000000000|size=1|extent=0+1||x'
    "path=/run|type=l|mode=777|uid=0|gid=0|mtime=1700000008.000000000|target=/var/run/||"
    "path=/sparse|type=f|mode=600|uid=0|gid=0|mtime=4102444800.000000000|size=3145728|extent=1048576+3||mid"
    "path=/usr|type=d|mode=755|uid=0|gid=0|mtime=1700000009.000000000||"
    "path=/usr/lib|type=d|mode=755|uid=0|gid=0|mtime=1700000010.000000000||"
    "path=/usr/lib/os-release|type=f|mode=644|uid=0|gid=0|mtime=1700000011.000000000|size=9|extent=0+9||NAME=test"
    "path=/usr/sudo|type=f|mode=4755|uid=0|gid=0|mtime=1700000012.000000000|size=3|extent=0+3||sud"
    "path=/var|type=d|mode=755|uid=0|gid=0|mtime=1700000013.000000000||"
    "path=/var/run|type=d|mode=2755|uid=0|gid=5|mtime=1700000014.000000000||"
    "path=/var/run/pipe|type=p|mode=600|uid=0|gid=0|mtime=1700000015.000000000||"
    "path=/var/run/sock|type=s|mode=700|uid=0|gid=0|mtime=1700000016.000000000||"
)
tree_bytes=29

# The same as somebody who is not root.
as_nobody() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    else
        "$@"
    fi
}

# A directory that nobody may write in, and be found.
open_up() {
    chmod a+rx "${BATS_RUN_TMPDIR:?}" "$BATS_RUN_TMPDIR"/{file,test,suite} "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" 2>/dev/null || true
    mkdir "$BATS_TEST_TMPDIR/theirs"
    chmod 777 "$BATS_TEST_TMPDIR/theirs"
}
