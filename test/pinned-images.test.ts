// An image by its tag alone is another one once somebody moves the tag.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { projectSources } from "./source-imports.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const IN_SOURCES = /["'`]((?:[a-z0-9.-]+\/)*[a-z0-9-]+:v?\d+[.-][\w.-]+)(@sha256:[0-9a-f]{64})?["'`]/g;
// In YAML, shell and sentences an image stands without quotes. What follows a colon in them, such as a port, has no dot or hyphen.
const IN_TEXTS = /(?<![\w.@/:-])((?:[a-z0-9<>.-]+\/)*[a-z0-9-]+:v?\d+[.-][\w.-]*\w)(@sha256:[0-9a-f]{64})?/g;
const TEXTS = ["docs/*.md", "infra/charts/**/values*.yaml", "Dockerfile"];

/** Images that a text names by their version alone, and why. */
const BY_VERSION: Readonly<Record<string, string>> = {
  "<registry>/cassandra:5.0.9": "a mirror's copy may have another digest (imageOf in infra/versions.ts)",
  "<registry>/node:24-bookworm-slim": "as above",
  "busybox:1.37": "an example of a reader's CronJob: no digest was at hand, and the sentence beside it says so",
  "jaegertracing/jaeger:2.14.1": "a reader's own trial on a laptop, for which no digest was at hand",
};

interface Named {
  file: string;
  name: string;
  digest: string | undefined;
}

function imagesIn(text: string, form: RegExp, file: string): Named[] {
  return [...text.matchAll(form)].map(([, name = "", digest]) => ({ file, name, digest }));
}

const sources = projectSources()
  .filter(({ file }) => !/\.test\.ts$|(?:^|\/)testing\//.test(file))
  .flatMap(({ file, text }) => imagesIn(text, IN_SOURCES, file));
const texts = globSync(TEXTS, { cwd: ROOT }).flatMap((file) =>
  imagesIn(readFileSync(join(ROOT, file), "utf8"), IN_TEXTS, file),
);

it("the images that sources name have digests", () => {
  expect(sources.filter(({ digest }) => digest === undefined)).toEqual([]);
  // It finds images in any form: with a registry's folder, with a version, with words.
  const [kind, node, cassandra] = [/^kindest\/node:v/, /^node:\d+-/, /^cassandra:\d+\.\d/];
  for (const form of [kind, node, cassandra])
    expect(sources.map(({ name }) => name)).toContainEqual(expect.stringMatching(form));
});

it("documents and the charts' values name images by digest, except the few of BY_VERSION", () => {
  const bare = texts.filter(({ digest }) => digest === undefined);
  expect(bare.filter(({ name }) => !Object.hasOwn(BY_VERSION, name))).toEqual([]);
  expect(new Set(bare.map(({ name }) => name))).toEqual(new Set(Object.keys(BY_VERSION)));
  expect(texts.map(({ file }) => file)).toContain("infra/charts/cassandra/values.yaml");
});

it("an image has one digest wherever it is named", () => {
  const digests = new Map<string, Set<string>>();
  for (const { name, digest } of [...sources, ...texts]) {
    if (digest !== undefined) digests.set(name, (digests.get(name) ?? new Set()).add(digest));
  }
  expect([...digests].filter(([, some]) => some.size > 1)).toEqual([]);
  expect(digests.size).toBeGreaterThan(2);
});

it("an image is found in a document without quotes, and a port is none", () => {
  const text =
    "FROM a-b:1.2-c\n| `<registry>/n:24-x` | image: k/n:v1.2.3. http://localhost:8090/a 127.0.0.1:9042 at 10:30";
  expect(imagesIn(text, IN_TEXTS, "").map(({ name }) => name)).toEqual([
    "a-b:1.2-c",
    "<registry>/n:24-x",
    "k/n:v1.2.3",
  ]);
});
