#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the seeds in corpus/probe from images of real tools: of each image the pieces, of 64 bytes,
# that lie where a type is marked and are not zero, in the form that fuzz/probe.c describes.
# What lies elsewhere is in seeds that were written by hand: those whose names are of no kind here.
set -eu
cd "$(dirname "$0")"
# shellcheck source=test/probe.bash
. ../../probe.bash
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# seed NAME: of the image in $work.
seed() {
    perl -e 'my ($image, $most) = @ARGV;
        open my $f, "<:raw", $image or die;
        my $size = -s $image;
        $size = $most if $size > $most;
        my @ranges = ([0, 2560], [4032, 4608], [8128, 8704], [16320, 16384], [32704, 32768],
            (map { [$_, $_ + 64] } map { 32768 + 2048 * $_ } 0 .. 7), [65472, 66048],
            [131008, 131072]);
        binmode STDOUT;
        print pack "Vv", $size, 0;
        for my $r (@ranges) {
            for (my $at = $r->[0]; $at < $r->[1] && $at < $size; $at += 64) {
                seek $f, $at, 0;
                read $f, my $piece, 64;
                print pack("Vv", $at, length $piece), $piece if $piece =~ /[^\0]/;
            }
        }' "$work/$1" $((160 << 10)) >"probe/$1"
}

for kind in $(kinds) $(kinds_of_others); do
    make_of "$kind" "$work/$kind"
    seed "$kind"
done
