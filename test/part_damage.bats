#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # bats sets status, output, stderr
# Partition tables with one field changed (see part-disks): exact status and message for each, and
# where sfdisk reads such a table as we do, the same partitions.

load helper
load part

setup() {
    need sfdisk python3
    cd "$BATS_TEST_TMPDIR" || return 1
    # Sectors 34 to 2014 are usable; the backup is in sector 2047.
    disk gpt.raw 1M 'label: gpt' 'label-id: 11111111-2222-3333-4444-555555555555' 'first-lba: 34' \
        'start=40, size=200, type=U, name="EFI system", uuid=AAAAAAAA-0000-0000-0000-000000000001' \
        'start=240, size=300, type=L, name=root, uuid=AAAAAAAA-0000-0000-0000-000000000002' \
        'start=600, size=1000, type=S, uuid=AAAAAAAA-0000-0000-0000-000000000003'
    # The chain's records are in sectors 600, 999 and 1399.
    disk mbr.raw 1M 'label: dos' 'label-id: 0x12345678' \
        'start=63, size=200, type=83, bootable' 'start=263, size=300, type=c' 'start=600, size=1400, type=5' \
        'start=601, size=200, type=83' 'start=1000, size=200, type=82' 'start=1400, size=600, type=8e'
}

# Each line of standard input: `=` where partls lists what sfdisk lists, else `~`; the status; the
# change; the messages, with `|` between them.
changes() {
    local good=$1 count=$2 judge wanted change text want prefix
    cat >table
    [ "$(wc -l <table)" -eq "$count" ]
    cut -d ' ' -f 3 table | "$BATS_TEST_DIRNAME/part-disks" change "$good"
    while read -r judge wanted change text; do
        prefix="partls: $change.raw: "
        want=${text:+$prefix${text//|/$'\n'$prefix}}
        try partls --dump "$change.raw"
        expect "$wanted" "$want"
        [ "$judge" = '~' ] ||
            diff <(sfdisk --dump "$change.raw" 2>/dev/null | sed '/^grain:/d; /^omitting empty/d') \
                <([ -z "$output" ] || echo "$output") >&2
    done <table
}

@test "each field of a GPT header, in the primary, the backup and both" {
    # Of revision 2 sfdisk reads what it knows; without a GPT, the MBR that would protect one.
    changes gpt.raw 48 <<'END'
= 5 primary.Signature=0000000000000000 the primary GPT is damaged (no header at byte 512 or 4096): using the backup at sector 2047
~ 4 primary.Revision=00000200 GPT header at sector 1: GPT revision 2.0 is not supported, only 1.x
= 5 primary.HeaderSize=5b000000 the primary GPT is damaged (GPT header at sector 1: HeaderSize is 91, not from 92 to the sector's 512): using the backup at sector 2047
= 0 primary.HeaderSize=00020000
= 5 primary.HeaderSize=01020000 the primary GPT is damaged (GPT header at sector 1: HeaderSize is 513, not from 92 to the sector's 512): using the backup at sector 2047
= 5 primary.HeaderCRC32=efbeadde the primary GPT is damaged (GPT header at sector 1: HeaderCRC32 is 0xdeadbeef, the header's bytes give 0xfd21186e): using the backup at sector 2047
= 0 primary.Reserved=01000000
= 5 primary.MyLBA=0200000000000000 the primary GPT is damaged (GPT header at sector 1: MyLBA is 2): using the backup at sector 2047
= 0 primary.AlternateLBA=0500000000000000 the backup GPT is damaged (GPT header at sector 5: no signature 'EFI PART'): using the primary
= 5 primary.FirstUsableLBA=df07000000000000 the primary GPT is damaged (GPT header at sector 1: FirstUsableLBA 2015 is past LastUsableLBA 2014): using the backup at sector 2047
= 5 primary.LastUsableLBA=ffffffffffffffff the primary GPT is damaged (GPT header at sector 1: LastUsableLBA 18446744073709551615 is past 2^64 bytes): using the backup at sector 2047
= 0 primary.DiskGUID=00112233445566778899aabbccddeeff the backup GPT at sector 2047 is another table than the primary: using the primary
= 5 primary.PartitionEntryLBA=ffffffffffffffff the primary GPT is damaged (GPT header at sector 1: PartitionEntryLBA 18446744073709551615 is past 2^64 bytes): using the backup at sector 2047
= 5 primary.NumberOfPartitionEntries=00000000 the primary GPT is damaged (GPT header at sector 1: 0 partition entries of 128 bytes are not between 1 byte and 4194304 bytes): using the backup at sector 2047
= 5 primary.SizeOfPartitionEntry=40000000 the primary GPT is damaged (GPT header at sector 1: SizeOfPartitionEntry is 64, not 128 x 2^n): using the backup at sector 2047
= 5 primary.PartitionEntryArrayCRC32=00000000 the primary GPT is damaged (GPT header at sector 1: PartitionEntryArrayCRC32 is 0x00000000, the entries give 0x272027b5): using the backup at sector 2047
= 0 backup.Signature=0000000000000000 the backup GPT is damaged (GPT header at sector 2047: no signature 'EFI PART'): using the primary
= 0 backup.Revision=00000200 the backup GPT is damaged (GPT header at sector 2047: GPT revision 2.0 is not supported, only 1.x): using the primary
= 0 backup.HeaderSize=5b000000 the backup GPT is damaged (GPT header at sector 2047: HeaderSize is 91, not from 92 to the sector's 512): using the primary
= 0 backup.HeaderSize=00020000
= 0 backup.HeaderSize=01020000 the backup GPT is damaged (GPT header at sector 2047: HeaderSize is 513, not from 92 to the sector's 512): using the primary
= 0 backup.HeaderCRC32=efbeadde the backup GPT is damaged (GPT header at sector 2047: HeaderCRC32 is 0xdeadbeef, the header's bytes give 0x4e533665): using the primary
= 0 backup.Reserved=01000000
= 0 backup.MyLBA=0200000000000000 the backup GPT is damaged (GPT header at sector 2047: MyLBA is 2): using the primary
= 0 backup.AlternateLBA=0500000000000000
= 0 backup.FirstUsableLBA=df07000000000000 the backup GPT is damaged (GPT header at sector 2047: FirstUsableLBA 2015 is past LastUsableLBA 2014): using the primary
= 0 backup.LastUsableLBA=ffffffffffffffff the backup GPT is damaged (GPT header at sector 2047: LastUsableLBA 18446744073709551615 is past 2^64 bytes): using the primary
= 0 backup.DiskGUID=00112233445566778899aabbccddeeff the backup GPT at sector 2047 is another table than the primary: using the primary
= 0 backup.PartitionEntryLBA=ffffffffffffffff the backup GPT is damaged (GPT header at sector 2047: PartitionEntryLBA 18446744073709551615 is past 2^64 bytes): using the primary
= 0 backup.NumberOfPartitionEntries=00000000 the backup GPT is damaged (GPT header at sector 2047: 0 partition entries of 128 bytes are not between 1 byte and 4194304 bytes): using the primary
= 0 backup.SizeOfPartitionEntry=40000000 the backup GPT is damaged (GPT header at sector 2047: SizeOfPartitionEntry is 64, not 128 x 2^n): using the primary
= 0 backup.PartitionEntryArrayCRC32=00000000 the backup GPT is damaged (GPT header at sector 2047: PartitionEntryArrayCRC32 is 0x00000000, the entries give 0x272027b5): using the primary
~ 3 both.Signature=0000000000000000 no GPT behind its protective MBR: no header at byte 512 or 4096, none in the last sector of the disk (1048576 bytes)
~ 4 both.Revision=00000200 GPT header at sector 1: GPT revision 2.0 is not supported, only 1.x
~ 3 both.HeaderSize=5b000000 both GPTs are damaged: primary: GPT header at sector 1: HeaderSize is 91, not from 92 to the sector's 512; backup: GPT header at sector 2047: HeaderSize is 91, not from 92 to the sector's 512
= 0 both.HeaderSize=00020000
~ 3 both.HeaderSize=01020000 both GPTs are damaged: primary: GPT header at sector 1: HeaderSize is 513, not from 92 to the sector's 512; backup: GPT header at sector 2047: HeaderSize is 513, not from 92 to the sector's 512
~ 3 both.HeaderCRC32=efbeadde both GPTs are damaged: primary: GPT header at sector 1: HeaderCRC32 is 0xdeadbeef, the header's bytes give 0xfd21186e; backup: GPT header at sector 2047: HeaderCRC32 is 0xdeadbeef, the header's bytes give 0x4e533665
= 0 both.Reserved=01000000
~ 3 both.MyLBA=0200000000000000 both GPTs are damaged: primary: GPT header at sector 1: MyLBA is 2; backup: GPT header at sector 2047: MyLBA is 2
= 0 both.AlternateLBA=0500000000000000 the backup GPT is damaged (GPT header at sector 5: no signature 'EFI PART'): using the primary
~ 3 both.FirstUsableLBA=df07000000000000 both GPTs are damaged: primary: GPT header at sector 1: FirstUsableLBA 2015 is past LastUsableLBA 2014; backup: GPT header at sector 2047: FirstUsableLBA 2015 is past LastUsableLBA 2014
~ 3 both.LastUsableLBA=ffffffffffffffff both GPTs are damaged: primary: GPT header at sector 1: LastUsableLBA 18446744073709551615 is past 2^64 bytes; backup: GPT header at sector 2047: LastUsableLBA 18446744073709551615 is past 2^64 bytes
= 0 both.DiskGUID=00112233445566778899aabbccddeeff
~ 3 both.PartitionEntryLBA=ffffffffffffffff both GPTs are damaged: primary: GPT header at sector 1: PartitionEntryLBA 18446744073709551615 is past 2^64 bytes; backup: GPT header at sector 2047: PartitionEntryLBA 18446744073709551615 is past 2^64 bytes
~ 3 both.NumberOfPartitionEntries=00000000 both GPTs are damaged: primary: GPT header at sector 1: 0 partition entries of 128 bytes are not between 1 byte and 4194304 bytes; backup: GPT header at sector 2047: 0 partition entries of 128 bytes are not between 1 byte and 4194304 bytes
~ 3 both.SizeOfPartitionEntry=40000000 both GPTs are damaged: primary: GPT header at sector 1: SizeOfPartitionEntry is 64, not 128 x 2^n; backup: GPT header at sector 2047: SizeOfPartitionEntry is 64, not 128 x 2^n
~ 3 both.PartitionEntryArrayCRC32=00000000 both GPTs are damaged: primary: GPT header at sector 1: PartitionEntryArrayCRC32 is 0x00000000, the entries give 0x272027b5; backup: GPT header at sector 2047: PartitionEntryArrayCRC32 is 0x00000000, the entries give 0x272027b5
END
}

@test "each field of a GPT entry" {
    # sfdisk lists an entry without a type as well, and takes a start of 2^64 - 1 for none.
    changes gpt.raw 20 <<'END'
~ 0 entry2.PartitionTypeGUID=00000000000000000000000000000000
= 0 entry2.PartitionTypeGUID=00112233445566778899aabbccddeeff
= 0 entry2.UniquePartitionGUID=00000000000000000000000000000000
= 5 entry2.StartingLBA=0000000000000000 partition 2 (sectors 0 to 539) lies outside the usable range (34 to 2014)|partitions 2 (sectors 0 to 539) and 1 (40 to 239) overlap
= 5 entry2.StartingLBA=0200000000000000 partition 2 (sectors 2 to 539) lies outside the usable range (34 to 2014)|partitions 2 (sectors 2 to 539) and 1 (40 to 239) overlap
= 5 entry2.StartingLBA=ef00000000000000 partitions 1 (sectors 40 to 239) and 2 (239 to 539) overlap
= 0 entry2.StartingLBA=1b02000000000000
= 5 entry2.StartingLBA=1c02000000000000 partition 2 ends at sector 539 before it starts at sector 540
~ 5 entry2.StartingLBA=ffffffffffffffff partition 2 ends at sector 539 before it starts at sector 18446744073709551615
= 5 entry2.EndingLBA=0000000000000000 partition 2 ends at sector 0 before it starts at sector 240
= 5 entry2.EndingLBA=ef00000000000000 partition 2 ends at sector 239 before it starts at sector 240
= 0 entry2.EndingLBA=f000000000000000
= 5 entry2.EndingLBA=5802000000000000 partitions 2 (sectors 240 to 600) and 3 (600 to 1599) overlap
= 5 entry2.EndingLBA=de07000000000000 partitions 2 (sectors 240 to 2014) and 3 (600 to 1599) overlap
= 5 entry2.EndingLBA=df07000000000000 partition 2 (sectors 240 to 2015) lies outside the usable range (34 to 2014)|partitions 2 (sectors 240 to 2015) and 3 (600 to 1599) overlap
= 5 entry2.EndingLBA=0008000000000000 partition 2 (sectors 240 to 2048) lies outside the usable range (34 to 2014)|partition 2 (sectors 240 to 2048 of 512 bytes) lies past the end of the disk (1048576 bytes)|partitions 2 (sectors 240 to 2048) and 3 (600 to 1599) overlap
= 5 entry2.EndingLBA=ffffffffffffff7f partition 2 (sectors 240 to 9223372036854775807) lies outside the usable range (34 to 2014)|partition 2 (sectors 240 to 9223372036854775807 of 512 bytes) lies past the end of the disk (1048576 bytes)
= 5 entry2.EndingLBA=ffffffffffffffff partition 2 (sectors 240 to 18446744073709551615) lies outside the usable range (34 to 2014)|partition 2 (sectors 240 to 18446744073709551615 of 512 bytes) lies past the end of the disk (1048576 bytes)
= 0 entry2.Attributes=ffffffffffffffff
= 0 entry2.PartitionName=1b00
END
}

@test "each field of an MBR and its entries" {
    # sfdisk lists entries without sectors; it reads one chain, and that to its end outside as well.
    changes mbr.raw 27 <<'END'
= 0 mbr.BootCode=ffffffff
= 0 mbr.UniqueMBRDiskSignature=00000000
= 3 mbr.Signature=aa55 no partition table found: no MBR in sector 0, no GPT header at byte 512 or 4096
~ 3 mbr2.BootIndicator=01 no partition table found: sector 0 is no MBR (BootIndicator of entry 2 is 0x01, not 0x00 or 0x80)
= 0 mbr2.BootIndicator=80
= 0 mbr2.StartingCHS=ffffff
= 0 mbr2.OSType=00
= 0 mbr2.OSType=ee
~ 0 mbr2.OSType=05 the extended partition has no boot record, only zeros at sector 263: it holds no partitions
= 0 mbr2.EndingCHS=ffffff
= 5 mbr2.StartingLBA=00000000 partitions 2 (sectors 0 to 299) and 1 (63 to 262) overlap
= 5 mbr2.StartingLBA=06010000 partitions 1 (sectors 63 to 262) and 2 (262 to 561) overlap
= 5 mbr2.StartingLBA=ffffffff partition 2 (sectors 4294967295 to 4294967594 of 512 bytes) lies past the end of the disk (1048576 bytes)
~ 0 mbr2.SizeInLBA=00000000
= 0 mbr2.SizeInLBA=51010000
= 5 mbr2.SizeInLBA=52010000 partitions 2 (sectors 263 to 600) and 3 (600 to 1999) overlap
= 5 mbr2.SizeInLBA=ffffffff partition 2 (sectors 263 to 4294967557 of 512 bytes) lies past the end of the disk (1048576 bytes)|partitions 2 (sectors 263 to 4294967557) and 5 (601 to 800) overlap|partitions 2 (sectors 263 to 4294967557) and 6 (1000 to 1199) overlap|partitions 2 (sectors 263 to 4294967557) and 7 (1400 to 1999) overlap|partitions 2 (sectors 263 to 4294967557) and 3 (600 to 1999) overlap
= 0 mbr3.OSType=83
= 0 mbr3.OSType=00
~ 5 mbr3.StartingLBA=00000000 entry 3 of the extended boot record at sector 0 is not read: only the first two have a meaning|partitions 1 (sectors 63 to 262) and 5 (63 to 262) overlap|partitions 2 (sectors 263 to 562) and 6 (263 to 562) overlap|partitions 1 (sectors 63 to 262) and 3 (0 to 1399) overlap|partitions 2 (sectors 263 to 562) and 3 (0 to 1399) overlap
= 0 mbr3.StartingLBA=59020000 the extended partition has no boot record, only zeros at sector 601: it holds no partitions
= 5 mbr3.StartingLBA=ffffffff partition 3 (sectors 4294967295 to 4294968694 of 512 bytes) lies past the end of the disk (1048576 bytes)|an extended boot record needs bytes 2199023255040 to 2199023255552, but the input ends at 1048576: logical partitions from number 5 on are not known
~ 0 mbr3.SizeInLBA=00000000
~ 5 mbr3.SizeInLBA=01000000 logical partition 5 (sectors 601 to 800) lies outside the extended partition (600 to 600)|the extended boot record at sector 600 leads to sector 999, outside the extended partition (600 to 600): logical partitions from number 6 on are not known
~ 5 mbr3.SizeInLBA=90010000 logical partition 6 (sectors 1000 to 1199) lies outside the extended partition (600 to 999)|the extended boot record at sector 999 leads to sector 1399, outside the extended partition (600 to 999): logical partitions from number 7 on are not known
= 0 mbr3.SizeInLBA=a8050000
= 5 mbr3.SizeInLBA=a9050000 partition 3 (sectors 600 to 2048 of 512 bytes) lies past the end of the disk (1048576 bytes)
END
}

@test "each field of an extended boot record and its entries" {
    # sfdisk follows a chain past a missing signature, and round in a circle 60 times.
    changes mbr.raw 29 <<'END'
= 0 ebr.BootCode=ffffffff
= 0 ebr.UniqueMBRDiskSignature=ffffffff
~ 5 ebr.Signature=0000 the extended boot record at sector 600 ends with 0x0000, not 0xaa55: logical partitions from number 5 on are not known
= 0 ebr1.BootIndicator=80
= 0 ebr1.BootIndicator=01
= 0 ebr1.StartingCHS=ffffff
= 0 ebr1.OSType=00
~ 5 ebr1.OSType=05 the extended boot record at sector 600 leads to two others: logical partitions from number 5 on are not known
= 0 ebr1.EndingCHS=ffffff
= 5 ebr1.StartingLBA=00000000 logical partition 5 starts on its own boot record at sector 600
= 5 ebr1.StartingLBA=b0040000 partitions 7 (sectors 1400 to 1999) and 5 (1800 to 1999) overlap
= 5 ebr1.StartingLBA=b1040000 logical partition 5 (sectors 1801 to 2000) lies outside the extended partition (600 to 1999)|partitions 7 (sectors 1400 to 1999) and 5 (1801 to 2000) overlap
= 5 ebr1.StartingLBA=ffffffff logical partition 5 (sectors 4294967895 to 4294968094) lies outside the extended partition (600 to 1999)|partition 5 (sectors 4294967895 to 4294968094 of 512 bytes) lies past the end of the disk (1048576 bytes)
= 0 ebr1.SizeInLBA=00000000
= 5 ebr1.SizeInLBA=90010000 partitions 5 (sectors 601 to 1000) and 6 (1000 to 1199) overlap
= 5 ebr1.SizeInLBA=ffffffff logical partition 5 (sectors 601 to 4294967895) lies outside the extended partition (600 to 1999)|partition 5 (sectors 601 to 4294967895 of 512 bytes) lies past the end of the disk (1048576 bytes)|partitions 5 (sectors 601 to 4294967895) and 6 (1000 to 1199) overlap|partitions 5 (sectors 601 to 4294967895) and 7 (1400 to 1999) overlap
= 0 ebr2.BootIndicator=80
= 0 ebr2.StartingCHS=ffffff
~ 0 ebr2.OSType=83
= 0 ebr2.OSType=0f
= 0 ebr2.EndingCHS=ffffff
~ 5 ebr2.StartingLBA=00000000 the chain of extended boot records loops: sector 600 leads back to sector 600: logical partitions from number 6 on are not known
= 5 ebr2.StartingLBA=90010000 the extended boot record at sector 1000 ends with 0x0000, not 0xaa55: logical partitions from number 6 on are not known
= 0 ebr2.StartingLBA=1f030000
= 5 ebr2.StartingLBA=78050000 the extended boot record at sector 600 leads to sector 2000, outside the extended partition (600 to 1999): logical partitions from number 6 on are not known
= 5 ebr2.StartingLBA=ffffffff the extended boot record at sector 600 leads to sector 4294967895, outside the extended partition (600 to 1999): logical partitions from number 6 on are not known
= 0 ebr2.SizeInLBA=00000000
= 0 ebr2.SizeInLBA=ffffffff
= 5 ebr3.SizeInLBA=01000000 entry 3 of the extended boot record at sector 600 is not read: only the first two have a meaning
END
}
