/** Many rejections at once: the server says what would happen, that is shown, and exactly that is ordered. */
import { ref, shallowRef } from 'vue'

import { api, ask, CHANGE, type Schemas } from '@/api/client'
import type { Problem } from '@/api/problem'
import { requestOf, type Filters } from './filters'

export type Step = 'closed' | 'looking' | 'preview' | 'sending' | 'done' | 'undone'

export function useBulk(after: () => void) {
  const step = ref<Step>('closed')
  const preview = shallowRef<Schemas['BulkPreview'] | null>(null)
  const result = shallowRef<Schemas['BulkMade'] | null>(null)
  const problem = ref<Problem | null>(null)
  /** What is meant: the marked ones, or the list. */
  const ofList = ref(false)

  async function look(marked: readonly string[], filters: Filters): Promise<void> {
    step.value = 'looking'
    problem.value = null
    preview.value = null
    result.value = null
    ofList.value = marked.length === 0
    const body: Schemas['BulkSelection'] = marked.length > 0 ? { ids: [...marked], filter: null } : { ids: null, filter: requestOf(filters) }
    const answer = await ask(api.POST('/api/v1/candidates/bulk/preview', { params: { header: CHANGE }, body }))
    if (step.value !== 'looking') return
    step.value = 'preview'
    if (answer.ok) preview.value = answer.data
    else problem.value = answer.problem
  }

  async function order(body: Schemas['BulkOrder'], then: Step): Promise<void> {
    const before = step.value
    step.value = 'sending'
    problem.value = null
    const answer = await ask(api.POST('/api/v1/candidates/bulk', { params: { header: CHANGE }, body }))
    if (answer.ok) {
      result.value = answer.data
      step.value = then
      after()
    } else {
      problem.value = answer.problem
      step.value = before
    }
  }

  async function send(reason: Schemas['RejectReason'], note: string): Promise<void> {
    const items = preview.value?.items.map(({ id, version }) => ({ id, seen_version: version })) ?? []
    if (items.length === 0) return
    await order({ verdict: 'reject', items, reason, note: note.trim() === '' ? null : note.trim() }, 'done')
  }

  async function undo(): Promise<void> {
    const items = result.value?.made ?? []
    if (items.length > 0) await order({ verdict: 'undo', items, reason: null, note: null }, 'undone')
  }

  function close(): void {
    step.value = 'closed'
  }

  return { step, preview, result, problem, ofList, look, send, undo, close }
}
