/** Figures as people read them; what is not there is a dash, never a zero. */
import { percent } from '@/app/format'
import { language } from '@/app/prefs'

export const NOTHING = '–'

export function share(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : percent(value)
}

export function number(value: number | null | undefined, digits = 1): string {
  return value === null || value === undefined ? NOTHING : value.toFixed(digits)
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US').replaceAll(',', '\u2009')
}

const UNITS = { en: ['s', 'min', 'h', 'd'], 'zh-CN': ['秒', '分钟', '小时', '天'] } as const

/** `42 s`, `12 min`, `3.5 h`, `2.1 d`: a length one can compare at a glance, with the units of the reader's language. */
export function length(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return NOTHING
  const [s, min, h, d] = UNITS[language.value]
  if (seconds < 120) return `${Math.round(seconds)} ${s}`
  if (seconds < 7200) return `${Math.round(seconds / 60)} ${min}`
  if (seconds < 172_800) return `${(seconds / 3600).toFixed(1)} ${h}`
  return `${(seconds / 86_400).toFixed(1)} ${d}`
}
