import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FolderInUseError, lockFolder } from "./lock.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

describe("the lock of a data folder", () => {
  it("is refused while somebody holds it, and free afterwards", () => {
    const folder = `${temporaryFolder()}/data`;
    const release = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(FolderInUseError);
    expect(() => lockFolder(folder)).toThrow(`in use by process ${process.pid}: stop that one`);
    release();
    lockFolder(folder)();
  });

  it("is held while its holder lives, although its garbage is collected, and free after kill -9", async () => {
    const folder = temporaryFolder();
    const lockModule = fileURLToPath(new URL("lock.ts", import.meta.url));
    const code = `(await import(${JSON.stringify(lockModule)})).lockFolder(process.argv[1]);
      setImmediate(() => { gc(); setImmediate(() => console.log("locked")); }); setInterval(() => 0, 1000);`;
    const child = spawn(process.execPath, ["--expose-gc", "--input-type=module", "-e", code, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    expect(() => lockFolder(folder)).toThrow(`process ${child.pid}`);
    child.kill("SIGKILL");
    await once(child, "exit");
    lockFolder(folder)();
  });
});
