import { randomBytes } from "node:crypto";
import { chmod, chown, open, readFile, readlink, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { SystemError } from "../system-error.ts";

const NEW_FILE_MODE = 0o644;

/** The content of a small file, or null when it does not exist. */
export async function readIfPresent(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return null;
    throw systemErrorOf(error, `read ${path}`);
  }
}

/** Writes a kernel setting or another file that must be written in place. */
export async function writeInPlace(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw systemErrorOf(error, `write ${path}`);
  }
}

/**
 * Replaces a file in one step, so that a reader sees the old or the new one and a crash leaves either. Follows a
 * symbolic link, keeps owner and mode, and is on disk when done. `mode` is that of a file which did not exist.
 */
export async function replaceFile(path: string, content: string, mode = NEW_FILE_MODE): Promise<void> {
  try {
    const target = await linkTarget(path);
    const before = await stat(target).catch(() => null);
    const fresh = join(dirname(target), `.${randomBytes(6).toString("hex")}.hawser`);
    try {
      await writeDurably(fresh, content, mode);
      if (before !== null) {
        await chown(fresh, before.uid, before.gid);
        await chmod(fresh, before.mode & 0o7777);
      }
      await rename(fresh, target);
    } catch (error) {
      await rm(fresh, { force: true });
      // A file that is itself a mount point, as in containers, cannot be renamed over.
      if (codeOf(error) !== "EBUSY") throw error;
      await writeFile(target, content);
    }
  } catch (error) {
    throw systemErrorOf(error, `replace ${path}`);
  }
}

/** Removes a file, or what a symbolic link points to; one that is gone already is fine. */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(await linkTarget(path), { force: true });
  } catch (error) {
    throw systemErrorOf(error, `remove ${path}`);
  }
}

/** A failed call of `node:fs` as a SystemError. */
export function systemErrorOf(error: unknown, operation: string): SystemError {
  if (error instanceof SystemError) return error;
  const code = codeOf(error);
  const hint = code === "EACCES" || code === "EPERM" || code === "EROFS" ? "run as root, and let it be written" : "";
  return new SystemError({ code, operation, hint, cause: error });
}

/** Whether an error of `node:fs` says that the file is not there. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "UNKNOWN";
}

async function linkTarget(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    const target = await readlink(path).catch(() => null);
    return target === null ? path : resolve(dirname(path), target);
  }
}

async function writeDurably(path: string, content: string, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
