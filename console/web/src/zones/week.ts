/** Weekly windows as hours of a grid, and back. What a grid of hours cannot say (workdays, holidays, parts of hours) is kept as it is written. */

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export const HOURS = 24

/** `grid[day][hour]`, Monday first. */
export type Grid = boolean[][]

export interface Week {
  grid: Grid
  /** Windows that are no whole hours of plain days, as written. */
  kept: string[]
}

export function emptyGrid(): Grid {
  return DAYS.map(() => Array.from({ length: HOURS }, () => false))
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

/** Reads windows; a window over midnight fills the morning of the next day. */
export function readWeek(windows: readonly string[]): Week {
  const week: Week = { grid: emptyGrid(), kept: [] }
  for (const text of windows) {
    const match = /^(\S+)\s+(\d\d):00-(\d\d):00$/.exec(text.trim())
    const days = match ? daysOf(match[1] ?? '') : null
    const [start, end] = [Number(match?.[2]), Number(match?.[3])]
    if (days === null || !(start < 24 && end <= 24 && start !== end)) {
      week.kept.push(text)
      continue
    }
    const length = end > start ? end - start : end + 24 - start
    for (const day of days) {
      for (let hour = start; hour < start + length; hour++) {
        const row = week.grid[(day + Math.floor(hour / 24)) % 7]
        if (row) row[hour % 24] = true
      }
    }
  }
  return week
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
    for (let hour = 0; hour < HOURS; hour++) {
      if (!row[hour]) continue
      const start = hour
      while (hour < HOURS && row[hour]) hour++
      const two = (n: number) => String(n).padStart(2, '0')
      const span = `${two(start)}:00-${two(hour)}:00`
      spans.set(span, [...(spans.get(span) ?? []), day])
    }
  })
  return [...[...spans].map(([span, days]) => `${dayText(days)} ${span}`), ...week.kept]
}
