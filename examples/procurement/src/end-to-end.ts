// oxlint-disable typescript/no-non-null-assertion -- as the documentation has it // added
import { procurement } from "./procurement-loop.ts"; // added
// @no-typecheck
import { createLoopSystem } from "@loop-engine/sdk";
import { createAnthropicActorAdapter } from "@loop-engine/adapter-anthropic";

const { engine } = await createLoopSystem({ loops: [/* procurement loop */ procurement] });
const ai = createAnthropicActorAdapter({
  apiKey: process.env.ANTHROPIC_API_KEY!,
  model: "claude-opus-4-6"
});

// Integration may have created the aggregate; automation opens the loop.
await engine.start({
  loopId: "procurement" as never,
  aggregateId: "PO-2001" as never,
  actor: { type: "automation", id: "system:intake" }
});

// Provider: AI recommends a transition (does not bypass guards).
const { actor, decision } = await ai.createSubmission({
  loopId: "procurement",
  loopName: "SCM Procurement",
  currentState: "pending_analysis",
  availableSignals: [{ signalId: "submit_recommendation", name: "Submit Recommendation" }],
  instruction: "Recommend order action",
  evidence: { forecast: 0.83 }
});

await engine.transition({
  aggregateId: "PO-2001" as never,
  transitionId: "submit_recommendation" as never,
  actor,
  evidence: decision
});

// Guards run in runtime — e.g. confidence threshold.
// Channel: human approval transition (Slack/OpenClaw/PagerDuty routing).
// Integration: ERP/Commerce Gateway executes only after approved transition.
// Terminal state emits loop.completed + learning signal.
export { engine }; // added
