/**
 * What editors show for each field, under its canonical name; one record for each kind of object. A record belongs to
 * the objects of the schema that have all of its fields.
 */
export const fieldTexts: readonly Readonly<Record<string, string>>[] = [
  {
    id: 'The id of the loop. Runs, ledger entries and stops refer to it.',
    version:
      'A label for people. A run is pinned to the digest of the whole definition, not to this.',
    name: 'The name that people read; the id by default.',
    description: 'What the loop is for.',
    domain: 'The field of work that the loop belongs to.',
    states: 'The states that a run can be in.',
    initialState: 'The state in which a run starts.',
    transitions:
      'The steps from state to state: who may request each one, and who has to approve it.',
    outcome: 'What a completed run has achieved.',
    spawns: 'The ids of loops that runs of this one lead to. The application starts them.',
    tags: 'Keywords for sorting definitions.',
    maxTransitions: 'How many transitions one run may execute, so that an endless loop ends.',
    $schema: 'The address of this schema, for editors.',
  },
  {
    id: 'The id of the state. Transitions refer to it.',
    label: 'The text that people read in place of the id.',
    terminal: 'Whether a run ends here.',
    error: 'Whether a run that ends here has failed. Such a state must be terminal.',
    timeout: 'What happens to a run that stays in this state too long.',
  },
  {
    after: 'How long a run may stay, such as 30s, 5m, 2h or 7d.',
    transition: 'The transition out of this state that the system then takes.',
  },
  {
    id: 'The id by which actors request this transition, and which the ledger records.',
    from: 'The state in which the transition can be taken.',
    to: 'The state that the run is in afterwards.',
    signal: 'Another name by which the transition can be requested; the id by default.',
    description: 'What reviewers read about the transition.',
    actors: 'The types of actors that may request the transition.',
    roles: 'The requester must have one of these roles.',
    guards: 'The checks that must pass before the transition is taken, in this order.',
    evidence: 'A JSON Schema that the evidence must satisfy.',
    approval:
      'Who has to approve before the transition is taken; true for any one person except the requester.',
    effect: 'What is done in another system after the transition.',
    risk: 'How much harm a wrong decision would do; shown to reviewers.',
  },
  {
    id: 'The name of this guard in the ledger. Without use or when, it also names the registered guard that judges.',
    use: 'The name of the registered guard that judges; the id by default.',
    with: 'The parameters of the registered guard.',
    when: 'A CEL expression over evidence, input, actor, instance, transition and now that must be true.',
    severity: 'Whether a failure blocks (hard, by default) or is recorded as a warning (soft).',
    evaluatedBy:
      'A note for readers. The engine judges every guard, whatever this says; runtime by default.',
    message: "The message when the guard fails, in place of the guard's own.",
  },
  {
    when: 'A CEL expression. If it is false, no approval is needed. Without it every attempt needs approval.',
    stages: 'Groups of reviewers who are asked one after another.',
    reviewers: 'Who may decide: alice, role:finance, group:oncall, or * for any person.',
    quorum: 'How many different people must approve; 1 by default.',
    fourEyes:
      'Whether people are barred from approving their own requests and those of actors that act for them; true by default.',
    expiresIn: 'How long the request waits for a decision; 24h by default.',
    onExpiry: 'The transition that the system takes when the request expires.',
    onReject: 'The transition that the system takes when the request is rejected.',
    remindEvery: 'How often people who have not decided are reminded, such as 2h.',
    escalate: 'More people who may decide once the request has waited for some time.',
    channels: 'The channels through which people are asked; every registered channel by default.',
    allow: 'What reviewers may do besides approving and rejecting.',
    assurance: 'How well a person must have been authenticated to approve, edit or delegate.',
  },
  {
    name: 'The name of the stage, for people.',
    reviewers:
      'Who may decide at this stage: alice, role:finance, group:oncall, or * for any person.',
    quorum: 'How many different people must approve at this stage; 1 by default.',
  },
  {
    after: 'How long the request waits before this escalation, such as 30m.',
    reviewers: 'Who may decide from then on, in addition to the others.',
    channels: 'The channels through which they are asked; those of the policy by default.',
  },
  {
    integration: 'The name of the registered integration that carries the effect out.',
    action: 'The name of one of its actions.',
    input:
      'The input of the action: for each field a CEL expression over evidence, input, actor, instance and transition. The evidence by default.',
    semantics:
      'What happens after a crash in the middle: an idempotent effect (the default) runs again, an at-most-once effect is recorded as unknown.',
    onSuccess: 'The transition that follows when the effect succeeded.',
    onFailure: 'The transition that follows when the effect failed for good.',
    maxAttempts:
      'How often an idempotent effect is tried; by default the limit maxAttempts of the system.',
    timeout: 'How long one attempt may take; by default the limit effectTimeoutMs of the system.',
  },
  {
    id: 'The id of the outcome.',
    description: 'What the outcome means.',
    valueUnit: 'The unit of its value.',
    measurable: 'Whether the outcome can be measured.',
    metrics: 'The metrics that measure the outcome.',
  },
  {
    id: 'The id of the metric.',
    unit: 'The unit of the metric.',
    description: 'What the metric means.',
  },
]
