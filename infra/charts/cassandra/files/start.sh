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
exec docker-entrypoint.sh cassandra -f
