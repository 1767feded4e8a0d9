{{- /* Overrides of deployments, from a map of container to deployments: what a small, busy machine can give. */ -}}
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
