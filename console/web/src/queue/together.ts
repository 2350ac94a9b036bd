/** What comes from one place within minutes stands together in the list: a row of stalls is one look, not five walks. Pure. */

interface Row {
  id: string
  camera: string
  zone: string
  received_at: string
}

/** Longest gap between two arrivals that still count as coming together, milliseconds. */
const WITHIN_MS = 10 * 60_000

/**
 * The same rows, those that came together next to each other: each group where its first one stood, in its order. Rows of
 * different zones of one camera stay apart: they are different places.
 */
export function together<T extends Row>(rows: readonly T[]): T[] {
  const groups = groupsOf(rows)
  const seen = new Set<string>()
  return rows.flatMap((row) => {
    if (seen.has(row.id)) return []
    const group = groups.get(row.id) ?? [row]
    for (const one of group) seen.add(one.id)
    return group
  })
}

/** Of each row those that it came together with, itself among them. */
function groupsOf<T extends Row>(rows: readonly T[]): Map<string, T[]> {
  const places = new Map<string, T[]>()
  for (const row of rows) {
    const place = JSON.stringify([row.camera, row.zone])
    places.set(place, [...(places.get(place) ?? []), row])
  }
  const groups = new Map<string, T[]>()
  const order = new Map(rows.map((row, i) => [row.id, i]))
  for (const all of places.values()) {
    const byTime = [...all].sort((a, b) => Date.parse(a.received_at) - Date.parse(b.received_at))
    let group: T[] = []
    byTime.forEach((row, i) => {
      const before = byTime[i - 1]
      if (before && Date.parse(row.received_at) - Date.parse(before.received_at) > WITHIN_MS) group = []
      group.push(row)
      groups.set(row.id, group)
    })
  }
  for (const group of new Set(groups.values())) group.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0))
  return groups
}

/** How many rows stand together from this one on: 1 for one that stands alone, 0 for one that goes on a group above. */
export function runs(rows: readonly Row[]): Map<string, number> {
  const groups = groupsOf(rows)
  const out = new Map<string, number>()
  rows.forEach((row, i) => {
    const group = groups.get(row.id) ?? [row]
    const before = rows[i - 1]
    if (before && group.some((one) => one.id === before.id)) {
      out.set(row.id, 0)
      return
    }
    let n = 1
    while (group.some((one) => one.id === rows[i + n]?.id)) n++
    out.set(row.id, n)
  })
  return out
}
