/** Sends an act on a case; a stale one says what changed and who did it. */
import { ref } from 'vue'

import { api, ask, CHANGE } from '@/api/client'
import { isRecord, type Problem } from '@/api/problem'
import type { CaseAct, NewCaseAct } from './acts'

export interface Missed {
  by: string
  act: CaseAct
}

export function useAct(changed: () => Promise<void>) {
  const busy = ref(false)
  const problem = ref<Problem | null>(null)
  const missed = ref<Missed[]>([])

  async function send(id: string, act: NewCaseAct): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    problem.value = null
    missed.value = []
    const answer = await ask(api.POST('/api/v1/cases/{id}/acts', { params: { path: { id }, header: CHANGE }, body: act }))
    if (!answer.ok) {
      problem.value = answer.problem
      const events = answer.problem.details?.events
      if (Array.isArray(events)) missed.value = events.filter(isRecord).map((event) => ({ by: String(event.by), act: String(event.act) as CaseAct }))
    }
    // Also after a refusal: whatever was on the screen is not how it is.
    if (answer.ok || answer.problem.kind === 'stale' || answer.problem.kind === 'conflict') await changed()
    busy.value = false
    return answer.ok
  }

  return { busy, problem, missed, send }
}
