// Coverage counts in Vitest's own processes, which need code from no cache. So Vitest turns Node's cache of compiled code off in
// them, and their children would inherit that. Nothing counts in the children, and with the cache they take half the CPU to start.
delete process.env.NODE_DISABLE_COMPILE_CACHE;
