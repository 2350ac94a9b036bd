/** Days of a holiday calendar, as stretches: people enter a week of National Day, not seven days. Pure. */

const DAY_MS = 86_400_000
/** Longest stretch that can be added at once, days: more is a mistyped year. */
export const LONGEST = 31

const ms = (day: string) => Date.parse(`${day}T00:00:00Z`)
const day = (at: number) => new Date(at).toISOString().slice(0, 10)

/** Days that run on from one another, each as first and last; in order. */
export function stretches(days: readonly string[]): [string, string][] {
  const out: [string, string][] = []
  for (const one of [...new Set(days)].sort()) {
    const last = out.at(-1)
    if (last && ms(one) - ms(last[1]) === DAY_MS) last[1] = one
    else out.push([one, one])
  }
  return out
}

/** The days from one to another, both among them; null where that is no stretch one would mean. A year of three digits is one that is still being typed. */
export function from(first: string, last: string): string[] | null {
  const until = last === '' ? first : last
  const n = (ms(until) - ms(first)) / DAY_MS + 1
  if (!Number.isInteger(n) || n < 1 || n > LONGEST || first < '2000') return null
  return Array.from({ length: n }, (_, i) => day(ms(first) + i * DAY_MS))
}

export function without(days: readonly string[], first: string, last: string): string[] {
  return days.filter((one) => one < first || one > last)
}
