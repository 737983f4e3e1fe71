import { IconBooks, IconBuilding, IconCalendarTime, IconCpu, IconKey, IconPlug, IconRobot, IconWebhook, type Icon } from '@tabler/icons-react'

export interface Section {
  path: string
  label: string
  /** What one finds there, in a few words. */
  hint: string
  icon: Icon
}

/** The sections of the settings, in the order of the menu. */
export const sections: readonly Section[] = [
  { path: '/settings/agents', label: 'Agents', hint: 'Prompts, tools and models under a name', icon: IconRobot },
  { path: '/settings/models', label: 'Models', hint: 'Providers, their keys and their models', icon: IconCpu },
  { path: '/settings/capabilities', label: 'Capabilities', hint: 'Tools that the server brings', icon: IconBooks },
  { path: '/settings/mcp-servers', label: 'MCP servers', hint: 'Tools of other servers', icon: IconPlug },
  { path: '/settings/keys', label: 'API keys', hint: 'Who may call, and what', icon: IconKey },
  { path: '/settings/webhooks', label: 'Webhooks', hint: 'Telling your systems of turns', icon: IconWebhook },
  { path: '/settings/schedules', label: 'Schedules', hint: 'Messages by the clock', icon: IconCalendarTime },
  { path: '/settings/organization', label: 'Organization', hint: 'Limits and retention', icon: IconBuilding },
]
