const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is none",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
  EEXIST: "it is a file",
  ENOTDIR: "a part of the path is a file",
  EROFS: "it can only be read",
};

/** Why a file or a folder cannot be used, in words. */
export function reasonOf(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}
