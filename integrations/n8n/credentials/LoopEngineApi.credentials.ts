import type {
  IAuthenticateGeneric,
  ICredentialTestRequest,
  ICredentialType,
  INodeProperties,
} from 'n8n-workflow'

export class LoopEngineApi implements ICredentialType {
  name = 'loopEngineApi'

  displayName = 'Loop Engine API'

  icon = {
    light: 'file:../icons/loop-engine.svg',
    dark: 'file:../icons/loop-engine.dark.svg',
  } as const

  documentationUrl = 'https://loopengine.io/docs/n8n'

  properties: INodeProperties[] = [
    {
      displayName: 'Server URL',
      name: 'url',
      type: 'string',
      required: true,
      default: '',
      placeholder: 'https://loops.example.com',
      description: 'The address of the Loop Engine server, without /api/v1',
    },
    {
      displayName: 'API Key',
      name: 'apiKey',
      type: 'string',
      typeOptions: { password: true },
      required: true,
      default: '',
      description:
        'A key with the scopes read and run, or the OpenID Connect token of a person. A key is never a person.',
    },
    {
      displayName: 'Signing Secret',
      name: 'signingSecret',
      type: 'string',
      typeOptions: { password: true },
      default: '',
      description:
        'The secret with which the server signs its calls (whsec_…); several, separated by commas, while you rotate it. Needed by the nodes Approval and Trigger.',
    },
  ]

  authenticate: IAuthenticateGeneric = {
    type: 'generic',
    properties: { headers: { Authorization: '=Bearer {{ $credentials.apiKey }}' } },
  }

  test: ICredentialTestRequest = {
    request: {
      baseURL: '={{ $credentials.url.replace(/\\/+$/, "") }}',
      url: '/api/v1/session',
    },
  }
}
