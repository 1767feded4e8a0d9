{{- /* Overrides for a small, busy machine, from a map of container to deployments. */ -}}
{{- define "knative.smallWorkloads" -}}
{{- range $container, $deployments := . }}
{{- range $deployments }}
- name: {{ . }}
  resources:
    - container: {{ $container }}
      requests: { cpu: 10m, memory: 40Mi }
  livenessProbes:
    - container: {{ $container }}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
{{- end }}
{{- end }}
{{- end }}

{{- /* The rule of a NetworkPolicy that lets Prometheus in. */ -}}
{{- define "knative.scraping" -}}
{{- with .Values.monitoring }}
{{- if .enabled }}
- from:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .namespace }}
      podSelector:
        matchLabels: {{- toYaml .podLabels | nindent 10 }}
  ports: [{ port: metrics }]
{{- end }}
{{- end }}
{{- end }}
