# Runs in the emulated computer of Tests/systemd/boot, once a boot; each line `ok` or `not ok` is one check.
state=/var/lib/boot-test
mkdir -p $state
boot=$(($(cat $state/boot 2>/dev/null || echo 0) + 1))
echo $boot > $state/boot
done=$(cat $state/done 2>/dev/null || echo 0)

check() { # NAME COMMAND ...
  name="boot $boot: $1"
  shift
  if output=$("$@" 2>&1); then echo "ok $name"; else echo "not ok $name: $output"; fi
  done=$((done + 1))
  echo $done > $state/done
}
ask() { curl -sS --fail --max-time 60 --retry 5 --retry-all-errors --unix-socket "$1" "http://localhost/v1/instances/demo/token$2"; }
field() { ask /run/fedbroker/fedbroker.sock "?field=$1"; }
# The token's end lies ahead of this computer's clock.
is_alive() {
  expiry=$(field Credentials.AccessTokenExpiration) || return 1
  echo "expires at $expiry, and it is $(date -u +%FT%TZ)"
  [ "$(date -d "$expiry" +%s)" -gt "$(date +%s)" ]
}
is_before() { # UNIT UNIT: the first was active before the second
  [ "$(systemctl show -P ActiveEnterTimestampMonotonic "$1")" -lt "$(systemctl show -P ActiveEnterTimestampMonotonic "$2")" ]
}

exec > /dev/ttyS1 2>&1
case $boot in
1)
  check "there is no network" test "$(ls /sys/class/net)" = lo
  check "the service runs without one" systemctl is-active fedbroker.service
  check "it did not wait for one" sh -c '! systemctl is-active network-online.target'
  check "no unit failed" sh -c 'test -z "$(systemctl --failed --plain --no-legend)"'
  check "a token is served" is_alive
  date -s "+2 hours" > /dev/null
  check "two hours later by a clock set forward, the token is another one, and alive" is_alive
  date -s "-3 hours" > /dev/null
  check "with a clock set back below the start, the token is alive" is_alive
  check "nothing restarted it" test "$(systemctl show -P NRestarts fedbroker)" = 0
  echo '# Changed here.' >> /etc/fedbroker/fedbroker.toml
  cp /run/fedbroker/token $state/token
  systemctl reboot
  ;;
2)
  check "the service runs after a reboot" systemctl is-active fedbroker.service
  check "the configuration was kept" grep -q '^# Changed here' /etc/fedbroker/fedbroker.toml
  check "the token is a new one" sh -c "! cmp -s /run/fedbroker/token $state/token"
  check "a token is served" is_alive
  systemctl disable --quiet fedbroker.service
  systemctl enable --quiet fedbroker.socket
  systemctl reboot
  ;;
*)
  check "with the socket unit alone the service does not run unasked" sh -c '! systemctl is-active fedbroker.service'
  check "the first request starts it" ask /run/fedbroker.sock '?field=UserId'
  check "it runs then" systemctl is-active fedbroker.service
  check "its addresses were there before the users' logins" is_before fedbroker.socket multi-user.target
  echo "all $done done"
  systemctl poweroff
  ;;
esac
