#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317  # ssh() is called by the examples
# Every example of every manual page runs as it stands there, and ends with status 0 and no message.

load helper

pages=$BATS_TEST_DIRNAME/../man

# The commands of a page's EXAMPLES, one a line: .Dl lines and literal blocks, roff's escapes undone.
examples_of() {
    awk '/^\.Sh /{ on = /EXAMPLES/ } !on { next }
        /^\.Bd/ { block = 1; text = ""; next }
        /^\.Ed/ { block = 0; print text; next }
        block { text = text (text == "" ? "" : " ") $0; next }
        sub(/^\.Dl /, "")' "$1" |
        sed 's/\\(dq/"/g; s/\\(aq/'"'"'/g; s/\\e/\\/g; s/^\$ //'
}

# A root file system on partition 2 of a disk, with everything in it that an example names.
make_disk() {
    mkdir -p tree/etc/apt/sources.list.d tree/var/log tree/usr/bin
    echo 'ID=small' >tree/etc/os-release
    echo 'no kernel' >tree/vmlinuz
    echo 'deb file:/ stable main' >tree/etc/apt/sources.list.d/a.list
    echo 'an error, of old' | gzip -n >tree/var/log/syslog.2.gz
    echo 'echo hello' >tree/usr/bin/su
    chmod 4755 tree/usr/bin/su
    mke2fs -q -t ext4 -d tree root.ext4 4M 2>/dev/null
    truncate -s 8M disk.raw
    printf 'label: gpt\nstart=2048, size=2048, type=uefi\nstart=4096, size=8192, type=linux\n' | sfdisk -q disk.raw
    dd if=root.ext4 of=disk.raw bs=1M seek=2 conv=notrunc status=none
    qemu-img convert -f raw -O qcow2 disk.raw vm.qcow2
    qemu-img snapshot -c before-update vm.qcow2
}

setup_file() {
    need mke2fs sfdisk qemu-img jq xz gzip
    cd "$BATS_FILE_TMPDIR"
    make_disk
    xz -k vm.qcow2
    mkdir bases
    cp vm.qcow2 bases/base.qcow2
    qemu-img create -q -f qcow2 -b "$PWD/bases/base.qcow2" -F qcow2 overlay.qcow2
    mv overlay.qcow2 tree # where its base does not lie beneath it
    head -c 1M /dev/zero | tr '\0' x >esp.fat
    for copy in disk.img a.img b.img; do cp root.ext4 $copy; done
    ext4walk root.ext4 | engram-pack -o vm.engram
    cp vm.engram a.engram
    cp vm.engram b.engram
}

setup() {
    cp -r "$BATS_FILE_TMPDIR/." "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
    mv tree/overlay.qcow2 .
    # The other machine is this one.
    ssh() {
        shift
        "$@"
    }
    export -f ssh
}

# As the example promises; but an ordinary user cannot make files that are root's.
went_well() {
    if [ "$(id -u)" -ne 0 ] && [[ $1 == *engram-unpack* ]]; then
        [ "$status" -eq 0 ] || [ "$status" -eq 5 ]
    else
        [ "$status" -eq 0 ] && [ -z "$stderr" ]
    fi
}

run_page() {
    local example count=0
    while read -r example; do
        rm -rf rootfs
        try bash -o pipefail -c "${example//\/srv\/bases/$BATS_FILE_TMPDIR/bases}" </dev/null
        if ! went_well "$example"; then
            printf '%s\nstatus %s\n%s\n' "$example" "$status" "$stderr" >&2
            return 1
        fi
        count=$((count + 1))
    done < <(examples_of "$1")
    [ "$count" -ge 1 ]
}

@test "the examples of every command's page run" {
    for page in "$pages"/*.1; do
        run_page "$page"
    done
}

@test "the pipelines of the README run" {
    count=0
    while read -r line; do
        case $line in make*) continue ;; esac
        try bash -o pipefail -c "$line"
        went_well "$line"
        count=$((count + 1))
    done < <(sed -n 's/^    //p' "$BATS_TEST_DIRNAME/../README.md")
    [ "$count" -ge 6 ]
}
