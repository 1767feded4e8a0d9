{{- define "pulsemesh.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "pulsemesh.labels" -}}
app.kubernetes.io/part-of: pulsemesh
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "pulsemesh.broker" -}}
{{ (index .Values.triggers 0).spec.broker }}
{{- end }}

{{- define "pulsemesh.sink" -}}
{{- $ingress := ternary "kafka-broker-ingress" "broker-ingress" (eq .Values.broker.class "Kafka") -}}
{{ .Values.sink | default (printf "http://%s.knative-eventing.svc.cluster.local/%s/%s" $ingress .Release.Namespace (include "pulsemesh.broker" .)) }}
{{- end }}

{{- define "pulsemesh.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- /* The settings of the store, which all its processes need alike, and that lead to Cassandra as a role: (list context role). */ -}}
{{- define "pulsemesh.cassandraEnv" -}}
{{- $context := index . 0 -}}
{{- with $context.Values.cassandra -}}
- { name: PULSE_CASSANDRA_CONTACT_POINTS, value: {{ .contactPoints | quote }} }
- { name: PULSE_CASSANDRA_LOCAL_DC, value: {{ .localDataCenter }} }
- { name: PULSE_CASSANDRA_KEYSPACE, value: {{ .keyspace }} }
- { name: PULSE_CASSANDRA_USER, value: {{ index $ 1 }} }
- { name: PULSE_CASSANDRA_PASSWORD_FILE, value: /secrets/cassandra/password }
- { name: PULSE_HISTORY_DAYS, value: {{ $context.Values.historyDays | quote }} }
- { name: PULSE_SEAL_SECONDS, value: {{ $context.Values.sealSeconds | quote }} }
{{- if .tls.secret }}
- { name: PULSE_CASSANDRA_CA_FILE, value: /secrets/cassandra-tls/ca.crt }
{{- if .tls.clientCertificate }}
- { name: PULSE_CASSANDRA_CERT_FILE, value: /secrets/cassandra-tls/tls.crt }
- { name: PULSE_CASSANDRA_KEY_FILE, value: /secrets/cassandra-tls/tls.key }
{{- end }}
{{- with .tls.serverName }}
- { name: PULSE_CASSANDRA_TLS_SERVER_NAME, value: {{ . | quote }} }
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "pulsemesh.cassandraMounts" -}}
- { name: cassandra, mountPath: /secrets/cassandra, readOnly: true }
{{- if .Values.cassandra.tls.secret }}
- { name: cassandra-tls, mountPath: /secrets/cassandra-tls, readOnly: true }
{{- end }}
{{- end }}

{{- /* The volumes for a role's password and for TLS: (list context key). */ -}}
{{- define "pulsemesh.cassandraVolumes" -}}
{{- $context := index . 0 -}}
- name: cassandra
  secret:
    secretName: {{ $context.Values.cassandra.passwordSecret }}
    items: [{ key: {{ index . 1 }}, path: password }]
{{- with $context.Values.cassandra.tls }}
{{- if .secret }}
- name: cassandra-tls
  secret:
    secretName: {{ .secret }}
    items:
      - { key: ca.crt, path: ca.crt }
      {{- if .clientCertificate }}
      - { key: tls.crt, path: tls.crt }
      - { key: tls.key, path: tls.key }
      {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The milliseconds of a duration such as PT0.2S: the schema has no other unit. Whole, because older Helm cannot reckon with fractions. */}}
{{- define "pulsemesh.milliseconds" -}}
{{- $fraction := regexFind "[.][0-9]+" . | trimPrefix "." }}
{{- add (mul 1000 (regexFind "[0-9]+" . | atoi)) (printf "%s000" $fraction | trunc 3 | atoi) }}
{{- end }}

{{- /* `hold mean` in minutes of the ledger's alert for a delivery: as dashboards/rules/ledger-times.ts, which says why. */}}
{{- define "pulsemesh.ledgerTimes" -}}
{{- $retry := int .retry }}
{{- $delay := include "pulsemesh.milliseconds" (default "PT0S" .backoffDelay) | int64 }}
{{- $all := mul (include "pulsemesh.milliseconds" (default "PT30S" .timeout) | int64) (add1 $retry) }}
{{- $isExponential := eq (default "" .backoffPolicy) "exponential" }}
{{- $wait := ternary $delay 0 $isExponential }}
{{- range until $retry }}
{{- $all = add $all $wait }}
{{- $wait = ternary (mul $wait 2) (add $wait $delay) $isExponential }}
{{- end }}
{{- $hold := mul 5 (div (add $all 599999) 300000) }}
{{- if gt $hold 30 }}
{{- $hold = add $hold 60 }}
{{- end }}
{{- printf "%d %d" $hold (max 1 (sub (mul 2 $hold) 60)) }}
{{- end }}
