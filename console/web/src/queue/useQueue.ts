/**
 * The list of candidates: pages from the server, live changes on top. Rows are changed in place and never taken away
 * under an officer's eyes; new ones wait behind a button until they are asked for.
 */
import { computed, onScopeDispose, ref, shallowRef, triggerRef, watch, type Ref } from 'vue'

import { api, ask, type CandidateSummary, type Schemas } from '@/api/client'
import type { Problem } from '@/api/problem'
import { useLive, type LiveData } from '@/app/live'
import { session } from '@/app/session'
import { steadyUrl } from '@/app/signed'
import { requestOf, type Filters } from './filters'
import { together } from './together'

const PAGE = 50
/** A burst of new candidates asks the server once. */
const SETTLE_MS = 400

export function useQueue(filters: Ref<Filters>, changed: (id: string, data: LiveData) => void) {
  const items = shallowRef<CandidateSummary[]>([])
  const counts = ref<Schemas['StateCounts'] | null>(null)
  /** New rows that are not shown yet. */
  const waiting = shallowRef<CandidateSummary[]>([])
  const loading = ref(true)
  const problem = ref<Problem | null>(null)
  const cursor = ref<string | null>(null)
  let generation = 0
  let settle: ReturnType<typeof setTimeout> | undefined
  let loadingMore = false

  /** By urgency what came from one place together is shown together; whoever asks for another order gets that order. */
  const ordered = (page: CandidateSummary[]) => (filters.value.sort === 'risk' ? together(page) : page)

  function fetchPage(from: string | null) {
    return ask(api.GET('/api/v1/candidates', { params: { query: { ...requestOf(filters.value), limit: PAGE, cursor: from ?? undefined } } }))
  }

  async function load(): Promise<void> {
    const mine = ++generation
    loading.value = true
    problem.value = null
    const answer = await fetchPage(null)
    if (mine !== generation) return
    loading.value = false
    if (!answer.ok) {
      problem.value = answer.problem
      return
    }
    items.value = ordered(answer.data.items)
    counts.value = answer.data.counts
    cursor.value = answer.data.next_cursor ?? null
    waiting.value = []
  }

  async function loadMore(): Promise<void> {
    if (cursor.value === null || loadingMore) return
    loadingMore = true
    const mine = generation
    const answer = await fetchPage(cursor.value)
    loadingMore = false
    if (mine !== generation || !answer.ok) return
    const have = new Set(items.value.map((item) => item.id))
    items.value = [...items.value, ...ordered(answer.data.items.filter((item) => !have.has(item.id)))]
    cursor.value = answer.data.next_cursor ?? null
  }

  /** Looks what is new, without moving what is shown. An empty list has nothing to move. */
  async function look(): Promise<void> {
    const mine = generation
    const answer = await fetchPage(null)
    if (mine !== generation || !answer.ok) return
    counts.value = answer.data.counts
    const have = new Set(items.value.map((item) => item.id))
    const fresh = answer.data.items.filter((item) => !have.has(item.id))
    for (const item of answer.data.items) if (have.has(item.id)) patch(item.id, { ...item, still_url: steadyUrl(items.value.find((row) => row.id === item.id)?.still_url, item.still_url) })
    if (items.value.length === 0) {
      items.value = ordered(fresh)
      cursor.value = answer.data.next_cursor ?? null
    } else {
      waiting.value = fresh
    }
  }

  function lookSoon(): void {
    clearTimeout(settle)
    settle = setTimeout(() => void look(), SETTLE_MS)
  }

  /** Takes in what waits, in its order; on a list by age or score the server's order is asked for again. */
  async function takeWaiting(): Promise<void> {
    if (filters.value.sort !== 'newest') {
      await load()
      return
    }
    const have = new Set(items.value.map((item) => item.id))
    items.value = [...waiting.value.filter((item) => !have.has(item.id)), ...items.value]
    waiting.value = []
  }

  function patch(id: string, change: Partial<CandidateSummary>): void {
    const index = items.value.findIndex((item) => item.id === id)
    const item = items.value[index]
    if (item === undefined) return
    items.value[index] = { ...item, ...change }
    triggerRef(items)
  }

  useLive((kind, data) => {
    const id = typeof data.id === 'string' ? data.id : ''
    if (kind === 'candidate_new' || kind === 'reset') lookSoon()
    if (kind === 'candidate_changed') {
      const change: Partial<CandidateSummary> = {}
      if (typeof data.state === 'string') change.state = data.state as CandidateSummary['state']
      if (typeof data.version === 'number') change.version = data.version
      if (typeof data.carries === 'number') change.carries = data.carries
      if (typeof data.seen_state === 'string') change.seen_state = data.seen_state as CandidateSummary['seen_state']
      patch(id, change)
      waiting.value = waiting.value.filter((item) => item.id !== id || change.state === undefined || change.state === 'open')
      changed(id, data)
      lookSoon()
    }
    if (kind === 'claim_changed') {
      const by = data.by
      const claim = typeof by === 'string' && typeof data.until === 'string' ? { by, until: data.until, mine: by === session.value?.user.name } : null
      patch(id, { claim })
    }
  })

  watch(filters, load, { immediate: true, deep: true })
  onScopeDispose(() => {
    clearTimeout(settle)
    generation++
  })

  /**
   * How many there are that the list does not show. By urgency new ones mostly come last, beyond the first page that was looked
   * at again: where the list is whole, the server's count tells of them.
   */
  const fresh = computed(() => {
    const state = filters.value.state
    if (cursor.value !== null || counts.value === null || state === 'any') return waiting.value.length
    const shown = items.value.filter((item) => item.state === state).length
    return Math.max(waiting.value.length, counts.value[state] - shown)
  })

  return { items, counts, waiting, fresh, loading, problem, cursor, load, loadMore, lookSoon, takeWaiting, patch }
}
