# U-Boot's script: which of the two slots starts. Kept to what U-Boot's shell and a POSIX shell both understand; a suite runs
# it in the latter against a model, the emulator's test runs it in U-Boot.
#
# The state is one sector of text, twice, before the first partition (layout.sh): ct_order (AB or BA), ct_a_left and
# ct_b_left (tries, 0 to 3), ct_trial (the slot that was never good, or none), ct_v=1 and ct_z=end, by which a torn sector
# is known. Each start takes one try; one that went well puts them back (mark-good). Nothing here writes to a file system.

# Where the state is read to: the kernel comes there later.
setenv ct_at ${kernel_addr_r}
setenv ct_console ttyS1
setenv ct_initrd_at 0x06000000
if test "${devtype}" = "virtio"; then
    setenv ct_console ttyAMA0
    setenv ct_initrd_at ${ramdisk_addr_r}
fi

${devtype} dev ${devnum}
setenv ct_found none
for ct_copy in 800 880; do
    if test "${ct_found}" = "none"; then
        setenv ct_order
        setenv ct_a_left
        setenv ct_b_left
        setenv ct_trial
        setenv ct_v
        setenv ct_z
        setenv ct_valid
        if ${devtype} read ${ct_at} ${ct_copy} 1; then
            if env import -t ${ct_at} 200 ct_a_left ct_b_left ct_order ct_trial ct_v ct_z; then
                if test "${ct_order}" = "AB" -o "${ct_order}" = "BA"; then
                    setenv ct_valid ${ct_v}${ct_z}
                fi
            fi
        fi
        for ct_left in "a${ct_a_left}" "b${ct_b_left}"; do
            if test "${ct_left}" = "a0" -o "${ct_left}" = "a1" -o "${ct_left}" = "a2" -o "${ct_left}" = "a3"; then
                setenv ct_valid ${ct_valid}a
            fi
            if test "${ct_left}" = "b0" -o "${ct_left}" = "b1" -o "${ct_left}" = "b2" -o "${ct_left}" = "b3"; then
                setenv ct_valid ${ct_valid}b
            fi
        done
        if test "${ct_valid}" = "1endab"; then
            setenv ct_found ${ct_copy}
        fi
    fi
done
if test "${ct_found}" = "none"; then
    echo "ct: no valid boot state, starting over"
    setenv ct_order AB
    setenv ct_a_left 3
    setenv ct_b_left 3
    setenv ct_trial none
fi
if test -z "${ct_trial}"; then
    setenv ct_trial none
fi

if test "${ct_a_left}" = "0" -a "${ct_b_left}" = "0"; then
    echo "ct: no slot has a try left, each gets one more"
    setenv ct_a_left 1
    setenv ct_b_left 1
fi
setenv ct_slot A
if test "${ct_order}" = "BA"; then
    setenv ct_slot B
fi
if test "${ct_slot}" = "A" -a "${ct_a_left}" = "0"; then
    setenv ct_slot B
elif test "${ct_slot}" = "B" -a "${ct_b_left}" = "0"; then
    setenv ct_slot A
fi
if test "${ct_slot}" = "A"; then
    setexpr ct_a_left ${ct_a_left} - 1
    setenv ct_part 2
else
    setexpr ct_b_left ${ct_b_left} - 1
    setenv ct_part 3
fi

# The second copy first: whichever write a power cut tears, the other copy is whole.
setenv ct_v 1
setenv ct_z end
env export -t -s 200 ${ct_at} ct_a_left ct_b_left ct_order ct_trial ct_v ct_z
${devtype} write ${ct_at} 880 1
${devtype} write ${ct_at} 800 1
echo "ct: slot ${ct_slot}, order ${ct_order}, tries left ${ct_a_left} ${ct_b_left}"

setenv bootargs "console=tty0 console=${ct_console},115200 ct.slot=${ct_slot} ro systemd.volatile=state panic=10 @arguments@"
if load ${devtype} ${devnum}:${ct_part} ${kernel_addr_r} /boot/Image; then
    if load ${devtype} ${devnum}:${ct_part} ${ct_initrd_at} /boot/initrd; then
        booti ${kernel_addr_r} ${ct_initrd_at}:${filesize} ${fdt_addr}
    fi
fi

# It could not be loaded: no further try is spent on it.
echo "ct: slot ${ct_slot} cannot be loaded"
if test "${ct_slot}" = "A"; then
    setenv ct_a_left 0
else
    setenv ct_b_left 0
fi
env export -t -s 200 ${ct_at} ct_a_left ct_b_left ct_order ct_trial ct_v ct_z
${devtype} write ${ct_at} 880 1
${devtype} write ${ct_at} 800 1
reset
