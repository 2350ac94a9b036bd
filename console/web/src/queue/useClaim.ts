/** Holds a candidate while an officer works on it, and lets it go when they turn to another: two people never do one. */
import { onScopeDispose, ref } from 'vue'

import { api, ask, CHANGE, type Schemas } from '@/api/client'
import type { Problem } from '@/api/problem'
import { serverNow } from '@/app/clock'

type Claim = Schemas['Claim']

/** A claim lasts two minutes on the server; renew when this little is left and somebody is at the keyboard. */
const RENEW_BELOW_MS = 75_000
/** No key and no pointer for this long: nobody is there, let the claim run out. */
const IDLE_MS = 60_000

export function useClaim(onClaim: (id: string, claim: Claim | null) => void) {
  const held = ref<{ id: string; claim: Claim } | null>(null)
  /** The server refused: somebody else holds it. */
  const other = ref<Claim | null>(null)
  let lastActive = Date.now()
  let wanted: string | null = null

  const active = () => {
    lastActive = Date.now()
  }
  window.addEventListener('keydown', active, { passive: true })
  window.addEventListener('pointermove', active, { passive: true })

  /** Null when it is held now, else what stood in the way. */
  async function take(id: string): Promise<Problem | null> {
    wanted = id
    other.value = null
    const answer = await ask(api.POST('/api/v1/candidates/{id}/claim', { params: { path: { id }, header: CHANGE } }))
    if (answer.ok) {
      if (wanted !== id) {
        void letGo(id)
        return null
      }
      held.value = { id, claim: answer.data }
      onClaim(id, answer.data)
      return null
    }
    if (wanted === id && answer.problem.kind === 'claimed') {
      const details = answer.problem.details ?? {}
      other.value = { by: String(details.by ?? ''), until: String(details.until ?? ''), mine: false }
    }
    return answer.problem
  }

  async function letGo(id: string): Promise<void> {
    if (held.value?.id === id) held.value = null
    await ask(api.DELETE('/api/v1/candidates/{id}/claim', { params: { path: { id }, header: CHANGE }, keepalive: true }))
    onClaim(id, null)
  }

  /** Turns to `id` (or away): lets the one before go. A decided candidate holds no claim any more. */
  async function turnTo(id: string | null, claimable: boolean): Promise<void> {
    const before = held.value?.id
    wanted = id
    other.value = null
    if (before !== undefined && before !== id) void letGo(before)
    if (id !== null && claimable && before !== id) await take(id)
  }

  function forget(id: string): void {
    if (held.value?.id === id) held.value = null
  }

  const timer = setInterval(() => {
    const now = held.value
    if (now === null || Date.now() - lastActive > IDLE_MS) return
    if (Date.parse(now.claim.until) - serverNow() < RENEW_BELOW_MS) void take(now.id)
  }, 5_000)

  onScopeDispose(() => {
    clearInterval(timer)
    window.removeEventListener('keydown', active)
    window.removeEventListener('pointermove', active)
    wanted = null
    if (held.value !== null) void letGo(held.value.id)
  })

  return { held, other, take, turnTo, forget }
}
