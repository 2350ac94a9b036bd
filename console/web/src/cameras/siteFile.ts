/** What a site file seems to hold, for the question before it is sent; the server is who reads it. Pure. */

/** How many cameras it has: headings of the table, not of those within it, and not what is commented out. */
export function camerasIn(text: string): number {
  return (text.match(/^[ \t]*\[\[[ \t]*camera[ \t]*\]\]/gm) ?? []).length
}
