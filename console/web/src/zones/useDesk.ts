/** The desk of one camera: what is live, the draft with undo and redo, and what is wrong with it as one draws. */
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'

import { api, ask, CHANGE, type Answer, type Schemas } from '@/api/client'
import type { Problem } from '@/api/problem'
import { may } from '@/app/session'
import { copy, type Drawing, type Fault, type Plan } from './model'

/** Steps that can be undone. */
const STEPS = 200
/** A drawing is checked when it has stood still for so long, milliseconds. */
const CHECK_AFTER = 250

export function useDesk(camera: Ref<string>) {
  const desk = shallowRef<Schemas['ZoneDesk'] | null>(null)
  const problem = ref<Problem | null>(null)
  const plan = ref<Plan>({ zones: [], holidays: [] })
  const faults = ref<Fault[]>([])
  const busy = ref(false)
  const done = shallowRef<string[]>([])
  const undone = shallowRef<string[]>([])
  let generation = 0

  const text = (value: Plan) => JSON.stringify(value)
  // Nothing is drawn yet and nothing is kept: whoever has not begun is not asked whether to throw it away.
  const kept = ref(text(plan.value))
  const dirty = computed(() => text(plan.value) !== kept.value)
  const editable = computed(() => may('draw') && desk.value !== null && desk.value.version > 0 && (desk.value.draft?.state ?? 'editing') === 'editing')
  const fit = computed(() => faults.value.every((fault) => fault.warning))

  function adopt(data: Schemas['ZoneDesk']): void {
    desk.value = data
    const shown = data.draft ?? data
    plan.value = copy({ zones: shown.zones as Drawing[], holidays: shown.holidays })
    faults.value = data.draft?.faults ?? []
    kept.value = text(plan.value)
    done.value = []
    undone.value = []
  }

  async function load(): Promise<void> {
    const mine = ++generation
    if (camera.value === '') return
    const answer = await ask(api.GET('/api/v1/cameras/{id}/draft', { params: { path: { id: camera.value } } }))
    if (mine !== generation) return
    problem.value = answer.ok ? null : answer.problem
    if (answer.ok) adopt(answer.data)
  }
  watch(camera, () => {
    desk.value = null
    void load()
  }, { immediate: true })

  /** Changes the drawing; can be undone. */
  function change(work: (plan: Plan) => void): void {
    if (!editable.value) return
    const before = text(plan.value)
    const next = copy(plan.value)
    work(next)
    if (text(next) === before) return
    done.value = [...done.value.slice(-STEPS), before]
    undone.value = []
    plan.value = next
  }

  function step(from: Ref<string[]>, to: Ref<string[]>): void {
    const last = from.value.at(-1)
    if (last === undefined) return
    from.value = from.value.slice(0, -1)
    to.value = [...to.value, text(plan.value)]
    plan.value = JSON.parse(last) as Plan
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  watch(plan, (now) => {
    clearTimeout(timer)
    if (text(now) === kept.value) return
    timer = setTimeout(() => void check(), CHECK_AFTER)
  })
  onScopeDispose(() => {
    clearTimeout(timer)
    generation++
  })

  async function check(): Promise<void> {
    const asked = text(plan.value)
    const answer = await ask(api.POST('/api/v1/zones/check', { params: { header: CHANGE }, body: plan.value }))
    if (answer.ok && asked === text(plan.value)) faults.value = answer.data.faults
  }

  const path = () => ({ path: { id: camera.value }, header: CHANGE })
  const seen = () => desk.value?.draft?.revision ?? 0

  async function working<T>(call: Promise<Answer<T>>): Promise<Answer<T>> {
    busy.value = true
    const answer = await call
    busy.value = false
    problem.value = answer.ok ? null : answer.problem
    return answer
  }

  async function save(note: string | null): Promise<boolean> {
    const body = { seen_revision: seen(), seen_version: desk.value?.version ?? 0, ...plan.value, note }
    const answer = await working(ask(api.PUT('/api/v1/cameras/{id}/draft', { params: path(), body })))
    if (answer.ok) adopt(answer.data)
    return answer.ok
  }

  async function move(to: 'submit' | 'approve' | 'return' | 'discard', note: string | null, effective: string | null = null): Promise<Schemas['DraftStepped'] | null> {
    const body = { seen_revision: seen(), note, effective_from: effective }
    const calls = {
      submit: () => api.POST('/api/v1/cameras/{id}/draft/submit', { params: path(), body }),
      approve: () => api.POST('/api/v1/cameras/{id}/draft/approve', { params: path(), body }),
      return: () => api.POST('/api/v1/cameras/{id}/draft/return', { params: path(), body }),
      discard: () => api.POST('/api/v1/cameras/{id}/draft/discard', { params: path(), body }),
    }
    const answer = await working(ask(calls[to]()))
    if (answer.ok) await load()
    return answer.ok ? answer.data : null
  }

  async function restore(version: number, note: string | null): Promise<boolean> {
    const params = { path: { id: camera.value, version }, header: CHANGE }
    const answer = await working(ask(api.POST('/api/v1/cameras/{id}/versions/{version}/restore', { params, body: { seen_revision: seen(), note } })))
    if (answer.ok) adopt(answer.data)
    return answer.ok
  }

  return {
    desk, problem, plan, faults, busy, dirty, editable, fit, change, load, save, move, restore,
    undo: () => step(done, undone),
    redo: () => step(undone, done),
    canUndo: computed(() => done.value.length > 0),
    canRedo: computed(() => undone.value.length > 0),
  }
}

export type Desk = ReturnType<typeof useDesk>
