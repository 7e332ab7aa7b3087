# U-Boot's commands as far as images/boot/boot.cmd uses them, for a POSIX shell. $disk is the card, $memory one sector of
# memory, $loads the slots that can be loaded, $starts those whose kernel starts once loaded.
kernel_addr_r=0x80000
ramdisk_addr_r=0x2700000
fdt_addr=0x1000000
devnum=0

setenv() {
    name=$1
    shift
    eval "$name=\$*"
}
setexpr() { eval "$1=$(($2 $3 $4))"; }
lines_of() { for name in "$@"; do eval "echo $name=\$$name"; done; }
env() {
    action=$1
    shift 4
    if test "$action" = import; then
        tr '\000' '\n' <"$memory" >"$memory.text"
        while IFS='=' read -r key value; do
            for name in "$@"; do
                if test "$key" = "$name"; then eval "$key=\$value"; fi
            done
        done <"$memory.text"
    else
        shift
        { lines_of "$@"; head -c 512 /dev/zero; } | head -c 512 >"$memory"
    fi
}
card() {
    test "$1" != dev || return 0
    at=$((0x$3))
    if test "$1" = read; then
        test "${unreadable:-}" != "$3" || return 1
        dd if="$disk" of="$memory" bs=512 skip=$at count=1 2>/dev/null
    else
        test "${unwritable:-}" != yes || return 1
        dd if="$memory" of="$disk" bs=512 seek=$at count=1 conv=notrunc 2>/dev/null
    fi
}
virtio() { card "$@"; }
mmc() { card "$@"; }
slot_of() { if test "$1" = "$devnum:2"; then echo A; else echo B; fi; }
load() {
    loaded=$(slot_of "$2")
    filesize=100
    case $loads in *"$loaded"*) ;; *) return 1 ;; esac
}
booti() {
    case $starts in *"$loaded"*) echo "started $loaded with $bootargs" && exit 0 ;; *) return 1 ;; esac
}
reset() { echo reset && exit 0; }
