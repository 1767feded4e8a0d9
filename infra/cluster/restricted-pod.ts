interface Container {
  name: string;
  image: string;
  command: readonly string[];
}

/** The spec of a pod on the functions' own image that Pod Security's restricted level lets in. */
export function restrictedPod(container: Container): object {
  return {
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        ...container,
        imagePullPolicy: "IfNotPresent",
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      },
    ],
  };
}
