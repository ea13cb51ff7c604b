#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the project promises as a whole: the demo, and what `make install` installs.

load helper

root=$BATS_TEST_DIRNAME/..

@test "the demo shows every step, also to a user who is not root" {
    run_demo=("$root/examples/demo" "$ENGRAM_BUILD/bin")
    if [ "$(id -u)" -eq 0 ]; then
        # Wherever the tree lies, this user can read what it needs.
        cp -r "$root/examples" "$root/test/data" "$ENGRAM_BUILD/bin" "$BATS_TEST_TMPDIR"
        mkdir "$BATS_TEST_TMPDIR/test"
        mv "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/test"
        chmod -R a+rX "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
        run_demo=(env TMPDIR=/tmp setpriv --reuid=65534 --regid=65534 --clear-groups
            "$BATS_TEST_TMPDIR/examples/demo" "$BATS_TEST_TMPDIR/bin")
    fi
    try "${run_demo[@]}"
    [ "$status" -eq 0 ]
    [[ $output == *'$ engram-ls -l vm.engram /etc'*'-rw-r-----      0     0           26 2024-02-29 12:34:56 /etc/shadow'* ]]
    [[ $output == *'PRETTY_NAME="A small Linux for engram-tools"'* ]]
    [[ $output == *'vm.engram: ok, 28 entries, 218075 bytes, sha256 '* ]]
    [[ $output == *'the same' ]]
}

@test "make install puts everything in its place" {
    # The binaries under test are installed as they are: nothing is built here.
    make -s -C "$root" -o all install BUILD="${ENGRAM_BUILD#"$PWD"/}" DESTDIR="$BATS_TEST_TMPDIR/to" PREFIX=/usr
    cd "$BATS_TEST_TMPDIR/to/usr"
    for command in $(make -s -C "$root" list-commands); do
        [ -x "bin/$command" ]
        [ -f "share/man/man1/$command.1" ]
        run bash -c "source share/bash-completion/completions/$command && complete -p $command"
        [ "$output" = "complete -o filenames -F _engram_tools $command" ]
    done
    [ -f share/man/man5/manifest.5 ]
    [ -f share/man/man5/engram.5 ]
    [ -f share/man/man5/engram-rules.5 ]
    [ -f share/man/man7/engram-tools.7 ]
}

@test "completion offers options, their values, and files" {
    cd "$BATS_TEST_TMPDIR"
    touch image.raw
    source "$root/completions/engram-tools.bash"
    offered() {
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _engram_tools "$1"
        echo "${COMPREPLY[*]}"
    }
    [ "$(offered partls --j)" = "--json" ]
    [ "$(offered engram-pack -r f)" = "fast" ]
    [ "$(offered engram-pack --rules = m)" = "max" ]
    [ "$(offered engram-pack -r i)" = "image.raw" ]
    [ "$(offered engram-pack -r '')" = "fast balanced max image.raw" ]
    [ "$(offered partls im)" = "image.raw" ]
}
