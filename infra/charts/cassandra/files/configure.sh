# Runs before each start of a node: takes the image's configuration and changes what no environment variable can.
set -eu
cp -R /etc/cassandra/. /conf
conf=/conf/cassandra.yaml

fail() { echo "$1" >&2; exit 1; }

edit() { # PATTERN SED-SCRIPT: fails at once for an image whose file lacks the pattern
  grep -Eq "$1" "$conf" || fail "Expected a line like $1 in cassandra.yaml, got none: use an image of Cassandra 5.0"
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

if [ -d /tls ]; then
  grep -q '^-----BEGIN PRIVATE KEY-----' /tls/tls.key ||
    fail "Expected a private key in PKCS#8 (BEGIN PRIVATE KEY) in the Secret's tls.key, got another form: convert it with \`openssl pkcs8 -topk8 -nodes\`"
  (umask 077 && cat /tls/tls.key /tls/tls.crt >/conf/node.pem)
  # Cassandra would take the image's own section and ours for one key given twice.
  awk '/^[a-z]/ { skip = /^(client|server)_encryption_options:/ } !skip' "$conf" >/conf/edited
  cat - /conf/edited >"$conf" <<YAML
client_encryption_options:
  enabled: true
  optional: $TLS_IS_OPTIONAL
  require_client_auth: $CLIENT_CERTIFICATES
  ssl_context_factory: { class_name: org.apache.cassandra.security.PEMBasedSslContextFactory }
  keystore: /etc/cassandra/node.pem
  truststore: /tls/ca.crt
server_encryption_options:
  internode_encryption: all
  optional: $TLS_IS_OPTIONAL
  require_client_auth: true
  ssl_context_factory: { class_name: org.apache.cassandra.security.PEMBasedSslContextFactory }
  keystore: /etc/cassandra/node.pem
  truststore: /tls/ca.crt
YAML
  rm /conf/edited
fi
