// What shows a run, without what verifies it: an entry of its own, so that a program that only works loads no more.
export { renderTimeline, type RenderOptions } from './timeline/render-timeline.ts'
export { timelineOf, type TimelineItem, type TimelineRow } from './timeline/timeline.ts'
