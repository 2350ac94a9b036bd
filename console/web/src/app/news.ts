/**
 * New candidates while nobody was at this screen: a number in the title, and a sound for those who want one.
 * The sound is made here, of two short tones: no file to load, and none that could fail to.
 */
import { onScopeDispose, readonly, ref } from 'vue'

import { useLive } from './live'
import { sound } from './prefs'

const count = ref(0)
/** How many came since somebody last touched this page. */
export const unseen = readonly(count)

/** A burst is one ring. */
const QUIET_MS = 3_000
let context: AudioContext | null = null
let lastRing = 0

/** Browsers let a page sound only after somebody touched it: this is called from a click. */
export function readySound(): void {
  if (typeof AudioContext === 'undefined') return
  context ??= new AudioContext()
  void context.resume().catch(() => undefined)
}

export function ring(): void {
  readySound()
  if (context === null) return
  for (const [at, hertz] of [
    [0, 660],
    [0.14, 880],
  ] as const) {
    const from = context.currentTime + at
    const tone = context.createOscillator()
    const volume = context.createGain()
    tone.frequency.value = hertz
    volume.gain.setValueAtTime(0.0001, from)
    volume.gain.exponentialRampToValueAtTime(0.12, from + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.0001, from + 0.13)
    tone.connect(volume).connect(context.destination)
    tone.start(from)
    tone.stop(from + 0.14)
  }
}

/** Counts and rings for as long as the caller's scope lives. What a permit covers is no news. */
export function useNews(): void {
  const seen = () => {
    if (!document.hidden) count.value = 0
  }
  useLive((kind, data) => {
    if (kind !== 'candidate_new' || data.permitted === true) return
    count.value += 1
    if (!sound.value || Date.now() - lastRing < QUIET_MS) return
    lastRing = Date.now()
    ring()
  })
  const events = ['keydown', 'pointerdown', 'visibilitychange'] as const
  for (const event of events) document.addEventListener(event, seen, { passive: true })
  onScopeDispose(() => {
    for (const event of events) document.removeEventListener(event, seen)
    count.value = 0
  })
}
