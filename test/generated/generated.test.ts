import { testGeneratedInputs } from "./properties.ts";

// A fixed seed: what fails here was broken by the last change.
testGeneratedInputs({
  inputs: Number(process.env.GENERATED_INPUTS ?? 600),
  seed: Number(process.env.GENERATED_SEED ?? 1),
});
