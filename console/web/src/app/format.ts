/** Numbers and times as people read them. Pure: the zone and the language come in. */

function parts(instant: Date, timeZone: string | undefined): Record<string, string> {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  return Object.fromEntries(format.formatToParts(instant).map((part) => [part.type, part.value]))
}

/** `2026-11-23 12:04:09` in `timeZone` (the browser's where absent); empty where the time cannot be read. */
export function localDateTime(rfc3339: string, timeZone?: string): string {
  const instant = new Date(rfc3339)
  if (Number.isNaN(instant.getTime())) return ''
  const p = parts(instant, timeZone)
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`
}

/** `12:04:09` when `rfc3339` is today, else with its date. */
export function localTime(rfc3339: string, now: number, timeZone?: string): string {
  const full = localDateTime(rfc3339, timeZone)
  if (full === '') return ''
  const today = localDateTime(new Date(now).toISOString(), timeZone)
  if (full.slice(0, 10) === today.slice(0, 10)) return full.slice(11)
  return full.slice(0, 4) === today.slice(0, 4) ? full.slice(5) : full
}

/** `2026-11-26T12:30` in `timeZone`, as the times on the page are: what a `datetime-local` field takes. */
export function fieldTime(ms: number, timeZone?: string): string {
  return localDateTime(new Date(ms).toISOString(), timeZone).slice(0, 16).replace(' ', 'T')
}

/** What such a field (or one for a day) holds, as an instant; `null` where it is empty. An hour that a zone leaves out is moved on. */
export function fieldInstant(text: string, timeZone?: string): string | null {
  const wall = Date.parse(`${text.length === 10 ? `${text}T00:00` : text}Z`)
  if (Number.isNaN(wall)) return null
  const shown = (ms: number) => Date.parse(`${localDateTime(new Date(ms).toISOString(), timeZone).replace(' ', 'T')}Z`)
  // Twice, because what lies between the zone and UTC may change in between.
  let at = wall - (shown(wall) - wall)
  at += wall - shown(at)
  return new Date(at).toISOString()
}

export type AgeUnit = 's' | 'min' | 'h' | 'd'

/** Whole units, the largest that fits: 59 s, 59 min, 47 h, then days. */
export function ageParts(seconds: number): { n: number; unit: AgeUnit } {
  const s = Math.max(0, Math.floor(seconds))
  if (s < 60) return { n: s, unit: 's' }
  if (s < 3600) return { n: Math.floor(s / 60), unit: 'min' }
  if (s < 48 * 3600) return { n: Math.floor(s / 3600), unit: 'h' }
  return { n: Math.floor(s / 86400), unit: 'd' }
}

/** Seconds as minutes and seconds for a duration that was measured: `{ min: 4, s: 12 }`. */
export function durationParts(seconds: number): { h: number; min: number; s: number } {
  const whole = Math.max(0, Math.round(seconds))
  return { h: Math.floor(whole / 3600), min: Math.floor((whole % 3600) / 60), s: whole % 60 }
}

/** `0:07.4`: a place in a clip. */
export function clipTime(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–:––'
  const tenths = Math.max(0, Math.floor(seconds * 10 + 1e-6))
  const min = Math.floor(tenths / 600)
  const s = Math.floor((tenths % 600) / 10)
  return `${min}:${String(s).padStart(2, '0')}.${tenths % 10}`
}

/** Share 0..1 as a per cent with as many digits as it deserves. */
export function percent(share: number): string {
  const value = share * 100
  if (value !== 0 && Math.abs(value) < 1) return `${value.toFixed(2)} %`
  return `${value.toFixed(Math.abs(value) < 10 ? 1 : 0)} %`
}

/** Bytes in binary units. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} B`
  if (count < 1024 * 1024) return `${(count / 1024).toFixed(1)} KiB`
  return `${(count / 1024 / 1024).toFixed(1)} MiB`
}
