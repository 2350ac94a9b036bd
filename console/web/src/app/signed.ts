/** Signed addresses of pictures: each new answer of the server signs them anew, and a new address loads, and audits, the picture again. */
import { serverNow } from './clock'

/** Time enough for a picture to load before its address lapses. */
const SPARE_MS = 20_000

/** When an address lapses, Unix milliseconds; never, where it does not say. */
export function lapsesAt(url: string): number {
  const expires = /[?&]expires=(\d+)/.exec(url)?.[1]
  return expires === undefined ? Infinity : Number(expires) * 1000
}

/** The address to show: the one on the screen while it is good and means the same file, else the new one. */
export function steadyUrl(shown: string | null | undefined, fresh: string | null | undefined, now = serverNow()): string | null {
  if (!shown || !fresh) return fresh ?? null
  const same = shown.split('?')[0] === fresh.split('?')[0]
  return same && lapsesAt(shown) - now > SPARE_MS ? shown : fresh
}
