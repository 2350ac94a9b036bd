/** What the charts show, as rows: each leads to the list behind it. Pure: figures and words come in. */
import type { RouteLocationRaw } from 'vue-router'

import { length, number, share, whole } from './numbers'
import type { Group, Report, Times } from './useReport'

interface Cell {
  text: string
  to?: RouteLocationRaw
}

export interface Table {
  head: string[]
  rows: { key: string; name: string; to?: RouteLocationRaw; cells: Cell[] }[]
}

type Behind = (more: Record<string, unknown>) => RouteLocationRaw

const cells = (...texts: string[]): Cell[] => texts.map((text) => ({ text }))
const HOURS = [...Array(24).keys()]

/**
 * Share that still stood after so long; at most a hundred steps, evenly taken, the last among them. Each leads to the days on
 * which something was first seen that stood longer.
 */
export function curve(times: Times, head: string[], behind: Behind): Table {
  const points = times.curve
  const every = Math.max(1, Math.ceil(points.length / 100))
  const taken = points.filter((_, i) => i % every === 0 || i === points.length - 1)
  return { head, rows: taken.map((point) => ({ key: String(point.s), name: length(point.s), to: behind({ stood_s: point.s }), cells: cells(share(point.open), share(point.low), share(point.high)) })) }
}

export function trend(report: Report, head: string[], behind: Behind): Table {
  return {
    head,
    rows: report.trend.map((day) => ({ key: day.date, name: day.date, to: behind({ from: day.date, until: day.date }), cells: cells(number(day.ovm_per_watched_h), share(day.coverage)) })),
  }
}

/** An hour that nobody watched has a dash, as in the chart it has no colour. */
export function heat(report: Report, corner: string, weekdays: string[], behind: Behind): Table {
  const at = new Map(report.heat.map((cell) => [`${cell.weekday} ${cell.hour}`, cell.per_watched_h]))
  return {
    head: [corner, ...HOURS.map(String)],
    rows: weekdays.map((name, i) => ({
      key: name,
      name,
      to: behind({ weekday: i + 1 }),
      cells: HOURS.map((hour) => {
        const value = at.get(`${i + 1} ${hour}`)
        return value === null || value === undefined ? { text: number(null) } : { text: number(value), to: behind({ weekday: i + 1, hour }) }
      }),
    })),
  }
}

export function groupHeat(groups: Group[], corner: string, behind: (group: Group) => RouteLocationRaw): Table {
  return {
    head: [corner, ...HOURS.map(String)],
    rows: groups.map((group) => ({ key: group.key, name: group.name, to: behind(group), cells: cells(...HOURS.map((hour) => number(group.hours[hour]))) })),
  }
}

export function ages(report: Report, head: string[], words: (minutes: number | null | undefined) => string, to: RouteLocationRaw): Table {
  return { head, rows: report.open_by_age.map((age) => ({ key: String(age.below_min), name: words(age.below_min), to, cells: cells(whole(age.n)) })) }
}
