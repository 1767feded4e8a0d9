# Runs before each start of a node: takes the image's configuration and changes what no environment variable can.
set -eu
cp -R /etc/cassandra/. /conf
conf=/conf/cassandra.yaml

edit() { # PATTERN SED-SCRIPT: fails at once for an image whose file lacks the pattern
  grep -Eq "$1" "$conf" || { echo "Expected a line like $1 in cassandra.yaml, got none: use an image of Cassandra 5.0" >&2; exit 1; }
  sed -Ei "$2" "$conf"
}

edit 'AllowAllAuthenticator' 's/AllowAllAuthenticator/PasswordAuthenticator/'
edit 'AllowAllAuthorizer' 's/AllowAllAuthorizer/CassandraAuthorizer/'
# A node whose disk fails must end, so that Kubernetes restarts it. By default it stays and answers nothing.
edit '^disk_failure_policy:' 's/^disk_failure_policy:.*/disk_failure_policy: die/'
edit '^commit_failure_policy:' 's/^commit_failure_policy:.*/commit_failure_policy: die/'
if [ "$NODES" = 1 ]; then
  # No other node has a copy, so an answer must wait for the fsync.
  edit '^commitlog_sync: ' 's/^commitlog_sync: .*/commitlog_sync: batch/; s/^commitlog_sync_period:/# &/'
fi
