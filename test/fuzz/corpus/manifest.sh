#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the seeds of the manifest fuzz target.  A `|` stands for a NUL.
set -eu
cd "$(dirname "$0")/manifest"

seed() {
    printf '%s' "$2" | tr '|' '\0' >"$1"
}

head='manifest=1|data=inline||'
meta='mode=755|uid=0|gid=0|mtime=1700000000.123456789|'
root="path=/|type=d|$meta|"

seed empty "${head}end=0|bytes=0||"
seed no-data "manifest=1|data=none||${root}path=/a|type=f|${meta}size=5|extent=0+5||end=2|bytes=0||"
seed error "${head}${root}error=block 7 is damaged||"
seed cut-in-data "${head}${root}path=/a|type=f|${meta}size=5|extent=0+5||12"
seed holes "${head}${root}path=/a|type=f|${meta}size=99|extent=3+2|extent=10+4||abcdefend=2|bytes=6||"
seed types "${head}${root}path=/b|type=b|${meta}rdev=8:1||path=/c|type=c|${meta}rdev=4294967295:0||\
path=/l|type=l|${meta}target=../x||path=/p|type=p|${meta}|path=/s|type=s|${meta}|end=6|bytes=0||"
seed links "${head}${root}path=/d|type=d|${meta}|path=/d/f|type=f|${meta}size=0||path=/e|type=h|link=/d/f||\
path=/f|type=h|link=/d/f||end=5|bytes=0||"
seed attributes "${head}path=/|type=d|${meta}xattr=security.capability=0100000200200000|\
xattr=system.posix_acl_access=02000000|xattr=user.a=b=|xattr=user.b=00||end=1|bytes=0||"
seed times "${head}path=/|type=d|mode=0|uid=4294967295|gid=1|mtime=-1.999999999|\
atime=-9223372036854775808.000000000|ctime=9223372036854775807.000000001|crtime=0.100000000||end=1|bytes=0||"
seed order "${head}${root}path=/a|type=d|${meta}|path=/a/z|type=p|${meta}|path=/a.b|type=p|${meta}|\
path=/a0|type=p|${meta}|end=5|bytes=0||"
