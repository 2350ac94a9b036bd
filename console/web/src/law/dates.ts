/** Which version of an entry holds on a day. Days are texts like `2026-03-01`, both ends included; such texts sort as days do. */
export interface Dated {
  valid_from: string
  valid_until?: string | null
}

export type Standing = 'in_force' | 'begins' | 'over'

export function standing(entry: Dated, day: string): Standing {
  if (entry.valid_until && entry.valid_until < day) return 'over'
  return entry.valid_from > day ? 'begins' : 'in_force'
}

/** The day after, for the first day of a new version. */
export function nextDay(day: string): string {
  const at = new Date(`${day}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() + 1)
  return at.toISOString().slice(0, 10)
}
