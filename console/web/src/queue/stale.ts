/** What the server says when somebody was faster: which state it is in now, and who decided what meanwhile. */
import type { Schemas } from '@/api/client'
import { isRecord, type Problem } from '@/api/problem'

export interface StaleNews {
  state: Schemas['CandidateState'] | null
  changes: { by: string; verdict: Schemas['Verdict']; at: string }[]
}

const STATES: readonly string[] = ['open', 'confirmed', 'rejected', 'escalated', 'field_check', 'merged', 'expired'] satisfies Schemas['CandidateState'][]
const VERDICTS: readonly string[] = ['confirm', 'reject', 'escalate', 'needs_field_check', 'merge', 'undo'] satisfies Schemas['Verdict'][]

export function staleNews(problem: Problem): StaleNews {
  const details = problem.details ?? {}
  const state = typeof details.state === 'string' && STATES.includes(details.state) ? (details.state as StaleNews['state']) : null
  const changes = (Array.isArray(details.decisions) ? details.decisions : []).flatMap((item) => {
    if (!isRecord(item) || typeof item.by !== 'string' || typeof item.verdict !== 'string' || !VERDICTS.includes(item.verdict)) return []
    return [{ by: item.by, verdict: item.verdict as Schemas['Verdict'], at: typeof item.at === 'string' ? item.at : '' }]
  })
  return { state, changes }
}
