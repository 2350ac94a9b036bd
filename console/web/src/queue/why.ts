/** A rule's trace in words. Pure: `say` and `has` come from the translation. */
import { durationParts, percent } from '@/app/format'

export interface FactLike {
  name: string
  value: number
  needed?: number | null
  unit: string
}

type Say = (key: string, values?: Record<string, unknown>) => string

/** `4 min 12 s`. */
export function durationText(seconds: number, say: Say): string {
  const { h, min, s } = durationParts(seconds)
  if (h > 0) return say('duration.hm', { h, min })
  return min > 0 ? say('duration.ms', { min, s }) : say('duration.s', { s })
}

/** A measured value with its unit. */
export function valueText(value: number, unit: string, say: Say): string {
  if (unit === 's') return durationText(value, say)
  if (unit === 'share') return percent(value)
  if (Number.isInteger(value)) return String(value)
  return value.toPrecision(3)
}

/** The fact's name in the reader's language; one that has no translation yet keeps its own words. */
export function factName(name: string, say: Say, has: (key: string) => boolean): string {
  return has(`fact.${name}`) ? say(`fact.${name}`) : name.replaceAll('_', ' ')
}
