{{- define "knative.workloads" -}}
{{- range $container, $deployments := . }}
{{- range $deployments }}
- name: {{ . }}
  resources:
    - container: {{ $container }}
      requests: { cpu: 20m, memory: 40Mi }
{{- end }}
{{- end }}
{{- end }}
