/** Weekly windows as half hours of a grid, and back. What a grid cannot say (workdays, holidays, minutes) is kept as it is written. */

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** Half hours of a day. */
export const SLOTS = 48

/** `grid[day][slot]`, Monday first. */
export type Grid = boolean[][]

export interface Week {
  grid: Grid
  /** Windows that are no half hours of plain days, as written. */
  kept: string[]
}

export function emptyGrid(): Grid {
  return DAYS.map(() => Array.from({ length: SLOTS }, () => false))
}

function daysOf(text: string): number[] | null {
  const days = new Set<number>()
  for (const part of text.split(',')) {
    if (part === 'daily') DAYS.forEach((_, day) => days.add(day))
    else {
      const [first, last] = part.split('-') as [string, string | undefined]
      const from = DAYS.indexOf(first as (typeof DAYS)[number])
      const to = last === undefined ? from : DAYS.indexOf(last as (typeof DAYS)[number])
      if (from < 0 || to < 0) return null
      for (let step = 0; step <= (to - from + 7) % 7; step++) days.add((from + step) % 7)
    }
  }
  return [...days]
}

/** The slot at which a time of day begins; `24:00` is the end of the day. Null where it is no half hour. */
function slotOf(time: string): number | null {
  const match = /^(\d\d):(00|30)$/.exec(time)
  const slot = match ? Number(match[1]) * 2 + (match[2] === '30' ? 1 : 0) : SLOTS + 1
  return slot <= SLOTS ? slot : null
}

/** The time of day at which a slot begins. */
export function slotTime(slot: number): string {
  return `${String(Math.floor(slot / 2)).padStart(2, '0')}:${slot % 2 === 1 ? '30' : '00'}`
}

/** Reads windows; a window over midnight fills the morning of the next day. */
export function readWeek(windows: readonly string[]): Week {
  const week: Week = { grid: emptyGrid(), kept: [] }
  for (const text of windows) {
    const match = /^(\S+)\s+(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text.trim())
    const days = match ? daysOf(match[1] ?? '') : null
    const [start, end] = [slotOf(match?.[2] ?? ''), slotOf(match?.[3] ?? '')]
    if (days === null || start === null || end === null || start === SLOTS || start === end) {
      week.kept.push(text)
      continue
    }
    const length = end > start ? end - start : end + SLOTS - start
    for (const day of days) {
      for (let slot = start; slot < start + length; slot++) {
        const row = week.grid[(day + Math.floor(slot / SLOTS)) % 7]
        if (row) row[slot % SLOTS] = true
      }
    }
  }
  return week
}

/** A window from what was typed, or null: days, and times with a colon or without (`8`, `830`, `08:30`). */
export function typedWindow(days: string, from: string, until: string): string | null {
  const time = (text: string): string | null => {
    const match = /^(\d{1,2})(?::?([0-5]\d))?$/.exec(text.trim())
    if (!match) return null
    const [hour, minute] = [Number(match[1]), match[2] ?? '00']
    return hour < 24 || (hour === 24 && minute === '00') ? `${String(hour).padStart(2, '0')}:${minute}` : null
  }
  const [start, end] = [time(from), time(until)]
  if (start === null || end === null || start === end || start === '24:00' || end === '00:00') return null
  return `${days} ${start}-${end}`
}

function dayText(days: readonly number[]): string {
  if (days.length === 7) return 'daily'
  const parts: string[] = []
  for (let i = 0; i < days.length; ) {
    let j = i
    while (j + 1 < days.length && days[j + 1] === (days[j] ?? 0) + 1) j++
    const [first, last] = [DAYS[days[i] ?? 0], DAYS[days[j] ?? 0]]
    parts.push(j > i ? `${first}-${last}` : String(first))
    i = j + 1
  }
  return parts.join(',')
}

/** Writes the grid as windows: days with the same hours share one. */
export function writeWeek(week: Week): string[] {
  const spans = new Map<string, number[]>()
  week.grid.forEach((row, day) => {
    for (let slot = 0; slot < SLOTS; slot++) {
      if (!row[slot]) continue
      const start = slot
      while (slot < SLOTS && row[slot]) slot++
      const span = `${slotTime(start)}-${slotTime(slot)}`
      spans.set(span, [...(spans.get(span) ?? []), day])
    }
  })
  return [...[...spans].map(([span, days]) => `${dayText(days)} ${span}`), ...week.kept]
}
