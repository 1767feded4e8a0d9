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
