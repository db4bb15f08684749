/** The review's state: a week's findings with their figures, and judging one after another. */
import { computed, onMounted, ref, shallowRef } from 'vue'
import { tError } from '../../i18n'
import { fetchWeek, judge as sendVerdict } from './api'
import type { FindingView, GuardrailWeek, Verdict } from './api'

export function useGuardrails() {
  const week = shallowRef<GuardrailWeek | null>(null)
  const failure = ref('')
  const busy = ref(false)
  const onlyOpen = ref(false)
  /** What was judged since the week was read stays where it is, so that nothing moves under the pointer. */
  const justJudged = ref(new Set<string>())
  const listed = computed(() => (week.value?.findings ?? []).filter((one) => !onlyOpen.value || one.verdict === null || justJudged.value.has(one.id)))

  async function load(name = ''): Promise<void> {
    busy.value = true
    failure.value = ''
    try {
      week.value = await fetchWeek(name)
      justJudged.value = new Set()
    } catch (error) {
      failure.value = tError(error)
    }
    busy.value = false
  }

  async function judge(finding: FindingView, verdict: Verdict): Promise<void> {
    failure.value = ''
    try {
      await sendVerdict(finding.id, verdict)
      justJudged.value.add(finding.id)
      // The figures are the server's to count.
      if (week.value) week.value = await fetchWeek(week.value.week)
    } catch (error) {
      failure.value = tError(error)
    }
  }

  onMounted(() => void load())
  return { week, failure, busy, onlyOpen, listed, load, judge }
}
