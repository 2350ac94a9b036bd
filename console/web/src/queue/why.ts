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
  if (min > 0) return s > 0 ? say('duration.ms', { min, s }) : say('duration.m', { min })
  return say('duration.s', { s })
}

/** A measured value with its unit. */
export function valueText(value: number, unit: string, say: Say): string {
  if (unit === 's') return durationText(value, say)
  if (unit === 'share') return percent(value)
  if (Number.isInteger(value)) return String(value)
  return value.toPrecision(3)
}

/** A condition that is either so or not: no unit, and met at 1, or not met at a half. */
export function isYesNo(fact: FactLike): boolean {
  return fact.unit === '' && (fact.needed === 1 || fact.needed === 0.5) && (fact.value === 0 || fact.value === 1)
}

/**
 * Whether at least or at most the bound was needed. The trace is of something that was raised, so every condition in it holds and
 * the value says on which side; at the bound itself only a time tells: it is raised the moment it has stayed long enough.
 */
export function boundKey(fact: FactLike): 'facts.atLeast' | 'facts.atMost' | 'facts.bound' {
  const needed = fact.needed ?? 0
  if (fact.value > needed || (fact.value === needed && fact.unit === 's')) return 'facts.atLeast'
  return fact.value < needed ? 'facts.atMost' : 'facts.bound'
}

/** The fact's name in the reader's language; one that has no translation yet keeps its own words. */
export function factName(name: string, say: Say, has: (key: string) => boolean): string {
  return has(`fact.${name}`) ? say(`fact.${name}`) : name.replaceAll('_', ' ')
}

/** The facts a kind's sentence is made of. */
const SENTENCE: Record<string, readonly string[]> = {
  illegal_stall: ['dwell', 'attended_share'],
  storefront_encroachment: ['dwell', 'beyond_shop_line'],
  unauthorized_ad: ['dwell'],
  waste_dumping: ['dwell'],
}

/** The trace as one sentence in the reader's language, or null where a fact it needs is missing: then the server's own words serve. */
export function sentence(kind: string, facts: readonly FactLike[], say: Say): string | null {
  const names = SENTENCE[kind]
  if (names === undefined) return null
  const values: Record<string, string> = {}
  for (const name of names) {
    const fact = facts.find((item) => item.name === name)
    if (fact === undefined) return null
    values[name] = valueText(fact.value, fact.unit, say)
  }
  return say(`whyText.${kind}`, values)
}
