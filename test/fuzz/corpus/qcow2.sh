#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the seeds of test/fuzz/corpus/qcow2 with qemu-img: small clusters keep them small.
# Files there that are not named below are inputs that the fuzzer found.
set -euo pipefail
cd "$(dirname "$0")/qcow2"

make_seed() { # NAME OPTIONS SIZE COMMAND...
    local name=$1 options=$2 size=$3 command
    local -a commands=()
    shift 3
    for command; do commands+=(-c "$command"); done
    qemu-img create -q -f qcow2 -o "$options,cluster_size=512" "$name" "$size"
    [ $# -eq 0 ] || qemu-io -f qcow2 "${commands[@]}" "$name" >/dev/null
}

make_seed v2 compat=0.10 4096 'write -P 1 0 512' 'write -P 2 2048 1024'
make_seed v3-zeros compat=1.1 6656 'write -P 1 0 1024' 'write -z 1024 512' 'write -z -u 4096 512'
make_seed v3-zlib compat=1.1 4096 'write -c -P 1 0 2048' 'write -P 3 3072 512'
make_seed v3-zstd compat=1.1,compression_type=zstd 4096 'write -c -P 1 0 2048'
make_seed two-tables compat=1.1 50000 'write -P 1 0 512' 'write -P 2 40960 512'
make_seed empty compat=1.1 1M
make_seed data-file compat=1.1,data_file=seed.data 4096
rm -f seed.data
qemu-img create -q -u -f qcow2 -o cluster_size=512,compat=0.10 -b base.img -F raw backing 4096
make_seed snapshots compat=1.1 6656 'write -P 1 0 1024' 'write -c -P 2 4096 512'
qemu-img snapshot -c one snapshots
qemu-io -f qcow2 -c 'write -P 2 0 512' snapshots >/dev/null
qemu-img snapshot -c two snapshots
make_seed bitmaps compat=1.1,lazy_refcounts=on 4096
qemu-img bitmap --add bitmaps marks
# Extended entries need clusters of 16 KiB, all but the first of which are nearly empty: small as
# they are for Git, they slow the fuzzer down, so this is the only one.
qemu-img create -q -f qcow2 -o extended_l2=on,cluster_size=16k extended 100k
qemu-io -f qcow2 -c 'write -P 1 512 1k' -c 'write -z 40k 2k' -c 'write -z 64k 16k' extended >/dev/null
