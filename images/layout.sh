# The card's layout and the image's limits: read by the build, the boot script's and the emulator's tests.
# shellcheck disable=SC2034

# Sectors of 512 bytes. The Pi's boot ROM reads an MBR and FAT of type 0c; the gap before the first partition holds the two
# copies of the boot state.
sector=512
state_first=2048
state_second=2176
fat_start=8192
fat_sectors=262144
slot_a_start=270336
slot_b_start=1318912
slot_sectors=1048576
data_start=2367488
disk_id=c1ea0001

# One date for all files, so that the same input makes the same bytes: 1 January 2026.
epoch=1767225600

# What may not be exceeded.
root_mib_max=400
download_mib_max=150
build_seconds_max=360
