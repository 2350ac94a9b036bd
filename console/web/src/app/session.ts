/** Who is at the screen, and what they may use. The server decides; this only hides what it would refuse. */
import { computed, ref } from 'vue'

import { api, ask, CHANGE, whenSessionEnds, type Answer, type Schemas } from '@/api/client'
import { adoptServerTime } from './clock'
import { stopLive, whenRefused } from './live'

type SessionInfo = Schemas['SessionInfo']

export const session = ref<SessionInfo | null>(null)
/** True once the server has said whether anybody is logged in. */
export const known = ref(false)
/** True when a session that was there has ended by itself: the log-in page says so. */
export const expired = ref(false)

export const timeZone = computed(() => session.value?.time_zone)

function adopt(info: SessionInfo): void {
  session.value = info
  expired.value = false
  adoptServerTime(Date.parse(info.server_time), 500)
}

function end(): void {
  if (session.value !== null) {
    session.value = null
    expired.value = true
    stopLive()
  }
}

whenSessionEnds(end)

// A stream tells no status: ask whether the session is still there.
whenRefused(async () => {
  const answer = await ask(api.GET('/api/v1/session'))
  if (!answer.ok && answer.problem.status === 401) end()
})

/** `queue`, `cases`, `cameras`, `overview`, `users`, `audit`, `samples`, `pictures`, `decide`, `import`. */
export function may(what: string): boolean {
  return session.value?.user.may.includes(what) ?? false
}

/** Asks again who is logged in, after the account has changed. */
export async function refresh(): Promise<void> {
  const answer = await ask(api.GET('/api/v1/session'))
  if (answer.ok) adopt(answer.data)
}

/** Asks once who is logged in; later calls answer from memory. */
export async function restore(): Promise<void> {
  if (known.value) return
  const answer = await ask(api.GET('/api/v1/session'))
  if (answer.ok) adopt(answer.data)
  // Without an answer nothing is known: the log-in page will try again.
  if (answer.ok || answer.problem.kind !== 'network') known.value = true
}

export async function logIn(name: string, password: string, code?: string): Promise<Answer<SessionInfo>> {
  const body = code === undefined ? { name, password } : { name, password, code }
  const answer = await ask(api.POST('/api/v1/session', { params: { header: CHANGE }, body }))
  if (answer.ok) {
    adopt(answer.data)
    known.value = true
  }
  return answer
}

/** `true` when the browser is on its way to the identity provider, whose page logs out there too. */
export async function logOut(): Promise<boolean> {
  stopLive()
  const answer = await ask(api.DELETE('/api/v1/session', { params: { header: CHANGE } }))
  session.value = null
  expired.value = false
  if (!answer.ok || answer.data === undefined) return false
  location.assign(answer.data.continue_at)
  return true
}
