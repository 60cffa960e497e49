export { createDecisionPage, type DecisionPage } from './decision-page.ts'
export {
  type DecisionPageOptions,
  type Risk,
  type SendCodeInput,
  type StepUp,
} from './page-options.ts'
export {
  createDecisionLinks,
  redactDecisionLinks,
  type DecisionChallenge,
  type DecisionLink,
  type DecisionLinks,
  type DecisionLinksOptions,
  type Opened,
} from './tokens/decision-link.ts'
export { minutesText } from './page-forms.ts'
export {
  createOneTimeCodes,
  type OneTimeCodes,
  type OneTimeCodesOptions,
} from './tokens/one-time-code.ts'
export {
  answerText,
  type Decide,
  type DecisionAnswer,
  type GetApproval,
} from './decision-answer.ts'
export { outcomeText, type OutcomeText } from './view/outcome-text.ts'
export { renderViewHtml, type Markup, type ViewHtmlOptions } from './view/view-html.ts'
export { cut, renderViewText, timeText, type ViewTextOptions } from './view/view-text.ts'
export { hasDecided } from './view/view-facts.ts'
