/** The report of what the address asks for. */
import { ref, shallowRef } from 'vue'

import { api, ask, type Schemas } from '@/api/client'
import type { Problem } from '@/api/problem'
import type { By, Filters } from './filters'

export type Report = Schemas['ClearanceReport']
export type Group = Schemas['ClearanceGroup']
export type Times = Schemas['TimesFigure']
export type Share = Schemas['ShareFigure']

export function useReport() {
  const report = shallowRef<Report | null>(null)
  const loading = ref(true)
  const problem = ref<Problem | null>(null)
  let generation = 0

  async function load(filters: Filters, by: By, brief?: boolean): Promise<void> {
    const mine = ++generation
    loading.value = true
    const answer = await ask(api.GET('/api/v1/clearance/report', { params: { query: { ...filters, by, brief } } }))
    if (mine !== generation) return
    loading.value = false
    problem.value = answer.ok ? null : answer.problem
    if (answer.ok) report.value = answer.data
  }

  return { report, loading, problem, load }
}
