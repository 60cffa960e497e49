import type { INodeProperties } from 'n8n-workflow'

const run = (...operation: string[]): INodeProperties['displayOptions'] => ({
  show: { resource: ['run'], operation },
})
const approval = { show: { resource: ['approval'], operation: ['decide'] } }

export const runProperties: INodeProperties[] = [
  {
    displayName: 'Business Key',
    name: 'aggregateId',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. order-17',
    description: 'What the run is about, such as an order; each key has at most one open run',
    displayOptions: run('start', 'transition', 'get', 'available'),
  },
  {
    displayName: 'Loop ID',
    name: 'loopId',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. refund',
    displayOptions: run('start'),
  },
  {
    displayName: 'Transition',
    name: 'transition',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. pay',
    description: 'The ID of a transition, or a signal that is open now',
    displayOptions: run('transition'),
  },
  {
    displayName: 'Evidence',
    name: 'evidence',
    type: 'json',
    default: '{}',
    description: 'What guards judge, reviewers see and the record keeps; a JSON object',
    displayOptions: run('start', 'transition', 'available'),
  },
  {
    displayName: 'When Not Executed',
    name: 'whenNotExecuted',
    type: 'options',
    options: [
      { name: 'Stop With an Error', value: 'error' },
      { name: 'Output the Result', value: 'output' },
    ],
    default: 'error',
    description:
      'What to do when a guard refuses, or people have to decide first. As a tool of an agent the result is always output.',
    displayOptions: run('transition'),
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    default: false,
    description: 'Whether to return all results or only up to a given limit',
    displayOptions: run('find'),
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: { minValue: 1 },
    default: 50,
    description: 'Max number of results to return',
    displayOptions: { show: { resource: ['run'], operation: ['find'], returnAll: [false] } },
  },
  {
    displayName: 'Filters',
    name: 'filters',
    type: 'collection',
    placeholder: 'Add Filter',
    default: {},
    displayOptions: run('find'),
    options: [
      { displayName: 'Business Key', name: 'aggregateId', type: 'string', default: '' },
      { displayName: 'Loop ID', name: 'loopId', type: 'string', default: '' },
      { displayName: 'State', name: 'state', type: 'string', default: '' },
      {
        displayName: 'Status',
        name: 'status',
        type: 'options',
        options: [
          { name: 'Active', value: 'active' },
          { name: 'Cancelled', value: 'cancelled' },
          { name: 'Completed', value: 'completed' },
          { name: 'Failed', value: 'failed' },
          { name: 'Suspended', value: 'suspended' },
        ],
        default: 'active',
      },
      { displayName: 'Tag', name: 'tag', type: 'string', default: '' },
    ],
  },
]

export const approvalProperties: INodeProperties[] = [
  {
    displayName: 'Approval Request ID',
    name: 'approvalId',
    type: 'string',
    required: true,
    default: '',
    displayOptions: approval,
  },
  {
    displayName: 'Decision',
    name: 'decision',
    type: 'options',
    options: [
      { name: 'Abstain', value: 'abstain' },
      { name: 'Approve', value: 'approve' },
      { name: 'Reject', value: 'reject' },
    ],
    default: 'reject',
    displayOptions: approval,
  },
  {
    displayName: 'Revision',
    name: 'revision',
    type: 'number',
    typeOptions: { minValue: 1 },
    required: true,
    default: 1,
    description: 'The revision that the person saw; another one is refused',
    displayOptions: approval,
  },
  {
    displayName: 'View Hash',
    name: 'viewHash',
    type: 'string',
    required: true,
    default: '',
    description: 'The hash of the view that the person saw; another one is refused',
    displayOptions: approval,
  },
  {
    displayName: 'Reason',
    name: 'reason',
    type: 'string',
    default: '',
    displayOptions: approval,
  },
]
