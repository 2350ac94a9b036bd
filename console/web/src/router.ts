import { ref } from 'vue'
import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router'

import { known, may, restore, session } from '@/app/session'

/** `needs`: what `Me.may` must name for the page to be shown. */
declare module 'vue-router' {
  interface RouteMeta {
    title: string
    needs?: string
    open?: boolean
    /** Nobody's session matters here. */
    public?: boolean
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/login', name: 'login', component: () => import('@/login/LoginPage.vue'), meta: { title: 'login.title', open: true } },
    { path: '/party', name: 'party', component: () => import('@/party/PartyPage.vue'), meta: { title: 'party.pageTitle', open: true, public: true } },
    // Where this leads depends on who is there, which the guard knows once the server has said so.
    { path: '/', name: 'start', component: () => import('@/app/MissingPage.vue'), meta: { title: 'app.name' } },
    { path: '/queue/:id?', name: 'queue', component: () => import('@/queue/QueuePage.vue'), meta: { title: 'nav.queue', needs: 'queue' } },
    { path: '/cases', name: 'cases', component: () => import('@/cases/CasesPage.vue'), meta: { title: 'nav.cases', needs: 'cases' } },
    { path: '/cases/:id', name: 'case', component: () => import('@/cases/CasePage.vue'), meta: { title: 'nav.cases', needs: 'cases' } },
    { path: '/law', name: 'law', component: () => import('@/law/LawPage.vue'), meta: { title: 'law.title', needs: 'legal_lists' } },
    { path: '/zones/:id?', name: 'zones', component: () => import('@/zones/ZonesPage.vue'), meta: { title: 'nav.zones', needs: 'zones' } },
    { path: '/clearance', name: 'clearance', component: () => import('@/clearance/ClearancePage.vue'), meta: { title: 'nav.clearance', needs: 'clearance' } },
    { path: '/clearance/days', name: 'zone-days', component: () => import('@/clearance/ZoneDaysPage.vue'), meta: { title: 'nav.clearance', needs: 'clearance' } },
    { path: '/clearance/definitions', name: 'definitions', component: () => import('@/clearance/DefinitionsPage.vue'), meta: { title: 'nav.clearance', needs: 'clearance' } },
    { path: '/clearance/areas', name: 'areas', component: () => import('@/clearance/AreasPage.vue'), meta: { title: 'nav.clearance', needs: 'clearance' } },
    { path: '/clearance/minutes', name: 'recall-minutes', component: () => import('@/recall/MinutesPage.vue'), meta: { title: 'nav.clearance', needs: 'clearance' } },
    { path: '/clearance/finds', name: 'finds', component: () => import('@/recall/FindsPage.vue'), meta: { title: 'recall.finds.title', needs: 'finds' } },
    { path: '/cameras', name: 'cameras', component: () => import('@/cameras/CamerasPage.vue'), meta: { title: 'nav.cameras', needs: 'cameras' } },
    { path: '/cameras/:id', name: 'camera', component: () => import('@/cameras/CameraPage.vue'), meta: { title: 'nav.cameras', needs: 'cameras' } },
    { path: '/admin/users', name: 'users', component: () => import('@/admin/UsersPage.vue'), meta: { title: 'admin.users', needs: 'users' } },
    { path: '/admin/receivers', name: 'receivers', component: () => import('@/admin/ReceiversPage.vue'), meta: { title: 'handover.receivers', needs: 'deliveries' } },
    { path: '/admin/audit', name: 'audit', component: () => import('@/admin/AuditPage.vue'), meta: { title: 'admin.audit', needs: 'audit' } },
    { path: '/admin/training', name: 'training', component: () => import('@/admin/TrainingPage.vue'), meta: { title: 'training.title', needs: 'training' } },
    { path: '/admin/units', name: 'units', component: () => import('@/admin/UnitsPage.vue'), meta: { title: 'org.units', needs: 'users' } },
    { path: '/admin/sessions', name: 'sessions', component: () => import('@/admin/SessionsPage.vue'), meta: { title: 'org.sessions', needs: 'users' } },
    { path: '/admin/samples', name: 'samples', component: () => import('@/admin/SamplesPage.vue'), meta: { title: 'org.samples', needs: 'samples' } },
    { path: '/admin/samples/:id', name: 'sample', component: () => import('@/admin/SamplePage.vue'), meta: { title: 'org.samples', needs: 'samples' } },
    { path: '/admin/frame-audits', name: 'frame-audits', component: () => import('@/recall/AuditsPage.vue'), meta: { title: 'recall.toAudits', needs: 'frame_audits' } },
    { path: '/admin/frame-audits/:id', name: 'frame-audit', component: () => import('@/recall/AuditPage.vue'), meta: { title: 'recall.toAudits', needs: 'frame_audits' } },
    { path: '/admin/retention', name: 'retention', component: () => import('@/admin/RetentionPage.vue'), meta: { title: 'retention.title', needs: 'retention' } },
    { path: '/account', name: 'account', component: () => import('@/admin/AccountPage.vue'), meta: { title: 'org.account' } },
    // What was asked for stays in the address: it can be shown to whoever sent the link.
    { path: '/not-allowed/:rest(.*)*', name: 'not-allowed', component: () => import('@/app/MissingPage.vue'), meta: { title: 'problem.forbidden' } },
    { path: '/:rest(.*)*', name: 'missing', component: () => import('@/app/MissingPage.vue'), meta: { title: 'problem.missing' } },
  ],
})

/** The first page this person may use. */
export function home(): string {
  const pages: [string, string][] = [
    ['queue', '/queue'],
    ['cases', '/cases'],
    ['zones', '/zones'],
    ['cameras', '/cameras'],
    ['users', '/admin/users'],
    ['audit', '/admin/audit'],
  ]
  return pages.find(([need]) => may(need))?.[1] ?? '/nothing'
}

/** Only a path of this application is a place to return to after log-in. */
export function safeNext(next: unknown): string | null {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) && !next.startsWith('/login') ? next : null
}

async function guard(to: RouteLocationNormalized) {
  if (to.meta.public) return true
  if (!known.value) await restore()
  if (to.meta.open) return session.value !== null ? (safeNext(to.query.next) ?? home()) : true
  if (session.value === null) return { name: 'login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  // Nothing else is open before that: the server refuses it anyway.
  if (session.value.must.length > 0 && to.name !== 'account') return { name: 'account' }
  if (to.name === 'start') return home()
  if (to.meta.needs !== undefined && !may(to.meta.needs)) return { name: 'not-allowed', params: { rest: to.path.split('/').filter(Boolean) } }
  return true
}

/** The address of a page whose program could not be loaded: the server is away, or a newer application took its place. */
export const notLoaded = ref<string | null>(null)

router.beforeEach(guard)
router.onError((_error, to) => (notLoaded.value = to.fullPath))
router.afterEach(() => (notLoaded.value = null))
