# What people do with the box in `images/test`, by its pages alone: set it up, add an item, scan, make a backup.
# shellcheck shell=bash

# The code that a claim file brings, and the PIN that the first facility admin chooses.
setup_code=FIRST-START-7
pin=839204

# at_desk PATH OPTIONS…: a page as a browser at a desk gets it, signed in once `set_up_box` was there.
at_desk() {
    curl -sSk --max-time 180 -b "$run/cookies" -c "$run/cookies" "${@:2}" "https://localhost:$port_https$1"
}
# A hidden field of the page on standard input.
field() { grep -o "name=\"$1\" value=\"[^\"]*\"" | head -1 | cut -d'"' -f4; }
# Where a form sends its browser.
sent_to() { at_desk "$@" -o "$run/answer.html" -w '%{redirect_url}'; }

# What a page holds is looked for when all of it is there: whoever stops reading earlier ends the one that writes with a fault.
has_page() { at_desk "$1" 2>/dev/null | grep -c "$2" >/dev/null; }
serves_setup() { has_page /setup 'name="code"'; }

# set_up_box CODE MORE…: the first facility admin, by the set-up page, and signed in; sets `staff`. MORE are fields of that
# page.
set_up_box() {
    local page code=$1 more=()
    shift
    for page in "$@"; do more+=(--data-urlencode "$page"); done
    rm -f "$run/cookies"
    wait_until "the set-up page" "$limit" serves_setup
    page=$(at_desk /setup)
    page=$(at_desk /setup -d "submission=$(field submission <<<"$page")" --data-urlencode "code=$code" \
        --data-urlencode "admin=Grace Okafor" --data-urlencode "facility=Test Clinic" -d "pin=$pin" -d "again=$pin" \
        ${more[@]+"${more[@]}"})
    staff=$(grep -o 'sign-in?staff=[^"&]*' <<<"$page" | head -1 | cut -d= -f2) || true
    [ -n "$staff" ] || fail "the set-up page did not take it: $(grep -o '<p class="problem[^<]*<[^<]*' <<<"$page" | head -3)"
    sign_in
}
sign_in() {
    [ -n "$(sent_to /staff/sign-in -d "staff=$staff" -d "pin=$pin")" ] || fail "the first admin cannot sign in: see $run/answer.html"
}

# Adds an item; prints its tag.
add_item() {
    local page tag
    page=$(at_desk /staff/equipment/new)
    tag=$(sent_to /staff/equipment/new -d "form=$(field form <<<"$page")" -d "submission=$(field submission <<<"$page")" \
        --data-urlencode "name=Infusion pump" | sed -n 's|.*/staff/equipment/\([0-9A-Z]*\).*|\1|p')
    [ -n "$tag" ] || fail "no item could be added: see $run/answer.html"
    echo "$tag"
}

# scan TAG N: what a phone without JavaScript posts, again with the same key while there is no answer; prints the receipt's
# address.
scan() {
    local try receipt
    for try in 1 2 3 4 5; do
        receipt=$(curl -s --max-time 60 -o "$run/scan-$try.html" -D - -H "Idempotency-Key: image-test-$2" \
            --data-urlencode "cleaned_by=Ana" --data-urlencode "notes=scan $2" "http://127.0.0.1:$port_http/t/$1" |
            tr -d '\r' | sed -n 's/^[Ll]ocation: \(\/r\/.*\)/\1/p') || true
        [ -z "$receipt" ] || { echo "$receipt" && return 0; }
        sleep 1
    done
}
# scan_all TAG FROM TO: adds their receipts to `receipts`.
scan_all() {
    local n receipt
    for n in $(seq "$2" "$3"); do
        receipt=$(scan "$1" "$n")
        [ -n "$receipt" ] || fail "scan $n was not acknowledged: see $run/scan-5.html"
        receipts+=("$receipt")
    done
}
all_receipts_open() {
    local receipt
    for receipt in "${receipts[@]}"; do answers "$receipt" 60 || return 1; done
}

# --- backups ---------------------------------------------------------------------------------------------------------

# A stick as people buy it, with the label by which the box knows it.
new_stick() {
    stick=$run/stick.img
    rm -f "$stick"
    truncate -s 256M "$stick"
    in_tools mkfs.vfat -F 32 --mbr=n -n CLEANTRACK "$stick" >/dev/null
    stick_devices=(-device qemu-xhci -drive "file=$stick,if=none,id=stick,format=raw,cache=writethrough"
        -device "usb-storage,drive=stick")
}
# The key that people print; it is shown once.
make_backup_key() {
    local page
    page=$(at_desk /staff/backup)
    at_desk /staff/backup/key -d "form=$(field form <<<"$page")" -d "present=" |
        sed -n 's/.*<p class="code"[^>]*>\([^<]*\)<.*/\1/p' | tr -d ' '
}
# Whether there is one; if not, the button is pressed again: a stick takes some seconds until it is there.
backup_is_made() {
    ! has_page /staff/backup 'read back and decrypted' || return 0
    sent_to /staff/backup/now -d "form=$(at_desk /staff/backup | field form)" >/dev/null
    return 1
}
make_backup() {
    local pause=5
    wait_until "the backup" "$limit" backup_is_made
}

# restore_card KEY: what docs/backup.md has an installer do with a new card in a Linux computer: empty the box's folder on the
# data partition, restore, and give it to the box's user. The program is the image's own, by the tools tree's emulator.
restore_card() {
    local data=$run/restored slot=$run/slot file
    rm -rf "$data" "$run/files" && mkdir -p "$data" "$run/files"
    if [ ! -e "$slot" ]; then
        mkdir -p "$slot/usr/lib" "$slot/usr/bin"
        ln -s usr/lib "$slot/lib"
        for file in /usr/lib/aarch64-linux-gnu /usr/lib/ld-linux-aarch64.so.1 /usr/bin/cleantrack-appliance; do
            in_tools debugfs -R "rdump $file $slot$(dirname "$file")" "$card?offset=$((slot_a_start * sector))" 2>/dev/null
        done
    fi
    on_data -R "rdump / $data" >/dev/null
    find "$data/appliance" -mindepth 1 -delete
    in_tools mcopy -s -i "$stick" ::/ "$run/files/"
    file=$(find "$run/files" -name '*.age' ! -name '*-photos-*')
    in_tools qemu-aarch64 -L "$slot" "$slot/usr/bin/cleantrack-appliance" restore "$file" --data "$data/appliance" <<<"$1" \
        >"$run/restore.log" 2>&1 || fail "the backup was not restored: $(cat "$run/restore.log")"
    chown -R 641:641 "$data/appliance"
    local whole=$run/restored.ext4
    rm -f "$whole"
    truncate -s $(($(stat -c %s "$card") - data_start * sector)) "$whole"
    in_tools mke2fs -q -t ext4 -L ct-data -d "$data" "$whole"
    dd if="$whole" of="$card" bs=1M seek=$((data_start * sector / 1048576)) conv=notrunc,sparse status=none
}
