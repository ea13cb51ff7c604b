# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154  # bats sets status, output and stderr
# What every test file shares: `load helper` first.

bats_require_minimum_version 1.5.0

# The commands under test come first; test/run sets ENGRAM_BUILD.
PATH=${ENGRAM_BUILD:?run the tests with make check}/bin:$PATH
export LC_ALL=C TZ=UTC

# Run a command with its output, errors and status kept apart: $output, $stderr, $status.
# (What bats' run does, in fewer processes: most of the tests' time is theirs.)
try() {
    local errors=$BATS_TEST_TMPDIR/standard-error flags=$-
    set +eET
    output=$("$@" 2>"$errors") && status=0 || status=$?
    read -r -d '' stderr <"$errors" || true
    set "-$flags"
    # 128 and up is a signal; 99 is what the sanitizers exit with (see test/run).
    if [ "$status" -ge 99 ]; then
        printf 'crash: status %s\n%s\n' "$status" "$stderr" >&2
        return 1
    fi
}

# into FILE COMMAND...: for `try`, with standard output in a file.
into() {
    local file=$1
    shift
    "$@" >"$file"
}

# Are the commands those of `make check SAN=1`?  They are slow, so the long matrices are thinned out.
sanitized() {
    [[ $ENGRAM_BUILD == */san-* ]]
}

# The last `try` ended with this status and exactly this on standard error (default: nothing).
expect() {
    local want_status=$1 want_stderr=${2-}
    if [ "$status" -ne "$want_status" ] || [ "$stderr" != "$want_stderr" ]; then
        printf 'status %s, wanted %s\nstderr: %s\nwanted: %s\nstdout: %.2000s\n' \
            "$status" "$want_status" "$stderr" "$want_stderr" "$output" >&2
        return 1
    fi
}

# The same, standard error matched against an extended regular expression (whole, anchored).
expect_like() {
    local want_status=$1 pattern=$2
    if [ "$status" -ne "$want_status" ] || ! [[ $stderr =~ ^$pattern$ ]]; then
        printf 'status %s, wanted %s\nstderr: %s\nwanted: %s\nstdout: %.2000s\n' \
            "$status" "$want_status" "$stderr" "$pattern" "$output" >&2
        return 1
    fi
}

# poke FILE OFFSET HEX...: overwrite bytes of a file, to damage it in a known way.
poke() {
    local file=$1 offset=$2 escaped=''
    shift 2
    local hex="$*"
    hex=${hex// /}
    while [ -n "$hex" ]; do
        escaped+="\\x${hex:0:2}"
        hex=${hex:2}
    done
    printf '%b' "$escaped" | dd of="$file" bs=1 seek=$((offset)) conv=notrunc status=none
}

# peek FILE OFFSET LENGTH: bytes of a file in hex, without spaces.
peek() {
    local hex
    hex=$(od -An -v -tx1 -j $(($2)) -N $(($3)) "$1")
    printf '%s' "${hex//[$' \n']/}"
}

# number FILE OFFSET LENGTH: a little-endian number.
number() {
    local hex digits=''
    hex=$(peek "$@")
    while [ -n "$hex" ]; do
        digits=${hex:0:2}$digits
        hex=${hex:2}
    done
    printf '%d' "0x$digits"
}

# le16 N, le32 N, le64 N: its bytes in hex, for poke.
le16() {
    printf '%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255))
}
le32() {
    printf '%02x%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))
}
le64() {
    le32 $(($1 & 0xffffffff))
    le32 $(($1 >> 32 & 0xffffffff))
}

# flip FROM TO OFFSET MASK: a copy of a small file in which bits of one byte are others.
flip() {
    perl -e 'my ($from, $to, $at, $mask) = @ARGV;
        open my $f, "<:raw", $from or die "$from: $!\n";
        my $bytes = do { local $/; <$f> };
        die "$from: no byte $at\n" if $at >= length $bytes;
        substr($bytes, $at, 1) ^= chr oct $mask;
        open my $t, ">:raw", $to or die "$to: $!\n";
        print $t $bytes and close $t or die "$to: $!\n"' "$@"
}

# same FILE FILE: byte for byte, and says where they differ.
same() {
    cmp "$1" "$2" >&2
}

# A judge that a test cannot do without.
need() {
    local tool
    for tool; do
        command -v "$tool" >/dev/null || {
            echo "missing judge: $tool" >&2
            return 1
        }
    done
}

# For tests that mount with the kernel.
need_root() {
    [ "$(id -u)" -eq 0 ] && return
    [ -n "${CI-}" ] && { echo "this test needs root, and CI must run it" >&2; return 1; }
    skip "needs root"
}

# No file but these may be left in a directory: left_behind DIR NAME...  (It is called often: few
# processes.)
left_behind() {
    local found wanted
    found=$(cd "$1" && shopt -s dotglob nullglob globstar && printf '%s\n' **)
    shift
    [ $# -le 1 ] && wanted=${1-} || wanted=$(printf '%s\n' "$@")
    [ "$found" = "$wanted" ] || diff <(sort <<<"$found") <(sort <<<"$wanted" | sed '/^$/d') >&2
}

# The rules `fast`, but with the smallest blocks there are, so that little data makes several.
small_blocks() {
    local rules
    rules=$(engram-pack -r fast --rules-dump | sed 's/block=[0-9]*M window=[0-9]*M long=[a-z]*/block=1M window=1M long=no/')
    [ "$(grep -c '^profile ' <<<"$rules")" = "$(grep -c ' block=1M window=1M long=no$' <<<"$rules")" ] || return 1
    printf '%s\n' "$rules"
}
