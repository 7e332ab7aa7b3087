# The emulator's part of `images/test`: cards as files, a box that is started and cut off, and what a test may ask of both.
# shellcheck shell=bash

run=$cache/run-${only:-all}
rm -rf --one-file-system "$run"
mkdir -p "$run"
# Ports of this machine's loopback that lead to the box's 80 and 443, and the relay's.
port_http=$((20000 + $$ % 5000)) port_https=$((25000 + $$ % 5000))
port_relay=$((30000 + $$ % 500 * 5))
# What one wait may take; an idle machine needs a tenth of it.
limit=${IMAGE_TEST_LIMIT:-400}
passed=0 skipped=0
box_pid='' relay_pid='' starts=0 card='' serial=''

end_all() {
    cut_power
    stop_relay
}
trap end_all EXIT

hundredths() { cut -d' ' -f1 /proc/uptime | tr -d .; }
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
not() { ! "$@"; }
equal() { [ "$1" = "$2" ]; }
matches() { [[ $1 =~ $2 ]]; }
expect() {
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        say "  ok $what"
    else
        say "  FAILED: $what" >&2
        keep_evidence
        exit 1
    fi
}
# A part that cannot run here is no part that passed.
skip_part() {
    skipped=$((skipped + 1))
    say "  SKIPPED: $*"
}
# What the serial console and the box's own journal said.
keep_evidence() {
    tail -40 "$serial" >&2 || true
    say "the card is $card, all consoles are in $run" >&2
}

# --- cards -----------------------------------------------------------------------------------------------------------

# A card larger than the image, as a file of its own.
new_card() {
    card=$run/$1.img
    rm -f "$card"
    cp --sparse=always "$image" "$card"
    truncate -s 3G "$card"
}
fat() { in_tools "$1" -i "$card@@$((fat_start * sector))" "${@:2}"; }
put_on_fat() { fat mcopy -o "$1" "::$2"; }
read_fat() { fat mtype "::$1" 2>/dev/null; }
on_fat() { fat mdir "::$1" >/dev/null 2>&1; }
# Whether the bytes are anywhere in the partition, in files or between them.
fat_holds() {
    dd if="$card" bs=1M skip=$((fat_start * sector / 1048576)) count=$((fat_sectors * sector / 1048576)) status=none |
        grep -aFc "$1" >/dev/null
}
# A copy of the data partition as the next start will find it: its journal is replayed, which is no fault after a cut.
copy_data() {
    rm -f "$run/data.ext4"
    dd if="$card" of="$run/data.ext4" bs=1M skip=$((data_start * sector / 1048576)) conv=sparse status=none
    in_tools e2fsck -p "$run/data.ext4" >"$run/e2fsck.log" 2>&1 || [ $? = 1 ]
}
on_data() { copy_data && in_tools debugfs "$@" "$run/data.ext4" 2>/dev/null; }
read_data() { on_data -R "cat $1"; }
is_on_data() { on_data -R "stat $1" | grep -c '^Inode:' >/dev/null; }
link_on_data() { on_data -R "stat $1" | sed -n 's/^Fast link dest: "\(.*\)"$/\1/p'; }
data_type() { od -A n -t x1 -j $((446 + 48 + 4)) -N 1 "$card" | tr -d ' '; }
journal_says() {
    local name
    for name in $(on_data -R 'ls -p /journal' | cut -d/ -f6 | grep gz); do
        read_data "/journal/$name" | zcat 2>/dev/null | grep -aEc "$1" >/dev/null && return 0
    done
    return 1
}
# Made, marked as made, and as long as the card is.
data_is_whole() {
    local size
    size=$(od -A n -t u4 -j $((446 + 48 + 12)) -N 4 "$card" | tr -d ' ')
    [ "$(data_type)" = 83 ] && [ $((data_start + size)) = $(($(stat -c %s "$card") / sector)) ]
}
data_is_sound() { copy_data && in_tools e2fsck -fn "$run/data.ext4" >"$run/e2fsck.log" 2>&1; }
state_line() {
    dd if="$card" bs=$sector skip="$state_first" count=1 status=none | tr -d '\000' | sed -n "s/^$1=//p"
}

# --- the box ---------------------------------------------------------------------------------------------------------

emulate() {
    starts=$((starts + 1))
    serial=$run/$(basename "$card" .img)-$starts.serial
    : >"$serial"
    # The shell in the background becomes the emulator: its id is the one to kill.
    enter_tools nice -n 5 qemu-system-aarch64 "$@" -display none -monitor none -serial "file:$serial" </dev/null >"$run/emulator.log" 2>&1 &
    box_pid=$!
}
machine=(-M virt -cpu cortex-a53 -smp 2 -m 512 -accel "tcg,thread=multi" -device virtio-rng-device
    -device i6300esb -watchdog-action reset -device virtio-net-device,netdev=n0)
forwards="hostfwd=tcp:127.0.0.1:$port_http-:80,hostfwd=tcp:127.0.0.1:$port_https-:443"
network="user,id=n0,$forwards"
# Through U-Boot, as on the card, with further devices. Flushes of the box reach the file before they are acknowledged.
start_box() {
    emulate "${machine[@]}" -netdev "$network" -bios /usr/lib/u-boot/qemu_arm64/u-boot.bin \
        -drive "file=$card,if=none,id=d0,format=raw,cache=writethrough" -device virtio-blk-device,drive=d0 "$@"
}
# The same kernel and root without U-Boot, with these arguments of the kernel.
start_direct() {
    [ -e "$run/Image" ] || in_tools sh -c "debugfs -R 'dump /boot/Image $run/Image' '$card?offset=$((slot_a_start * sector))' &&
        debugfs -R 'dump /boot/initrd $run/initrd' '$card?offset=$((slot_a_start * sector))'" 2>/dev/null
    emulate "${machine[@]}" -netdev "$network" -kernel "$run/Image" -initrd "$run/initrd" -append "console=ttyAMA0 $1" \
        -drive "file=$card,if=none,id=d0,format=raw,cache=writethrough" -device virtio-blk-device,drive=d0
}
# Without our units, and with none of avahi: what a Debian alone takes.
start_bare() {
    local masks='' unit
    for unit in cleantrack-appliance{.service,-http.socket,-https.socket} cleantrack-{provision,mark-good,wireless,access-point}.service \
        cleantrack-provision-request.path cleantrack-keep-journal{.timer,-at-end.service} avahi-daemon.{service,socket}; do
        masks+=" systemd.mask=$unit"
    done
    start_direct "ct.slot=A ro systemd.volatile=state systemd.show_status=1$masks"
}
# What the machine has computed so far, in hundredths of a second of this machine's processors: unlike a clock, it stands
# still while others compute.
work_done() { awk '{ print $14 + $15 }' "/proc/$box_pid/stat"; }
# A box that is good idles: it is later than any moment before.
has_worked() { [ "$(work_done)" -ge "$1" ] || grep -aq 'CT-GOOD' "$serial"; }
# Power off: nothing in the machine gets to say a word.
cut_power() {
    [ -n "$box_pid" ] || return 0
    kill -9 "$box_pid" 2>/dev/null || true
    wait "$box_pid" 2>/dev/null || true
    box_pid=''
}

# wait_until WHAT SECONDS COMMAND…: looks each `pause` seconds.
pause=0.2
wait_until() {
    local what=$1 until=$(($(seconds) + $2))
    shift 2
    until "$@"; do
        if [ "$(seconds)" -ge $until ]; then
            say "  FAILED: not within the time: $what" >&2
            keep_evidence
            exit 1
        fi
        if [ -n "$box_pid" ] && ! kill -0 "$box_pid" 2>/dev/null; then
            say "  FAILED: the emulator ended: $(cat "$run/emulator.log")" >&2
            exit 1
        fi
        sleep $pause
    done
}
wait_for_line() { wait_until "$1" "$2" grep -aEq "$1" "$serial"; }
answers() { curl -fs -o /dev/null --max-time "${2:-5}" "http://127.0.0.1:$port_http$1" 2>/dev/null; }
wait_for_answer() { wait_until "an answer by HTTP" "$1" answers /healthz; }
health() { curl -fs --max-time 60 "http://127.0.0.1:$port_http/healthz" | in_tools jq -r "$1"; }
