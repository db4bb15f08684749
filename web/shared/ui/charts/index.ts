/** The one set of charts: SVG of our own, read by mouse, by keys and as a table. Words come from who uses them. */
export { default as BarChart } from './BarChart.vue'
export { default as LineChart } from './LineChart.vue'
export { default as StepChart } from './StepChart.vue'
export type { Series } from './scale'
