interface Container {
  name: string;
  image: string;
  command: readonly string[];
  env?: readonly { name: string; value: string }[];
  stdin?: boolean;
  stdinOnce?: boolean;
}

/** The spec of a pod on the functions' image that Pod Security's level `restricted` admits. */
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
