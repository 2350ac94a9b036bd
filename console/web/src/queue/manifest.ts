/** What the stage needs from an evidence manifest: where in a clip things happened, and what is missing. Pure. */
import { isRecord } from '@/api/problem'

export interface ClipSpan {
  role: string
  run: number
  fromS: number
  fromAt: number
}

export interface Manifest {
  clips: ClipSpan[]
  gaps: string[]
}

/** Reads what it can of a manifest; a part it does not know is left out, for the digests do not depend on it. */
export function readManifest(value: unknown): Manifest {
  const manifest: Manifest = { clips: [], gaps: [] }
  if (!isRecord(value)) return manifest
  for (const item of Array.isArray(value.items) ? value.items : []) {
    if (!isRecord(item) || typeof item.role !== 'string' || !item.role.startsWith('clip') || !isRecord(item.from)) continue
    const { run, at_s, at } = item.from
    if (typeof at_s === 'number') manifest.clips.push({ role: item.role, run: Number(run), fromS: at_s, fromAt: Date.parse(String(at)) })
  }
  for (const gap of Array.isArray(value.gaps) ? value.gaps : []) {
    if (isRecord(gap) && typeof gap.what === 'string') manifest.gaps.push(gap.what)
  }
  return manifest
}

/**
 * When whoever brought the thing had left it, on the stream's clock: what lies left behind dwells from then on. Null where the
 * rule does not ask for it, or where the recording has gaps: time that nobody saw is no part of the dwell.
 */
export function ownerLeft(raisedS: number, facts: readonly { name: string; value: number }[], gaps: readonly string[]): number | null {
  const value = (name: string) => facts.find((fact) => fact.name === name)?.value
  const dwell = value('dwell')
  return value('left_behind') === 1 && dwell !== undefined && gaps.length === 0 ? raisedS - dwell : null
}

/**
 * Seconds into the clip of a moment: by the stream's own clock within one connection, by the wall clock across two.
 * Null where neither can tell.
 */
export function placeInClip(span: ClipSpan, moment: { run: number; s: number; at: string }): number | null {
  if (span.run === moment.run) return moment.s - span.fromS
  const seconds = (Date.parse(moment.at) - span.fromAt) / 1000
  return Number.isFinite(seconds) ? seconds : null
}
