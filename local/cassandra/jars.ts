import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { makePrivateFolder } from "../../settings/private-files.ts";
import { runProgram } from "./java.ts";

export const CASSANDRA_VERSION = "5.0.9";
const COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
const CHECKSUMS = "SHA256SUMS";

/** The folder that keeps downloads for all of a user's clones: the cache of the XDG Base Directory Specification. */
export function cacheDirOf(env: NodeJS.ProcessEnv): string {
  // The specification has relative paths ignored.
  const { XDG_CACHE_HOME: named = "", HOME: home = homedir() } = env;
  return join(isAbsolute(named) ? named : join(home, ".cache"), "pulsemesh", "cassandra");
}

/** The folder of the jars in the cache. */
export function jarsFolderOf(cacheDir: string): string {
  return join(cacheDir, `jars-${CASSANDRA_VERSION}`);
}

/** Whether the jars are in the cache or Maven is there to get them; provideJars checks both. */
export async function canProvideJars(cacheDir: string): Promise<boolean> {
  return existsSync(join(jarsFolderOf(cacheDir), CHECKSUMS)) || (await runProgram("mvn", ["--version"])).code === 0;
}

/** A folder with Cassandra's jars: the cache's if its checksums hold, or one that Maven fills. @throws with the remedy */
export async function provideJars(cacheDir: string, say: (line: string) => void): Promise<string> {
  const folder = jarsFolderOf(cacheDir);
  const fault = await checkJars(folder);
  if (fault === undefined) return folder;
  if (fault !== "absent") {
    say(`Cassandra's jars in ${folder} are damaged (${fault}): getting them again`);
    await rm(folder, { recursive: true, force: true });
  }
  const started = performance.now();
  say(`Getting Cassandra ${CASSANDRA_VERSION} by Maven (about 70 MB, once) …`);
  makePrivateFolder(cacheDir);
  // Downloaded aside and moved into place whole: neither an interrupted download nor two at once leave half a folder.
  const aside = await mkdtemp(join(cacheDir, "download-"));
  try {
    await writeFile(join(aside, "pom.xml"), POM);
    const maven = await runProgram(
      "mvn",
      ["-B", "-q", COPY, "-DoutputDirectory=jars", "-DincludeScope=runtime"],
      aside,
    );
    if (maven.code !== 0) {
      throw new Error(
        `Expected Maven to bring org.apache.cassandra:cassandra-all:${CASSANDRA_VERSION}, got:\n${maven.output.trim()}\n` +
          "Check that this machine reaches a Maven repository (~/.m2/settings.xml names a mirror), then try again.",
      );
    }
    await writeFile(join(aside, "jars", CHECKSUMS), await checksumsOf(join(aside, "jars")));
    await rename(join(aside, "jars"), folder).catch(async (error: unknown) => {
      if ((await checkJars(folder)) !== undefined) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  say(`Cassandra's jars are in ${folder} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
  return folder;
}

/** What is wrong with the jars in a folder; `undefined` when nothing is. */
export async function checkJars(folder: string): Promise<string | undefined> {
  const kept = await readFile(join(folder, CHECKSUMS), "utf8").catch(() => undefined);
  if (kept === undefined) return "absent";
  const found = new Set((await checksumsOf(folder)).split("\n"));
  const missing = kept.split("\n").find((line) => !found.has(line));
  if (missing !== undefined) return `${missing.slice(66)} is not what it was`;
  return found.size === kept.split("\n").length ? undefined : "there are more files than were put there";
}

// In the format of sha256sum, so that a person can run `sha256sum -c`.
async function checksumsOf(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".jar")).sort();
  const lines: string[] = [];
  for (const name of names) {
    const hash = createHash("sha256");
    await pipeline(createReadStream(join(folder, name)), hash);
    lines.push(`${hash.digest("hex")}  ${name}`);
  }
  return `${lines.join("\n")}\n`;
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.pulsemesh</groupId><artifactId>cassandra-node</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.cassandra</groupId><artifactId>cassandra-all</artifactId><version>${CASSANDRA_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;
