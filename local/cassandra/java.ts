import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** A Java that runs Cassandra 5.0. */
export interface Java {
  /** The path of the `java` program. */
  program: string;
  /** As `java -version` prints it, such as `17.0.15`. */
  version: string;
}

/** How a program ended. */
export interface Ended {
  code: number | null;
  output: string;
}

/** Finds Java 17 in JAVA_HOME or on the PATH, or says why there is none. Cassandra 5.0 runs on Java 11 and 17 only. */
export async function findJava(env: NodeJS.ProcessEnv): Promise<Java | string> {
  const candidates = env.JAVA_HOME === undefined ? ["java"] : [join(env.JAVA_HOME, "bin", "java"), "java"];
  let reason = "no `java` on the PATH";
  for (const program of candidates) {
    if (program !== "java" && !existsSync(program)) continue;
    const { code, output } = await runProgram(program, ["-version"]);
    const version = /version "([^"]+)"/.exec(output)?.[1];
    if (code !== 0 || version === undefined) continue;
    if (version.startsWith("17.")) return { program, version };
    reason = `Java ${version} where 17 is needed`;
  }
  return reason;
}

/** Runs a program to its end and keeps the last of its output. The code is `null` for a program that does not exist. */
export async function runProgram(program: string, args: readonly string[], cwd?: string): Promise<Ended> {
  return await new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const gather = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000);
    };
    child.stdout.on("data", gather);
    child.stderr.on("data", gather);
    child.once("error", (error) => resolve({ code: null, output: String(error) }));
    child.once("close", (code) => resolve({ code, output }));
  });
}
