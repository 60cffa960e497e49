import type { INodeProperties } from 'n8n-workflow'

export const approvalProperties: INodeProperties[] = [
  {
    displayName: 'Business Key',
    name: 'aggregateId',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. order-17',
    description: 'The business key of the run whose transition people decide about',
  },
  {
    displayName: 'Transition',
    name: 'transition',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. pay',
    description: 'The ID of the transition; its policy says who decides, and until when',
  },
  {
    displayName: 'Evidence',
    name: 'evidence',
    type: 'json',
    default: '{}',
    description:
      'What reviewers see and approve, byte for byte; a JSON object. In front of a tool: {{ { tool: $tool.name, parameters: $tool.parameters } }}.',
  },
  {
    displayName: 'Message',
    name: 'message',
    type: 'string',
    typeOptions: { rows: 3 },
    default: '',
    description: 'A text for the reviewers; becomes the field "message" of the evidence',
  },
  {
    displayName: 'Start a Run of Loop',
    name: 'loopId',
    type: 'string',
    default: '',
    placeholder: 'e.g. agent-tools',
    description: 'Starts a run of this loop first, unless the business key has an open one',
  },
]
