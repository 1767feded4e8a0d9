# A node that is its own seed does not bootstrap, which only the first one may do; all others ask every node but themselves.
seeds=
i=0
while [ "$i" -lt "$NODES" ]; do
  node="$SERVICE-$i"
  if [ "$i" = 0 ] || [ "$node" != "$HOSTNAME" ]; then seeds="$seeds${seeds:+,}$node.$SERVICE"; fi
  i=$((i + 1))
done
export CASSANDRA_SEEDS="$seeds"
if [ "$NODES" = 1 ]; then
  # Nobody else's word is to be waited for.
  export JVM_EXTRA_OPTS="$JVM_EXTRA_OPTS -Dcassandra.ring_delay_ms=100 -Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.superuser_setup_delay_ms=0"
fi
# Threads of Cassandra that have run out of work nap for 10 µs, again and again, before they rest. With the kernel's usual leeway of
# 50 µs that is most of what a node spends while little is asked of it (bench/RESULTS.md). A kernel that refuses keeps its own.
{ echo 300000 >/proc/self/timerslack_ns; } 2>/dev/null
echo "timer slack in ns: $(cat /proc/self/timerslack_ns)"
exec docker-entrypoint.sh cassandra -f
