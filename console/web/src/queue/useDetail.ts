/** The candidate on the stage, and the next one fetched before it is asked for. */
import { ref, shallowRef } from 'vue'

import { api, ask, type CandidateDetail } from '@/api/client'
import type { Problem } from '@/api/problem'
import { steadyUrl } from '@/app/signed'

/** Signed addresses live a few minutes; a prefetched detail is used well within. */
const KEEP_MS = 60_000

export function useDetail() {
  const detail = shallowRef<CandidateDetail | null>(null)
  const loading = ref(false)
  const problem = ref<Problem | null>(null)
  /** The clip and stills of the next candidate, for hidden elements that make the browser fetch them. */
  const ahead = shallowRef<CandidateDetail | null>(null)
  let aheadAt = 0
  let wanted: string | null = null

  function fetchDetail(id: string) {
    return ask(api.GET('/api/v1/candidates/{id}', { params: { path: { id } } }))
  }

  async function open(id: string | null): Promise<void> {
    wanted = id
    problem.value = null
    if (id === null) {
      detail.value = null
      loading.value = false
      return
    }
    const prefetched = ahead.value
    if (prefetched?.candidate.id === id && Date.now() - aheadAt < KEEP_MS) {
      detail.value = prefetched
      loading.value = false
      return
    }
    loading.value = true
    const answer = await fetchDetail(id)
    if (wanted !== id) return
    loading.value = false
    if (answer.ok) detail.value = answer.data
    else {
      detail.value = null
      problem.value = answer.problem
    }
  }

  /** Fetches the facts again but keeps the addresses of what is on the screen: a playing clip must not start over. */
  async function refresh(): Promise<void> {
    const id = wanted
    if (id === null) return
    const answer = await fetchDetail(id)
    if (wanted !== id || !answer.ok) return
    const shown = new Map(detail.value?.evidence.map((item) => [item.sha256, item.url]))
    const evidence = answer.data.evidence.map((item) => ({ ...item, url: steadyUrl(shown.get(item.sha256), item.url) }))
    detail.value = { ...answer.data, evidence }
  }

  async function prefetch(id: string | null): Promise<void> {
    if (id === null || ahead.value?.candidate.id === id) return
    const answer = await fetchDetail(id)
    if (!answer.ok) return
    ahead.value = answer.data
    aheadAt = Date.now()
  }

  return { detail, loading, problem, ahead, open, refresh, prefetch }
}
