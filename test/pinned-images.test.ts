// An image by its tag alone is another one once somebody moves the tag.
import { expect, it } from "vitest";
import { projectSources } from "./source-imports.ts";

const IMAGE = /["'`]((?:[a-z0-9.-]+\/)*[a-z0-9-]+:v?\d+[.-][\w.-]+)(@sha256:[0-9a-f]{64})?["'`]/g;

it("the images that sources name have digests", () => {
  const sources = projectSources().filter(({ file }) => !/\.test\.ts$|(?:^|\/)testing\//.test(file));
  const images = sources.flatMap(({ file, text }) =>
    [...text.matchAll(IMAGE)].map(([, name, digest]) => ({ file, name, isPinned: digest !== undefined })),
  );
  expect(images.filter(({ isPinned }) => !isPinned)).toEqual([]);
  // It finds images in any form: with a registry's folder, with a version, with words.
  const [kind, node, cassandra] = [/^kindest\/node:v/, /^node:\d+-/, /^cassandra:\d+\.\d/];
  for (const form of [kind, node, cassandra])
    expect(images.map(({ name }) => name)).toContainEqual(expect.stringMatching(form));
});
