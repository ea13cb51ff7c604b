#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The whole pipeline on a real root file system: this machine's /usr, written by the kernel into a
# GPT in a zlib-compressed qcow2, half of it in an overlay; unpacked and compared in every respect.

load helper

# What a tree is, one line a name: type, mode, owner, time, size, links, device, target.
listing() {
    (cd "$1" && find . \( -type d -printf '%p %y %m %U %G %T@\n' \) -o \
        \( -type l -printf '%p %y %U %G %T@ %l\n' \) -o \
        -printf '%p %y %m %U %G %T@ %s %n\n' | sort)
}

devices() {
    (cd "$1" && find . \( -type b -o -type c \) -exec stat -c '%n %t:%T' {} + | sort)
}

# Which names share an inode: the groups, each by its names.
links() {
    (cd "$1" && find . -type f -links +1 -printf '%i %p\n' | sort -k1,1n -k2 |
        awk '$1 != last { if (NR > 1) print ""; last = $1 } { printf "%s ", $2 } END { print "" }' | sort)
}

xattrs() {
    (cd "$1" && find . -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex 2>/dev/null)
}

sums() {
    (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
}

fill_oddities() {
    local dir=$1
    mkdir -p "$dir/odd/deep/er/and/deeper"
    mknod "$dir/odd/null" c 1 3
    mknod "$dir/odd/disk" b 259 70000
    mkfifo "$dir/odd/fifo"
    echo one >"$dir/odd/linked"
    ln "$dir/odd/linked" "$dir/odd/deep/again"
    ln "$dir/odd/linked" "$dir/aaa-first"
    ln -s /nowhere "$dir/odd/dangling"
    ln -s "$(printf 'long/%.0s' {1..100})" "$dir/odd/long-link"
    echo acl >"$dir/odd/acl"
    setfacl -m u:1234:rw,g:77:r "$dir/odd/acl"
    setfacl -d -m u:1234:rwx "$dir/odd/deep"
    setfattr -n user.big -v "$(printf 'x%.0s' {1..3000})" "$dir/odd/acl"
    setfattr -n trusted.note -v 0x00ff10 "$dir/odd/deep"
    truncate -s 40M "$dir/odd/sparse"
    echo middle | dd of="$dir/odd/sparse" bs=1M seek=20 conv=notrunc status=none
    fallocate -l 1M "$dir/odd/unwritten"
    cp /usr/bin/env "$dir/odd/setuid"
    chmod 6755 "$dir/odd/setuid"
    echo caf >"$dir/odd/$(printf 'caf\xe9 not UTF-8')"
    echo nl >"$dir/odd/$(printf 'line\nbreak')"
    touch -h -d '2100-01-02 03:04:05.987654321' "$dir/odd/linked"
    touch -d '1930-01-02 03:04:05.5' "$dir/odd/acl"
    chown -h 70000:80000 "$dir/odd/dangling"
}

# vm.qcow2: what has changed in disk.raw since `before`, as an overlay on base.qcow2.
make_overlay() {
    local block commands=()
    qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 vm.qcow2
    mkdir blocks
    split -b 1M --filter=sha256sum disk.raw >after
    for block in $(paste before after | awk '$1 != $3 { print NR - 1 }'); do
        dd if=disk.raw of="blocks/$block" bs=1M skip="$block" count=1 status=none
        commands+=(-c "write -q -s blocks/$block ${block}M 1M")
    done
    qemu-io "${commands[@]}" vm.qcow2
    qemu-img compare -q -f raw -F qcow2 disk.raw vm.qcow2
}

setup_file() {
    need_root
    need qemu-img qemu-io sfdisk mke2fs getfattr setfacl sha256sum e2fsck
    cd "$BATS_FILE_TMPDIR"

    # Most of it small, to be quick; some of it large, to be real.
    find /usr -xdev -size -1000k | sort | head -n 15000 >list
    [ "$(wc -l <list)" -ge 10000 ]
    find /usr/bin /usr/lib -xdev -type f -size +2000k -size -20000k | sort | head -n 8 >>list
    mkdir tree
    tar --no-recursion -cf - -T list 2>/dev/null | tar -xpf - -C tree --xattrs
    fill_oddities tree

    truncate -s 700M disk.raw
    sfdisk -q disk.raw <<'END'
label: gpt
start=2048, size=20480, type=uefi, name="EFI"
start=22528, size=1400832, type=linux, name="root"
END
    mke2fs -q -t ext4 -E offset=$((22528 * 512)) disk.raw 700416k
    mkdir mnt
    # The base image has most of the tree; what comes later goes into the overlay.
    mount -o loop,offset=$((22528 * 512)) disk.raw mnt
    cp -a tree/usr mnt/
    rm -r mnt/usr/bin
    umount mnt
    split -b 1M --filter=sha256sum disk.raw >before
    qemu-img convert -q -c -m 4 -W -O qcow2 -f raw disk.raw base.qcow2
    mount -o loop,offset=$((22528 * 512)) disk.raw mnt
    cp -a --sparse=always tree/. mnt/
    touch -r tree mnt
    umount mnt
    make_overlay
    mount -o loop,ro,noload,offset=$((22528 * 512)) disk.raw mnt
}

teardown_file() {
    if mountpoint -q "$BATS_FILE_TMPDIR/mnt"; then
        umount "$BATS_FILE_TMPDIR/mnt"
    fi
}

setup() {
    cd "$BATS_FILE_TMPDIR"
    set -o pipefail
}

@test "the pipeline of the README makes an engram" {
    qcow2cat vm.qcow2 | partextract 2 | ext4walk | engram-pack > vm.engram
    zstd -q -t vm.engram
}

@test "the engram is listed as stat and ls show the tree" {
    # mode, owner, size, time and name of each file that has one name only
    (cd mnt/usr/bin && find . -maxdepth 1 -type f -links 1 \
        -printf '%M %U %G %s %TY-%Tm-%Td %TH:%TM:%.2TS /usr/bin/%P\n' | sort) >want
    engram-ls -l vm.engram /usr/bin | tr -s ' ' | sort >listed
    [ "$(wc -l <want)" -ge 100 ]
    [ -z "$(comm -13 listed want)" ]
    try engram-ls vm.engram /usr/bin
    expect 0
    diff <(echo "$output") <(cd mnt && printf '/%s\n' usr/bin/*) >&2
}

@test "engram-cat gives the bytes of a file" {
    cmp <(engram-cat vm.engram /usr/bin/env) mnt/usr/bin/env
}

@test "engram-verify finds the engram good" {
    try engram-verify vm.engram
    expect 0
    [[ $output =~ ^vm.engram:\ ok ]]
}

@test "nothing was lost: the walk of the image and the walk of the engram are the same bytes" {
    cmp <(ext4walk -p 2 vm.qcow2) <(engram-walk vm.engram)
}

@test "the walk is the same from qcow2, from a raw file, from a pipe" {
    local want
    want=$(engram-walk vm.engram | sha256sum)
    [ "$(ext4walk -p 2 disk.raw | sha256sum)" = "$want" ]
    [ "$(partextract 2 disk.raw | ext4walk | sha256sum)" = "$want" ]
    [ "$(ext4walk -p label=root vm.qcow2 | sha256sum)" = "$want" ]
}

@test "unpacked, every name has its type, mode, owner, time and size" {
    engram-unpack -C rootfs vm.engram
    [ "$(listing mnt | wc -l)" -ge 10000 ]
    diff <(listing mnt) <(listing rootfs) >&2
    diff <(devices mnt) <(devices rootfs) >&2
}

@test "unpacked, hard links are links again" {
    [ "$(links mnt | wc -l)" -ge 1 ]
    diff <(links mnt) <(links rootfs) >&2
}

@test "unpacked, every extended attribute and ACL is there" {
    [ "$(xattrs mnt | grep -c '^user\.\|^trusted\.\|^system\.posix_acl')" -ge 4 ]
    diff <(xattrs mnt) <(xattrs rootfs) >&2
}

@test "unpacked, every byte is the same" {
    diff <(sums mnt) <(sums rootfs) >&2
}

@test "unpacked, holes are holes" {
    [ "$(stat -c %s rootfs/odd/sparse)" -eq $((40 << 20)) ]
    [ "$(stat -c %b rootfs/odd/sparse)" -le 64 ]
}

@test "many threads and one make the same engram" {
    ext4walk -p 2 vm.qcow2 | engram-pack -j 1 | cmp - vm.engram
}
