/** The clock of the first review, as the server's columns tell it. Pure: the time comes in. */

export type Clock = 'in_time' | 'soon' | 'overdue' | 'lapsing'

/** As the server's filter says it. */
const SOON_MS = 10 * 60_000
const LAPSING_MS = 24 * 60 * 60_000

export interface Timed {
  received_at: string
  due_at: string
  hard_stop_at: string
}

export interface Reading {
  clock: Clock
  /** How much of the target is used up, 0 to 1. */
  share: number
  /** Until it is due, negative once it was; for `lapsing` until the hard stop. Seconds. */
  seconds: number
}

export function readClock(item: Timed, now: number): Reading {
  const [received, due, stop] = [Date.parse(item.received_at), Date.parse(item.due_at), Date.parse(item.hard_stop_at)]
  const share = Math.min(1, Math.max(0, (now - received) / Math.max(1, due - received)))
  if (stop - now <= LAPSING_MS) return { clock: 'lapsing', share, seconds: (stop - now) / 1000 }
  const clock = due <= now ? 'overdue' : due - now <= SOON_MS ? 'soon' : 'in_time'
  return { clock, share, seconds: (due - now) / 1000 }
}
