// For test files that share a process: each gets new instances of the project's modules, so that none meets what an earlier file
// left in them, such as a double that was closed. The packages from node_modules/ stay loaded, which is what sharing is for.
import { vi } from "vitest";

vi.resetModules();
