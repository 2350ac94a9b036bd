/** Sends decisions. Every one names the version that was on the screen; when somebody was faster, says what changed and who did it. */
import { computed, ref, type Ref } from 'vue'

import { api, ask, CHANGE, type CandidateSummary, type Schemas } from '@/api/client'
import type { Problem } from '@/api/problem'
import { session } from '@/app/session'
import { staleNews, type StaleNews } from './stale'

type Verdict = Schemas['Verdict']
type State = Schemas['CandidateState']

export interface Made {
  id: string
  verdict: Verdict
  state: State
  version: number
  case: string | null
}

interface Parts {
  current: Ref<CandidateSummary | null>
  /** What was decided on it so far, oldest first. */
  decisions: Ref<readonly Schemas['Decision'][]>
  /** Makes sure of the claim; what stood in the way, or null. */
  before: (id: string) => Promise<Problem | null>
  after: (made: Made) => void
  refresh: () => Promise<void>
}

const ALL_TICKS = { true: true, clear: true, complete: true, accurate: true }

export function useDecide(parts: Parts) {
  const busy = ref(false)
  const problem = ref<Problem | null>(null)
  const stale = ref<StaleNews | null>(null)
  /** One's own last decision, newest last: what `undo` takes back. */
  const mine = ref<{ id: string; version: number }[]>([])

  function dismiss(): void {
    problem.value = null
    stale.value = null
  }

  async function post(id: string, body: Schemas['NewDecision']): Promise<boolean> {
    busy.value = true
    dismiss()
    const answer = await ask(api.POST('/api/v1/candidates/{id}/decisions', { params: { path: { id }, header: CHANGE }, body }))
    busy.value = false
    if (!answer.ok) {
      if (answer.problem.kind === 'stale') {
        stale.value = staleNews(answer.problem)
        await parts.refresh()
      } else problem.value = answer.problem
      return false
    }
    const { state, version } = answer.data
    mine.value = mine.value.filter((item) => item.id !== id)
    if (body.verdict !== 'undo') mine.value.push({ id, version })
    parts.after({ id, verdict: body.verdict, state, version, case: body.verdict === 'confirm' ? (answer.data.case ?? null) : null })
    return true
  }

  async function send(verdict: Exclude<Verdict, 'undo'>, more: { reason?: Schemas['RejectReason']; note?: string; into?: string } = {}): Promise<void> {
    const seen = parts.current.value
    if (seen === null || busy.value) return
    const seenVersion = seen.version
    busy.value = true
    const inTheWay = await parts.before(seen.id)
    busy.value = false
    if (inTheWay !== null) {
      // Who holds it is said by the claim itself.
      if (inTheWay.kind !== 'claimed') problem.value = inTheWay
      return
    }
    if (parts.current.value?.id !== seen.id) return
    await post(seen.id, {
      seen_version: seenVersion,
      verdict,
      reason: more.reason ?? null,
      into: more.into ?? null,
      ticks: verdict === 'confirm' ? ALL_TICKS : null,
      note: more.note?.trim() ? more.note.trim() : null,
    })
  }

  /** On a decided candidate of mine: that one; else my last decision in this sitting. */
  const undoable = computed(() => {
    const seen = parts.current.value
    const own = mine.value.find((item) => item.id === seen?.id)
    // Decided in an earlier sitting: the record says by whom.
    const last = parts.decisions.value[parts.decisions.value.length - 1]
    if (!own && seen !== null && seen.state !== 'open' && last?.by === session.value?.user.name && last?.verdict !== 'undo') return { id: seen.id, version: seen.version }
    return own ?? mine.value[mine.value.length - 1] ?? null
  })
  const canUndo = computed(() => undoable.value !== null && session.value !== null)

  async function undo(): Promise<void> {
    const target = undoable.value
    if (target === null || busy.value) return
    const done = await post(target.id, { seen_version: target.version, verdict: 'undo', reason: null, into: null, ticks: null, note: null })
    // What cannot be taken back now cannot be later: the next stage has it, or somebody else decided.
    if (!done && problem.value?.kind !== 'network' && problem.value?.kind !== 'server') mine.value = mine.value.filter((item) => item.id !== target.id)
  }

  return { busy, problem, stale, canUndo, send, undo, dismiss }
}
