/** Addresses of the console: `/console/mine/<conversation>` and its like, and the door. */
import { createRouter, createWebHistory } from 'vue-router'
import { ApiError } from '../api'
import { lock } from '../features/lock/lock'
import { useSession } from '../stores/session'

export const router = createRouter({
  history: createWebHistory('/console/'),
  routes: [
    { path: '/', redirect: '/mine' },
    { path: '/sign-in', name: 'sign_in', component: () => import('../features/sign_in/SignInPage.vue') },
    { path: '/floor', name: 'floor', component: () => import('../features/floor/FloorPage.vue') },
    {
      path: '/:list(mine|waiting|closed)/:conversationId?',
      name: 'desk',
      component: () => import('../features/shell/DeskShell.vue'),
    },
    { path: '/calendar', name: 'calendar', component: () => import('../features/calendar/CalendarPage.vue') },
    { path: '/policy', name: 'policy', component: () => import('../features/policy/PolicyPage.vue') },
    { path: '/knowledge/review', name: 'review', component: () => import('../features/review/ReviewPage.vue') },
    { path: '/knowledge/report', name: 'bot_report', component: () => import('../features/bot_report/ReportPage.vue') },
    { path: '/knowledge/graph', name: 'graph', component: () => import('../features/graph/GraphPage.vue') },
    { path: '/request-types', name: 'request_types', component: () => import('../features/assist/RequestTypesPage.vue') },
    { path: '/guardrails', name: 'guardrails', component: () => import('../features/guardrails/GuardrailsPage.vue') },
    { path: '/audit', name: 'audit', component: () => import('../features/audit/AuditPage.vue') },
    { path: '/incidents', name: 'incidents', component: () => import('../features/continuity/IncidentsPage.vue') },
    { path: '/incidents/:incidentId', name: 'incident_report', component: () => import('../features/continuity/ReportPage.vue') },
    { path: '/standby', name: 'standby', component: () => import('../features/continuity/StandbyPage.vue') },
    { path: '/retention', name: 'retention', component: () => import('../features/retention/RetentionPage.vue') },
    { path: '/accounts', name: 'accounts', component: () => import('../features/accounts/AccountsPage.vue') },
    { path: '/webhooks', name: 'webhooks', component: () => import('../features/webhooks/WebhooksPage.vue') },
    { path: '/hotline', name: 'hotline', component: () => import('../features/hotline/HotlinePage.vue') },
    { path: '/sandbox', name: 'sandbox', component: () => import('../features/sandbox/SandboxPage.vue') },
    { path: '/staffing', name: 'staffing', component: () => import('../features/staffing/StaffingPage.vue') },
    {
      path: '/knowledge/:entryId(.*)?',
      name: 'knowledge',
      component: () => import('../features/knowledge_editor/KnowledgePage.vue'),
    },
    { path: '/:rest(.*)*', redirect: '/mine' },
  ],
})

router.beforeEach(async (to) => {
  const session = useSession()
  // The database that knows who is signed in may be away: then the list itself knows.
  if (to.name === 'standby') return true
  if (!session.asked) await askWhoIsHere()
  // Whoever opens the screen goes where they wanted to go.
  if (!session.me && lock.locked.value) return true
  if (to.name === 'sign_in') return session.me ? { name: 'desk', params: { list: 'mine' } } : true
  // Who edits the knowledge base and takes no conversations has another home.
  if (to.name === 'desk' && session.may('edit_knowledge') && !session.may('work')) return { name: 'knowledge' }
  if (to.name === 'desk' && session.may('read_audit') && !session.may('work')) return { name: 'audit' }
  if (to.name === 'desk' && session.may('see_accounts') && !session.may('work')) return { name: 'accounts' }
  return session.me ? true : { name: 'sign_in', query: to.fullPath === '/mine' ? {} : { next: to.fullPath } }
})

/** A server that can't be reached leads to the door too, which then says so. */
async function askWhoIsHere(): Promise<void> {
  try {
    await useSession().ask()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
}
