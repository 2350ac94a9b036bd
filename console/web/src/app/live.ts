/**
 * The live stream of the server. One connection for the page; parts subscribe to kinds of events.
 * The browser's EventSource resumes by Last-Event-ID on its own, but gives up on an HTTP error (a restart behind a
 * proxy): then it is opened again here, with back-off. A new EventSource cannot send that id, so its first `hello` is
 * passed on as a `reset`: fetch again what is on the screen.
 */
import { onScopeDispose, readonly, ref } from 'vue'

import { isRecord } from '@/api/problem'
import { serverNow } from './clock'

export const LIVE_KINDS = ['hello', 'reset', 'candidate_new', 'candidate_changed', 'claim_changed', 'case_changed', 'camera_changed'] as const
export type LiveKind = (typeof LIVE_KINDS)[number]
export type LiveData = Record<string, unknown>
type Handler = (kind: LiveKind, data: LiveData) => void

export type Connection = 'connecting' | 'live' | 'reconnecting' | 'offline'

const state = ref<Connection>('connecting')
const lastEventAt = ref<number | null>(null)
const handlers = new Set<Handler>()
const refused = new Set<() => void>()

/** After this long without a connection the page says that it is off line, not merely reconnecting. */
const OFFLINE_AFTER_MS = 15_000
const BACK_OFF_MS = [1_000, 2_000, 5_000, 10_000, 20_000]

let source: EventSource | null = null
let reopened = false
let attempt = 0
let retryTimer: ReturnType<typeof setTimeout> | undefined
let offlineTimer: ReturnType<typeof setTimeout> | undefined

export const connection = readonly(state)
export const lastEvent = readonly(lastEventAt)

function onMessage(kind: LiveKind, event: MessageEvent<string>): void {
  lastEventAt.value = serverNow()
  live()
  const data = parsed(event.data)
  if (data === null) return // Not ours; the next `reset` puts the page right.
  const means: LiveKind = kind === 'hello' && reopened ? 'reset' : kind
  if (kind === 'hello') reopened = false
  for (const handler of handlers) handler(means, data)
}

function parsed(text: string): LiveData | null {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : null
  } catch {
    return null
  }
}

function live(): void {
  attempt = 0
  clearTimeout(offlineTimer)
  offlineTimer = undefined
  state.value = 'live'
}

function lost(): void {
  if (state.value === 'live' || state.value === 'connecting') state.value = 'reconnecting'
  offlineTimer ??= setTimeout(() => {
    state.value = 'offline'
  }, OFFLINE_AFTER_MS)
  if (source?.readyState === EventSource.CLOSED) {
    close()
    for (const listener of refused) listener()
    const wait = BACK_OFF_MS[Math.min(attempt++, BACK_OFF_MS.length - 1)] ?? 20_000
    // Jitter: a console that restarts must not meet every screen of the city in the same moment.
    reopened = true
    retryTimer = setTimeout(open, wait * (0.7 + Math.random() * 0.6))
  }
}

function open(): void {
  close()
  source = new EventSource('/api/v1/events')
  source.onopen = live
  source.onerror = lost
  for (const kind of LIVE_KINDS) source.addEventListener(kind, (event) => onMessage(kind, event as MessageEvent<string>))
}

function close(): void {
  clearTimeout(retryTimer)
  source?.close()
  source = null
}

/** The browser says that the network is gone: an open stream would stay silent until some time-out of the system. */
function networkGone(): void {
  if (source === null) return
  close()
  reopened = true
  state.value = 'reconnecting'
  offlineTimer ??= setTimeout(() => {
    state.value = 'offline'
  }, OFFLINE_AFTER_MS)
}

function networkBack(): void {
  if (source === null && reopened) open()
}

/** Called when the server answered with something else than a stream: it may be that nobody is logged in any more. */
export function whenRefused(listener: () => void): void {
  refused.add(listener)
}

export function startLive(): void {
  if (source === null) {
    state.value = 'connecting'
    open()
    window.addEventListener('offline', networkGone)
    window.addEventListener('online', networkBack)
  }
}

export function stopLive(): void {
  close()
  window.removeEventListener('offline', networkGone)
  window.removeEventListener('online', networkBack)
  clearTimeout(offlineTimer)
  offlineTimer = undefined
  reopened = false
  attempt = 0
  state.value = 'connecting'
  lastEventAt.value = null
}

/** Hears the stream for as long as the caller's scope lives. */
export function useLive(handler: Handler): void {
  handlers.add(handler)
  onScopeDispose(() => handlers.delete(handler))
}
