import { testGeneratedInputs } from "./properties.ts";

// Another seed each time; a failure prints it.
const { GENERATED_INPUTS = "200000", GENERATED_SEED = String(Date.now() % 1_000_000_000) } = process.env;
testGeneratedInputs({ inputs: Number(GENERATED_INPUTS), seed: Number(GENERATED_SEED) });
