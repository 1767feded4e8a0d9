# Runs after each install and upgrade: replaces cassandra/cassandra by three roles. Running it again is safe.
set -eu
umask 077
admin=$(cat /passwords/admin) schema=$(cat /passwords/schema) pulsemesh=$(cat /passwords/pulsemesh)

cql() { # USER PASSWORD: runs the statements on its standard input
  printf '[PlainTextAuthProvider]\nusername = %s\npassword = %s\n' "$1" "$2" >/tmp/credentials
  cqlsh --credentials=/tmp/credentials --request-timeout=30 "$SERVICE" 9042
}

is_admin() { echo 'LIST ROLES;' | cql admin "$admin" >/dev/null 2>&1; }

# The first superuser appears some seconds after the CQL port opens.
tries=0
until is_admin || echo "CREATE ROLE admin WITH SUPERUSER = true AND LOGIN = true AND PASSWORD = '$admin';" | cql cassandra cassandra; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { echo "Expected to log in as admin or as cassandra, got refused for two minutes" >&2; exit 1; }
  sleep 2
done

cql admin "$admin" <<CQL
ALTER ROLE cassandra WITH SUPERUSER = false AND LOGIN = false;
ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy', '$DATA_CENTER': $NODES};
CREATE KEYSPACE IF NOT EXISTS $KEYSPACE WITH replication = {'class': 'NetworkTopologyStrategy', '$DATA_CENTER': $NODES};
CREATE ROLE IF NOT EXISTS pulsemesh_schema WITH LOGIN = true;
ALTER ROLE pulsemesh_schema WITH PASSWORD = '$schema';
GRANT CREATE ON KEYSPACE $KEYSPACE TO pulsemesh_schema;
GRANT ALTER ON KEYSPACE $KEYSPACE TO pulsemesh_schema;
GRANT SELECT ON KEYSPACE $KEYSPACE TO pulsemesh_schema;
GRANT MODIFY ON KEYSPACE $KEYSPACE TO pulsemesh_schema;
CREATE ROLE IF NOT EXISTS pulsemesh WITH LOGIN = true;
ALTER ROLE pulsemesh WITH PASSWORD = '$pulsemesh';
GRANT SELECT ON KEYSPACE $KEYSPACE TO pulsemesh;
GRANT MODIFY ON KEYSPACE $KEYSPACE TO pulsemesh;
CQL
echo "The roles admin, pulsemesh_schema and pulsemesh are as they should be."
