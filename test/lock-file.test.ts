// Every package comes as it was when it was locked: npm compares what it gets with the integrity in the lock file.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface Locked {
  integrity?: string;
  /** It comes inside the archive of the package whose folder is around it. */
  inBundle?: boolean;
}

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Locked> };

/** The folders of packages that npm would install without a comparison. */
function uncheckedIn(locked: Record<string, Locked>): string[] {
  const isChecked = (folder: string): boolean => {
    const { integrity, inBundle = false } = locked[folder] ?? {};
    const around = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")));
    return inBundle ? around !== "" && isChecked(around) : /^sha512-[\w+/]{86}==$/.test(integrity ?? "");
  };
  return Object.keys(locked).filter((folder) => folder !== "" && !isChecked(folder));
}

it("has the integrity of each package, those for other platforms too", () => {
  expect(Object.keys(packages).length).toBeGreaterThan(100);
  expect(uncheckedIn(packages)).toEqual([]);
});

it("would show a package without one, and one inside such a package", () => {
  const [name = "", whole] = Object.entries(packages).find(([folder]) => folder === "node_modules/cdktf") ?? [];
  const { integrity: _, ...bare } = whole as Locked;
  const unchecked = uncheckedIn({ ...packages, [name]: bare });
  expect(unchecked).toContain(name);
  expect(unchecked).toContain("node_modules/cdktf/node_modules/archiver");
});
