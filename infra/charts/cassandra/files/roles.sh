# Runs after each install and upgrade: replaces cassandra/cassandra by three roles, and gives them the passwords of the Secret.
# Running it again is safe.
set -eu
umask 077
cqlshrc=
[ ! -d /tls ] || cqlshrc=--cqlshrc=/scripts/cqlshrc

password() { sed "s/'/''/g" "/passwords/$1"; } # KEY: as CQL quotes it

cql() { # USER PASSWORD: runs the statements on its standard input
  printf '[PlainTextAuthProvider]\nusername = %s\npassword = %s\n' "$1" "$2" >/tmp/credentials
  cqlsh $cqlshrc --credentials=/tmp/credentials --request-timeout=30 "$SERVICE" 9042
}

admin=$(cat /passwords/admin)

is_admin() { echo 'LIST ROLES;' | cql admin "$admin" >/dev/null 2>&1; }

# After a change of the Secret, Cassandra knows the admin by a former password only.
take_over() {
  [ -e /passwords/former-admin ] || return 1
  for former in $(cat /passwords/former-admin); do
    echo "ALTER ROLE admin WITH PASSWORD = '$(password admin)';" | cql admin "$former" && return 0
  done
  return 1
}

create() { echo "CREATE ROLE admin WITH SUPERUSER = true AND LOGIN = true AND PASSWORD = '$(password admin)';" | cql cassandra cassandra; }

# The first superuser appears some seconds after the CQL port opens.
tries=0
until is_admin || take_over || create; do
  tries=$((tries + 1))
  [ "$tries" -lt 40 ] || {
    echo "Expected to log in as admin with the Secret's password admin, with one of former-admin, or as cassandra, got refused for two minutes: put the password that Cassandra has into the Secret's key former-admin" >&2
    exit 1
  }
  sleep 2
done

cql admin "$admin" <<CQL
ALTER ROLE cassandra WITH SUPERUSER = false AND LOGIN = false;
ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy', '$DATA_CENTER': $NODES};
CREATE KEYSPACE IF NOT EXISTS $KEYSPACE WITH replication = {'class': 'NetworkTopologyStrategy', '$DATA_CENTER': $NODES};
CREATE ROLE IF NOT EXISTS pulsemesh_schema WITH LOGIN = true;
ALTER ROLE pulsemesh_schema WITH PASSWORD = '$(password schema)';
GRANT CREATE ON KEYSPACE $KEYSPACE TO pulsemesh_schema;
GRANT ALTER ON KEYSPACE $KEYSPACE TO pulsemesh_schema;
GRANT SELECT ON KEYSPACE $KEYSPACE TO pulsemesh_schema;
GRANT MODIFY ON KEYSPACE $KEYSPACE TO pulsemesh_schema;
CREATE ROLE IF NOT EXISTS pulsemesh WITH LOGIN = true;
ALTER ROLE pulsemesh WITH PASSWORD = '$(password pulsemesh)';
GRANT SELECT ON KEYSPACE $KEYSPACE TO pulsemesh;
GRANT MODIFY ON KEYSPACE $KEYSPACE TO pulsemesh;
CQL
echo "The roles admin, pulsemesh_schema and pulsemesh are as they should be."
