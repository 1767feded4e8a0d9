# Runs before each start of a node: the image's own configuration, with what an environment variable cannot change.
set -eu
cp -R /etc/cassandra/. /conf
conf=/conf/cassandra.yaml

edit() { # PATTERN SED-SCRIPT: the pattern must be there, so that another image's file fails here and not later
  grep -Eq "$1" "$conf" || { echo "Expected a line like $1 in cassandra.yaml, got none: use an image of Cassandra 5.0" >&2; exit 1; }
  sed -Ei "$2" "$conf"
}

edit 'AllowAllAuthenticator' 's/AllowAllAuthenticator/PasswordAuthenticator/'
edit 'AllowAllAuthorizer' 's/AllowAllAuthorizer/CassandraAuthorizer/'
# A node whose disk fails ends, and Kubernetes starts it anew: else it stays as a process that answers nothing.
edit '^disk_failure_policy:' 's/^disk_failure_policy:.*/disk_failure_policy: die/'
edit '^commit_failure_policy:' 's/^commit_failure_policy:.*/commit_failure_policy: die/'
if [ "$NODES" = 1 ]; then
  # Nobody else has what this node has answered for: an answer waits for the fsync.
  edit '^commitlog_sync: ' 's/^commitlog_sync: .*/commitlog_sync: batch/; s/^commitlog_sync_period:/# &/'
fi
