/** What the reference says of each group of operations, in the order in which it shows them. */
export const tags: Record<string, string> = {
  Agents: 'Who answers: a system prompt, a model, tools. Sessions name an agent, or do without.',
  Sessions: 'A conversation and its log. Turns of a session run one after the other.',
  Messages: 'What is said. A message that was accepted is committed together with the turn that answers it.',
  Events: 'Everything that happens in a session, in order: as a list, or as a stream that goes on where a client left off.',
  Images: 'Pictures that messages show.',
  Models: 'What answers. One of them is the default.',
  Providers: 'Servers that models are called at, with their keys.',
  Capabilities: 'Server-side tools that agents and sessions can be given.',
  'MCP servers': 'Tools of other servers. The operator’s are listed here; agents and sessions name them by `ref`, or others by url.',
  'Durable operations': 'For whoever runs the server: workers, turns as workflows, and those that failed for good.',
  Login: 'How a browser shows a key once, and a cookie from then on.',
  Keys: 'API keys of the organization, with scopes and expiry.',
  Organization: 'The settings and limits that hold for all of an organization.',
  Webhooks: 'Where the server tells of what has happened, signed and retried.',
  Schedules: 'Messages that the server posts by itself, once or again and again.',
}
