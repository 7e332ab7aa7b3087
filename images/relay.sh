# A relay on this machine for `images/test`, and the proxy of a building that lets nothing else out.
# shellcheck shell=bash

find_relay() {
    [ -n "$relay" ] || relay=$(ls -t "$project"/target/{dist,release,debug}/cleantrack-relay 2>/dev/null | head -1)
    [ -n "$relay" ] && return 0
    skip_part "no cleantrack-relay for this machine below target: cargo build --release -p cleantrack-relay, or --relay FILE"
    return 1
}
relay_order() { "$relay" --config "$run/relay.toml" "$@"; }
relay_says() { relay_order "${@:2}" | in_tools jq -r "$1"; }
# The emulator's network shows this machine to the box as 10.0.2.2.
start_relay() {
    local at=10.0.2.2
    cat >"$run/relay.toml" <<END_OF_SETTINGS
data = "$run/relay"
names = ["$at"]
public_url = "https://$at:$port_relay"
photos_url = "https://$at:$((port_relay + 1))"
mqtt_url = "mqtts://$at:$((port_relay + 2))"
[https]
listen = "127.0.0.1:$port_relay"
[photos]
listen = "127.0.0.1:$((port_relay + 1))"
[mqtt]
listen = "127.0.0.1:$((port_relay + 2))"
[health]
listen = "127.0.0.1:0"
END_OF_SETTINGS
    "$relay" --config "$run/relay.toml" serve >"$run/relay.log" 2>&1 &
    relay_pid=$!
    wait_until "the relay" 60 curl -ks -o /dev/null --max-time 5 "https://127.0.0.1:$port_relay/healthz"
}
stop_relay() {
    [ -n "$relay_pid" ] || return 0
    kill "$relay_pid" 2>/dev/null || true
    wait "$relay_pid" 2>/dev/null || true
    relay_pid=''
}

# put_claim MORE: the claim file of an account of its own onto the card, with MORE lines of it; sets `account` and `token`.
put_claim() {
    local facility
    account=$(relay_says .account account create --name "Test Account")
    facility=$(relay_says .facility facility create --account "$account" --name "Test Clinic" --zone UTC)
    token=$(relay_says .token token create --account "$account" --name suite)
    {
        relay_order claim-file create --account "$account" --facility "$facility" --hostname ward-seven
        printf 'setup_code = "%s"\n%s\n' "$setup_code" "$1"
    } >"$run/claim.toml"
    put_on_fat "$run/claim.toml" cleantrack.toml
}

relay_is() { [ "$(health .relay 2>/dev/null)" = "$1" ]; }
relay_has_all() { [ "$(health '.entries > 10 and .entries == .at_relay' 2>/dev/null)" = true ]; }
relay_reaches_box() { [ "$(health '.entries == .at_relay' 2>/dev/null)" = true ]; }
# The relay gives the very entries that the box gives.
logs_agree() {
    at_desk /api/v1/log >"$run/box.jsonl"
    curl -fsSk --max-time 60 -H "Authorization: Bearer $token" "https://127.0.0.1:$port_relay/api/v1/log?from=0&limit=1000" \
        >"$run/relay.jsonl"
    [ -s "$run/box.jsonl" ] && cmp "$run/box.jsonl" "$run/relay.jsonl"
}
# Every log against the checkpoints that the relay has cosigned.
relay_verifies() { relay_order verify >"$run/verify.log" 2>&1 || { cat "$run/verify.log" >&2 && return 1; }; }

# A box that goes on with a backup has no key that vouches for it: the relay keeps its log apart until somebody says that it is
# the box's own.
origin=()
log_waits() {
    read -r -a origin <<<"$(health '"\(.box) \(.epoch)"' 2>/dev/null)"
    [ ${#origin[@]} = 2 ] || return 1
    [ "$(relay_says ".epochs[] | select(.epoch == \"${origin[1]}\") | .standing" \
        box epoch list --account "$account" --box "${origin[0]}" 2>/dev/null)" = waits ]
}
admit_log() {
    relay_order box epoch admit --account "$account" --box "${origin[0]}" "${origin[1]}" >/dev/null
}

# The box reaches nothing but a proxy at 10.0.2.100:3128, which wants a password and opens tunnels to the relay's two HTTPS
# ports alone: 8883, or what stands for it, is not closed but silent.
proxy_user=box:secret
close_network() {
    : >"$run/proxy.log"
    network="user,id=n0,restrict=on,$forwards,guestfwd=tcp:10.0.2.100:3128-cmd:$here/connect-proxy"
    network+=" $run/proxy.log $proxy_user 10.0.2.2 $port_relay $((port_relay + 1))"
}
open_network() { network="user,id=n0,$forwards"; }
proxy_was_used() { grep -q "^open 10.0.2.2:$((port_relay + 1))$" "$run/proxy.log"; }
