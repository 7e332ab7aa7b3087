# What build and test share: the tools tree and how commands run in it.
# shellcheck shell=bash

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(dirname "$here")
# Caches and results; a second folder lets a check build everything twice.
cache=${IMAGE_CACHE:-${CARGO_TARGET_DIR:-$project/target}/image}
mirror=${IMAGE_MIRROR:-http://deb.debian.org/debian}
security=${IMAGE_MIRROR_SECURITY:-http://deb.debian.org/debian-security}
tools=$cache/tools
source "$here/layout.sh"
export PATH="$PATH:/usr/sbin:/sbin" LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

seconds() { cut -d. -f1 /proc/uptime; }
say() { printf '%s\n' "$*"; }
fail() {
    printf 'images: %s\n' "$*" >&2
    exit 1
}

# names FILE: a list without comments, one name a line.
names() { sed 's/#.*//; /^[[:space:]]*$/d' "$1"; }

# Why this machine cannot build or boot the image; nothing when it can.
missing_here() {
    [ "$(id -u)" = 0 ] || echo "it needs root (for chroot; no loop device is used)"
    command -v mmdebstrap >/dev/null || echo "mmdebstrap is missing: apt-get install mmdebstrap"
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -e "$keyring" ] || [ -e "${keyring%.gpg}.pgp" ] ||
        echo "Debian's keys are missing: apt-get install debian-archive-keyring"
    unshare --mount true 2>/dev/null || echo "mounts in a namespace of our own are forbidden here"
}

tools_key() { names "$here/packages/tools.txt" | sha256sum | cut -c1-16; }
has_tools() { [ "$(cat "$tools/key" 2>/dev/null)" = "$(tools_key)" ]; }
# base_of PROFILE: the folder of its packages. The lists, the lock and the script that reads them name it: nothing stale is ever
# taken.
base_of() {
    local lists=("$here"/packages/{root,unpacked}.txt "$here/packages/lock-$1.txt" "$here/root-tree")
    echo "$cache/base-$1-$(cat "${lists[@]}" 2>/dev/null | sha256sum | cut -c1-16)"
}
# What would have to come from a mirror first, minutes of it; nothing when all is here.
missing_packages() {
    has_tools || echo "the tools tree is not in $cache yet"
    [ -e "$(base_of "$1")/complete" ] || echo "the image's packages are not in $cache yet"
}

# The tools tree: Debian trixie with what packages/tools.txt names, made once.
make_tools() {
    ! has_tools || return 0
    say "tools: Debian trixie with $(names "$here/packages/tools.txt" | wc -l) packages, once"
    rm -rf --one-file-system "$tools" "$tools.tar"
    mkdir -p "$tools"
    mmdebstrap --quiet --mode=root --variant=apt --include="$(names "$here/packages/tools.txt" | paste -sd,)" \
        --aptopt='APT::Install-Recommends "false"' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        trixie "$tools.tar" "$mirror"
    tar -C "$tools" -xf "$tools.tar"
    rm "$tools.tar"
    tools_key >"$tools/key"
}

# enter_tools COMMAND…: this process becomes it, in the tools tree, as root, with the project and the cache at their own
# paths. All mounts are in a namespace of their own and end with the command.
enter_tools() {
    mkdir -p "$tools$project" "$tools$cache"
    # shellcheck disable=SC2016
    exec unshare --mount bash -c '
        set -euo pipefail
        tools=$1 project=$2 cache=$3 at=$4
        shift 4
        mount --make-rprivate /
        mount --bind "$tools" "$tools"
        mount --rbind /dev "$tools/dev"
        mount -t proc proc "$tools/proc"
        mount -t tmpfs tmpfs "$tools/tmp"
        cp -L /etc/resolv.conf "$tools/etc/resolv.conf" 2>/dev/null || true
        mount --bind "$project" "$tools$project"
        mount --bind "$cache" "$tools$cache"
        exec chroot "$tools" /bin/sh -c "cd \"\$1\" && shift && exec \"\$@\"" in-tools "$at" "$@"
    ' in-tools "$tools" "$project" "$cache" "${IN:-$cache}" "$@"
}

in_tools() { (enter_tools "$@"); }

# arm64 programs run on this machine: the kernel is shown the tools tree's qemu once (it keeps the file open, so that the
# program runs inside any chroot).
register_arm64() {
    [ "$(uname -m)" != aarch64 ] || return 0
    local at=/proc/sys/fs/binfmt_misc magic mask
    [ -e $at/register ] || mount -t binfmt_misc binfmt_misc $at 2>/dev/null ||
        fail "binfmt_misc cannot be mounted here: arm64 packages cannot be configured on this machine"
    ! grep -qs '^enabled' $at/qemu-aarch64 || return 0
    ! grep -qs '^enabled' $at/cleantrack-arm64 || return 0
    magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
    mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
    printf ':cleantrack-arm64:M::%s:%s:%s:OCPF' "$magic" "$mask" "$tools/usr/bin/qemu-aarch64" >$at/register
}
