/** How a camera was, day by day: stretches cut at midnight, and what lies between them as time of which nobody knows. Pure. */
import type { Schemas } from '@/api/client'

export type Was = Schemas['Health'] | 'unknown'
export type Span = Schemas['WatchSpan']

export interface Piece {
  was: Was
  /** Unix milliseconds. */
  from: number
  until: number
}

/** Workers say once a minute how a camera is; after so much silence nobody knows, milliseconds. */
const SILENCE_MS = 180_000

/** The whole time from one moment to another: what is said of it, and the holes. */
export function whole(spans: readonly Span[], from: number, until: number): Piece[] {
  const out: Piece[] = []
  let at = from
  for (const span of spans) {
    const [a, b] = [Math.max(at, Date.parse(span.from)), Math.min(until, Date.parse(span.until))]
    if (b <= a) continue
    if (a > at) out.push({ was: 'unknown', from: at, until: a })
    out.push({ was: span.health, from: a, until: b })
    at = b
  }
  const last = out.at(-1)
  if (last && until - at <= SILENCE_MS) last.until = until
  else if (at < until) out.push({ was: 'unknown', from: at, until })
  return out
}

export interface Day {
  date: string
  pieces: { was: Was; x: number; w: number }[]
}

/**
 * By local day, newest first; `x` and `w` are shares of the day. `local` gives the wall clock of a moment as
 * `2026-11-23 18:30:05`.
 */
export function byDay(pieces: readonly Piece[], local: (at: number) => string): Day[] {
  const days = new Map<string, Day>()
  for (const piece of pieces) {
    let at = piece.from
    while (at < piece.until) {
      const wall = local(at)
      const date = wall.slice(0, 10)
      const passed = Date.parse(`1970-01-01T${wall.slice(11)}Z`) + (at % 1000)
      const end = Math.min(piece.until, at + 86_400_000 - passed)
      const day = days.get(date) ?? { date, pieces: [] }
      day.pieces.push({ was: piece.was, x: passed / 86_400_000, w: (end - at) / 86_400_000 })
      days.set(date, day)
      at = end
    }
  }
  return [...days.values()].sort((a, b) => (a.date < b.date ? 1 : -1))
}

/** Share of the time of which the camera watched; null of no time at all. */
export function shareWatched(pieces: readonly Piece[]): number | null {
  const length = (of: readonly Piece[]) => of.reduce((sum, piece) => sum + piece.until - piece.from, 0)
  const all = length(pieces)
  return all === 0 ? null : length(pieces.filter((piece) => piece.was === 'ok')) / all
}

/** What kept it from watching, newest first; shorter ones than a minute are no news. */
export function outages(pieces: readonly Piece[]): Piece[] {
  return pieces.filter((piece) => piece.was !== 'ok' && piece.until - piece.from >= 60_000).reverse()
}
