import { accessSync, constants } from "node:fs";
import { reasonOf } from "./file-reason.ts";
import { dataDir } from "./local-settings.ts";
import { makePrivateFolder } from "./private-files.ts";
import { SettingsError } from "./read.ts";

/** Makes the folder that PULSE_DATA_DIR names, unless it exists. @throws {SettingsError} when it cannot hold files */
export function makeDataFolder(folder: string): void {
  try {
    makePrivateFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { variable } = dataDir;
    throw new SettingsError(
      `${variable}: Expected a folder that exists or can be made, to write files into, got ${folder}: ${reasonOf(error)}`,
      {
        cause: error,
      },
    );
  }
}
