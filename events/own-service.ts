/**
 * The service by which PulseMesh pulses itself, through its broker and its store: where its pulse is missing, the silence of all
 * others tells nothing. It is read by its name, and is in no list of services.
 */
export const OWN_SERVICE = "pulsemesh/self";
