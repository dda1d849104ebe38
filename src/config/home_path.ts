/** A path that begins with `~/`: a shell makes it whole at the beginning of a word, and nowhere else. */

/**
 * The path as it is; one that begins with `~/`, or is `~`, with the home directory in front; null when that is not known.
 * (Another one's, `~name/`, is a directory of that name.)
 */
export function fromHome(path: string, home: string | undefined): string | null {
  if (path !== "~" && !path.startsWith("~/")) return path;
  return home === undefined || home === "" ? null : home.replace(/\/+$/, "") + path.slice(1);
}
