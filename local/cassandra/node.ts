import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { takesConnections } from "../../settings/tcp-ports.ts";
import { endWithThisProcess } from "../lifeline.ts";
import { cassandraYaml, javaArguments, logbackXml, type NodeConfiguration } from "./configuration.ts";
import type { Java } from "./java.ts";

/** One Cassandra node. */
export interface CassandraNode {
  readonly address: string;
  /** Changes with each start; `undefined` while the node does not run, and always for a container. */
  readonly pid: number | undefined;
  /** Kills the node without a flush (SIGKILL) and resolves when the process is gone. */
  kill(): Promise<void>;
  /** Stops the node from answering while its connections stay open (SIGSTOP). */
  freeze(): Promise<void>;
  /** Undoes `freeze` (SIGCONT). */
  thaw(): Promise<void>;
  /** Ends the node if it runs, starts it on its data, and resolves when it takes connections. */
  restart(): Promise<void>;
  /** Ends the node in good order. */
  stop(): Promise<void>;
}

export interface JavaNodeOptions {
  java: Java;
  jars: string;
  /** Keeps the archive of loaded classes, with which a start takes half the time. */
  cacheDir: string;
  configuration: NodeConfiguration;
  javaAgent: string | undefined;
  /** Starts quickly, at half the peak speed. */
  isForTests: boolean;
  startTimeoutMs: number;
  /** Called when a node that had come up ends, and nobody asked it to; `how` is its exit code or signal. */
  onEnd?: ((node: CassandraNode, how: string) => void) | undefined;
}

const MAIN_CLASS = "org.apache.cassandra.service.CassandraDaemon";

/** Starts a node as a process of this machine. @throws with the end of its log when the node does not come up */
export async function startJavaNode(options: JavaNodeOptions): Promise<CassandraNode> {
  const node = new JavaNode(options);
  await node.restart();
  return node;
}

class JavaNode implements CassandraNode {
  readonly #options: JavaNodeOptions;
  #child: ChildProcess | undefined;
  #newArchive: string | undefined;
  #isEnding = false;

  constructor(options: JavaNodeOptions) {
    this.#options = options;
  }

  get address(): string {
    return this.#options.configuration.address;
  }

  get pid(): number | undefined {
    return isRunning(this.#child) ? this.#child?.pid : undefined;
  }

  async restart(): Promise<void> {
    await this.#end("SIGTERM");
    this.#isEnding = false;
    const { java, jars, configuration, startTimeoutMs } = this.#options;
    const { dir } = configuration;
    await mkdir(join(dir, "tmp"), { recursive: true });
    await writeFile(join(dir, "cassandra.yaml"), cassandraYaml(configuration), { mode: 0o600 });
    await writeFile(join(dir, "logback.xml"), logbackXml(dir));
    const output = openSync(join(dir, "output.log"), "a");
    // In a separate process group: Ctrl-C reaches this process only, which ends the nodes in good order.
    const child = spawn(java.program, [...this.#speed(), ...javaArguments(configuration, jars), MAIN_CLASS], {
      cwd: dir,
      detached: true,
      stdio: ["ignore", output, output],
    });
    endWithThisProcess(child);
    this.#child = child;
    const failed = once(child, "error").then(([error]) => Promise.reject(error));
    failed.catch(() => {});
    const deadline = Date.now() + startTimeoutMs;
    while (!(await Promise.race([takesConnections(configuration.address, configuration.cqlPort), failed]))) {
      if (!isRunning(child) || Date.now() > deadline) {
        const why = isRunning(child) ? `nothing after ${startTimeoutMs / 1000} s` : "one that ended";
        await this.kill();
        throw new Error(
          `Expected a Cassandra node on ${configuration.address}:${configuration.cqlPort}, got ${why}:\n` +
            `${await tailOf(dir)}\nThe whole log is ${join(dir, "node.log")}.`,
        );
      }
      await delay(50);
    }
    child.once("exit", (code, signal) => {
      if (!this.#isEnding) this.#options.onEnd?.(this, signal ?? `exit code ${code}`);
    });
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async freeze(): Promise<void> {
    this.#child?.kill("SIGSTOP");
  }

  async thaw(): Promise<void> {
    this.#child?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    this.#child?.kill("SIGCONT");
    // A test's data goes anyway: its node ends in good order (4 s) only to write the archive.
    await this.#end(this.#options.isForTests && this.#newArchive === undefined ? "SIGKILL" : "SIGTERM");
    const archive = this.#newArchive;
    this.#newArchive = undefined;
    if (archive !== undefined && existsSync(archive)) await rename(archive, this.#archive());
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#isEnding = true;
    const child = this.#child;
    if (child !== undefined && isRunning(child)) {
      const ended = once(child, "exit");
      child.kill(signal);
      const isLate = await Promise.race([ended.then(() => false), delay(30_000, true, { ref: false })]);
      if (isLate) {
        child.kill("SIGKILL");
        await ended;
      }
    }
  }

  #speed(): string[] {
    const { isForTests, javaAgent } = this.#options;
    const archive = this.#archive();
    const quick = isForTests
      ? ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
      : ["-XX:+UseG1GC", "-XX:MaxGCPauseMillis=300"];
    // With an agent Java writes no archive, and refuses to start when asked for one.
    if (javaAgent !== undefined) return [...quick, `-javaagent:${javaAgent}`];
    if (existsSync(archive)) return [...quick, `-XX:SharedArchiveFile=${archive}`, "-Xshare:auto"];
    // This node writes the archive when it ends in good order; later nodes use it.
    this.#newArchive = `${archive}.${process.pid}.${this.address}`;
    return [...quick, `-XX:ArchiveClassesAtExit=${this.#newArchive}`, "-Xlog:cds=off", "-Xlog:cds+dynamic=off"];
  }

  #archive(): string {
    const { cacheDir, java, isForTests } = this.#options;
    // An archive fits one version of Java and one collector.
    return join(cacheDir, `classes-${java.version}-${isForTests ? "serial" : "g1"}.jsa`);
  }
}

function isRunning(child: ChildProcess | undefined): boolean {
  return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

async function tailOf(dir: string): Promise<string> {
  for (const name of ["node.log", "output.log"]) {
    const log = await readFile(join(dir, name), "utf8").catch(() => "");
    const lines = log.trimEnd().split("\n");
    const errors = lines.filter((line) => /ERROR|Exception|Error:/.test(line));
    if (log !== "") return (errors.length > 0 ? errors : lines).slice(-8).join("\n");
  }
  return "(it wrote no log)";
}
