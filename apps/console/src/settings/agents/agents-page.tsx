import { Route, Switch } from 'wouter'
import { AgentEditor } from './agent-editor.tsx'
import { AgentList } from './agent-list.tsx'

/** The agents, and one of them. */
export function AgentsPage() {
  return (
    <Switch>
      <Route path="/settings/agents/new"><AgentEditor agent_id={null} /></Route>
      <Route path="/settings/agents/:agent_id">{({ agent_id }) => <AgentEditor key={agent_id} agent_id={agent_id} />}</Route>
      <Route><AgentList /></Route>
    </Switch>
  )
}
