/** The one door to the server. Types come from openapi.json, so a route that changes there fails to compile here. */
import createClient, { type Middleware } from 'openapi-fetch'

import { adoptServerTime } from '@/app/clock'
import { problemOf, type Problem } from './problem'
import type { components, paths } from './schema.gen'

export type Schemas = components['schemas']
export type CandidateSummary = Schemas['CandidateSummary']
export type CandidateDetail = Schemas['CandidateDetail']
export type Evidence = Schemas['Evidence']
export type Kind = Schemas['Kind']
export type Role = Schemas['Role']
export type ZoneDetail = Schemas['ZoneDetail']
export type CameraSummary = Schemas['CameraSummary']

type Listener = () => void
const onExpired = new Set<Listener>()

/** Called when the server says that nobody is logged in any more. */
export function whenSessionEnds(listener: Listener): void {
  onExpired.add(listener)
}

const manners: Middleware = {
  async onResponse({ request, response }) {
    const date = response.headers.get('date')
    if (date !== null) adoptServerTime(Date.parse(date), 2500) // The header counts whole seconds.
    const isSession = new URL(request.url).pathname.endsWith('/session')
    if (response.status === 401 && !isSession) for (const listener of onExpired) listener()
    return response
  },
}

/** A page of another site cannot send this header: the server refuses changes without it. */
export const CHANGE = { 'x-kerbwatch': '1' } as const

export const api = createClient<paths>({ baseUrl: location.origin, credentials: 'same-origin' })
api.use(manners)

export type Answer<T> = { ok: true; data: T } | { ok: false; problem: Problem }

/** Turns openapi-fetch's answer, or its exception when there is no network, into one of two cases. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<Answer<T>> {
  try {
    const { data, error, response } = await call
    if (response.ok) return { ok: true, data: data as T }
    return { ok: false, problem: problemOf(response.status, error) }
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') return { ok: false, problem: { kind: 'aborted', status: 0, code: '', detail: '' } }
    return { ok: false, problem: { kind: 'network', status: 0, code: '', detail: '' } }
  }
}
