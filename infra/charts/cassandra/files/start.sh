# A node that is its own seed does not bootstrap. Only the first node may skip that; the others get all nodes except themselves.
seeds=
i=0
while [ "$i" -lt "$NODES" ]; do
  node="$SERVICE-$i"
  if [ "$i" = 0 ] || [ "$node" != "$HOSTNAME" ]; then seeds="$seeds${seeds:+,}$node.$SERVICE"; fi
  i=$((i + 1))
done
export CASSANDRA_SEEDS="$seeds"
if [ "$NODES" = 1 ]; then
  # Without other nodes there is nothing to wait for.
  export JVM_EXTRA_OPTS="$JVM_EXTRA_OPTS -Dcassandra.ring_delay_ms=100 -Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.superuser_setup_delay_ms=0"
fi
# Cassandra's threads without work nap for 10 µs again and again before they park. With the kernel's default timer slack of
# 50 µs those naps are most of an idle node's CPU (bench/RESULTS.md). A kernel that refuses the write keeps its default.
{ echo 300000 >/proc/self/timerslack_ns; } 2>/dev/null
echo "timer slack in ns: $(cat /proc/self/timerslack_ns)"
exec docker-entrypoint.sh cassandra -f
