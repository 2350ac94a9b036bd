/** How a camera's stream flows, in figures a page can say. Pure. */
import type { Schemas } from '@/api/client'

export type Flow = Schemas['CameraFlow']
export type Sum = Schemas['FlowSum']

export const PERIODS = ['hour', 'day', 'week'] as const
export type Period = (typeof PERIODS)[number]

/** Workers say every minute that they see, and give an account every five; later than this something is amiss, milliseconds. */
const LATE_MS = 11 * 60_000

/** Frames that are left out on purpose: they cost nothing and nothing is missed. All others are losses. */
const SAVED = new Set(['not_needed', 'non_reference', 'thinned'])

/** Per minute of the time there is an account of; null where there is none. */
export function perMinute(frames: number, sum: Sum): number | null {
  return sum.known_s > 0 ? (frames * 60) / sum.known_s : null
}

/** `1,500`, `30`, `4.2`: as many digits as it deserves. */
export function rate(value: number | null): string {
  if (value === null) return '–'
  return value >= 10 || value === 0 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1)
}

export interface Loss {
  reason: string
  frames: number
  /** Of all that came. */
  share: number
  saved: boolean
}

/** Losses first, then what was left out on purpose; the most of each first. */
export function losses(sum: Sum): Loss[] {
  const all = sum.dropped.map((one) => ({ ...one, share: sum.received > 0 ? one.frames / sum.received : 0, saved: SAVED.has(one.reason) }))
  return all.sort((a, b) => Number(a.saved) - Number(b.saved) || b.frames - a.frames)
}

/** So much of the period nobody gave account of, seconds; little is only the time since the last one. */
export function unaccounted(sum: Sum): number {
  const length = (Date.parse(sum.until) - Date.parse(sum.from)) / 1000
  const missing = length - sum.known_s
  return missing * 1000 > LATE_MS ? missing : 0
}

/** Since when no frame came, Unix milliseconds; null while they come, or nobody ever heard of the camera. */
export function silentSince(camera: Schemas['CameraSummary']): number | null {
  if (camera.watching === 'watching') return null
  // A picture that is dark or frozen still comes.
  if (camera.watching === 'dark' && camera.health !== 'offline') return null
  const at = camera.health === 'offline' ? camera.health_since : camera.last_seen_at
  return at ? Date.parse(at) : null
}

/** The run that goes on has no end yet; one before it whose worker was killed has none either. */
export function goesOn(run: Schemas['CameraRun'], index: number, watching: Schemas['Watching']): boolean {
  return index === 0 && (run.ended ?? null) === null && watching === 'watching'
}
