/** A cursor-paged list of the server: first page, more pages, one problem. */
import { onScopeDispose, ref, shallowRef } from 'vue'

import type { Answer } from '@/api/client'
import type { Problem } from '@/api/problem'

interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

export function usePages<T>(fetchPage: (cursor: string | undefined) => Promise<Answer<Page<T>>>) {
  const items = shallowRef<T[]>([])
  const loading = ref(true)
  const problem = ref<Problem | null>(null)
  const cursor = ref<string | null>(null)
  let generation = 0

  async function load(): Promise<void> {
    const mine = ++generation
    loading.value = true
    const answer = await fetchPage(undefined)
    if (mine !== generation) return
    loading.value = false
    problem.value = answer.ok ? null : answer.problem
    if (answer.ok) {
      items.value = answer.data.items
      cursor.value = answer.data.next_cursor ?? null
    }
  }

  async function more(): Promise<void> {
    if (cursor.value === null || loading.value) return
    const mine = generation
    loading.value = true
    const answer = await fetchPage(cursor.value)
    if (mine !== generation) return
    loading.value = false
    problem.value = answer.ok ? null : answer.problem
    if (answer.ok) {
      items.value = [...items.value, ...answer.data.items]
      cursor.value = answer.data.next_cursor ?? null
    }
  }

  onScopeDispose(() => {
    generation++
  })

  return { items, loading, problem, cursor, load, more }
}
