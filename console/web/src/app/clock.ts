/**
 * One ticking clock for the whole page, so that ages in a list change together and a hidden page costs nothing.
 * It shows the server's time: an officer's computer with a wrong clock must not make a candidate look old or new.
 */
import { onScopeDispose, readonly, ref } from 'vue'

let skewMs = 0
const now = ref(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** Corrects the clock by what the server says, unless the two agree within `toleranceMs` (the grain of the server's word plus its travel). */
export function adoptServerTime(serverMs: number, toleranceMs: number): void {
  if (!Number.isFinite(serverMs)) return
  const skew = serverMs - Date.now()
  if (Math.abs(skew - skewMs) > toleranceMs) skewMs = skew
}

/** The server's time now, in Unix milliseconds. */
export function serverNow(): number {
  return Date.now() + skewMs
}

export function useNow() {
  if (users++ === 0) {
    now.value = serverNow()
    timer = setInterval(() => {
      if (!document.hidden) now.value = serverNow()
    }, 1000)
  }
  onScopeDispose(() => {
    if (--users === 0) clearInterval(timer)
  })
  return readonly(now)
}

/** A day of the browser's calendar, `days` from today. */
export function dayFromToday(days: number): string {
  const at = new Date()
  at.setDate(at.getDate() + days)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
}
