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

{{- /* The settings that lead to Cassandra as a role: (list context role). */ -}}
{{- define "pulsemesh.cassandraEnv" -}}
{{- $context := index . 0 -}}
{{- with $context.Values.cassandra -}}
- { name: PULSE_CASSANDRA_CONTACT_POINTS, value: {{ .contactPoints | quote }} }
- { name: PULSE_CASSANDRA_LOCAL_DC, value: {{ .localDataCenter }} }
- { name: PULSE_CASSANDRA_KEYSPACE, value: {{ .keyspace }} }
- { name: PULSE_CASSANDRA_USER, value: {{ index $ 1 }} }
- { name: PULSE_CASSANDRA_PASSWORD_FILE, value: /secrets/cassandra/password }
- { name: PULSE_RETENTION_DAYS, value: {{ $context.Values.retentionDays | quote }} }
{{- end }}
{{- end }}

{{- define "pulsemesh.passwordVolume" -}}
{{- $context := index . 0 -}}
- name: cassandra
  secret:
    secretName: {{ $context.Values.cassandra.passwordSecret }}
    items: [{ key: {{ index . 1 }}, path: password }]
{{- end }}
